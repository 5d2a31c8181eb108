"""What is known of an object that was made: how long, of what, and the sum of each part. As JSON, too. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ec2kit.errors import UsageError

SHA256 = re.compile(r"[0-9a-f]{64}")
MOST_PARTS = 10_000
"""S3's most parts of an object (S3 User Guide, "Multipart upload limits")."""
LARGEST_PART = 256 << 20
"""Bytes. Ours are smaller (`making.part_bytes`): whoever reads holds a part in memory."""
LARGEST = 1 << 46
"""64 TiB, of what is stored and of what was in it: more than any volume holds."""


@dataclass(frozen=True)
class Part:
    """A piece of an object that can be read by itself: bytes in S3, bytes of the stream, SHA-256 of the former."""

    size: int
    raw_size: int
    sha256: str


@dataclass(frozen=True)
class Facts:
    """An object: its bytes in S3 and their SHA-256, and how long the stream is that it was made of, with its sum
    (`making.StreamSum` or `DiskSum`).

    `checksum` and `etag` are S3's own words for the content, for comparing without reading it.
    """

    size: int
    sha256: str
    raw_size: int
    content_sha256: str
    parts: tuple[Part, ...]
    etag: str = ""
    checksum: str = ""

    def as_json(self) -> dict[str, Any]:
        """As JSON values; each part is a list, since there may be thousands."""
        return {
            "size": self.size,
            "sha256": self.sha256,
            "raw_size": self.raw_size,
            "content_sha256": self.content_sha256,
            "etag": self.etag,
            "checksum": self.checksum,
            "parts": [[part.size, part.raw_size, part.sha256] for part in self.parts],
        }


def parse_facts(stored: Mapping[str, Any]) -> Facts:
    """Given JSON that anybody may have written, return the facts; raises `UsageError` unless they can be true."""
    listed = stored.get("parts")
    if not isinstance(listed, list) or len(listed) > MOST_PARTS:
        raise UsageError("'parts' is not a list of parts")
    parts = tuple(_part(each) for each in listed)
    facts = Facts(
        size=number(stored.get("size"), "size"),
        sha256=_digest(stored.get("sha256"), "sha256"),
        raw_size=number(stored.get("raw_size"), "raw_size"),
        content_sha256=_digest(stored.get("content_sha256"), "content_sha256"),
        parts=parts,
        etag=text(stored.get("etag", ""), "etag"),
        checksum=text(stored.get("checksum", ""), "checksum"),
    )
    if sum(part.size for part in parts) != facts.size:
        raise UsageError(f"the parts are not the {facts.size} bytes that the object should have")
    if sum(part.raw_size for part in parts) != facts.raw_size:
        raise UsageError(f"the parts do not hold the {facts.raw_size} bytes that the object should hold")
    return facts


def number(value: object, name: str, most: int = LARGEST) -> int:
    """Given what should be a size, return it; raises `UsageError`."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise UsageError(f"'{name}' is not a number from 0 to {most}")
    return value


def text(value: object, name: str) -> str:
    """Given what should be text, return it; raises `UsageError`."""
    if not isinstance(value, str):
        raise UsageError(f"'{name}' is not text")
    return value


def _digest(value: object, name: str) -> str:
    if not SHA256.fullmatch(text(value, name)):
        raise UsageError(f"'{name}' is not a SHA-256 in hexadecimal")
    return str(value)


def _part(value: object) -> Part:
    if not isinstance(value, list) or len(value) != 3:
        raise UsageError("a part is not `[size, raw_size, sha256]`")
    size = number(value[0], "size of a part", LARGEST_PART)
    return Part(size, number(value[1], "raw_size of a part"), _digest(value[2], "sha256 of a part"))
