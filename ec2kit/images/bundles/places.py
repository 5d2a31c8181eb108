"""Where bundles are, and what they are called. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from ec2kit.engine.steps.objects import MANIFEST, SUMS
from ec2kit.errors import UsageError
from ec2kit.model.periods import compact_time

ENDING = ".bundle"
VERIFIED = "verified.json"
PATHS = "paths.tar.zst"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_BUNDLE = re.compile(r"(?P<machine>.+)-(?P<at>\d{8}T\d{6}Z)" + re.escape(ENDING))
LONGEST_KEY = 900
"""Bytes; S3's keys end at 1,024, and ours get a name behind the prefix."""


@dataclass(frozen=True)
class Shelf:
    """A bucket and a prefix under which bundles are; the prefix is empty, or ends with a slash."""

    bucket: str
    prefix: str = ""

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def key(self, bundle: str, name: str = "") -> str:
        """The key of an object of a bundle; without a name, the bundle's own without a slash at its end."""
        return f"{self.prefix}{bundle}/{name}".rstrip("/")

    def url(self, bundle: str) -> str:
        """Where a bundle is."""
        return f"s3://{self.bucket}/{self.key(bundle)}"


def parse_shelf(text: str) -> Shelf:
    """Given `s3://BUCKET/PREFIX`, return it; raises `UsageError`."""
    scheme, _, rest = text.partition("://")
    bucket, _, prefix = rest.partition("/")
    if scheme != "s3" or not _BUCKET.fullmatch(bucket):
        raise UsageError(f"'{text}' is no place in S3", hint="write s3://BUCKET/PREFIX")
    prefix = prefix.strip("/")
    if "//" in prefix or not prefix.isprintable() or len(prefix.encode()) > LONGEST_KEY:
        raise UsageError(f"'{text}' has a prefix that cannot be used", hint="write s3://BUCKET/PREFIX")
    return Shelf(bucket, f"{prefix}/" if prefix else "")


def parse_bundle(text: str) -> tuple[Shelf, str]:
    """Given `s3://BUCKET/PREFIX/NAME`, return prefix and name (a bundle's or a machine's); raises `UsageError`."""
    above, _, name = text.rstrip("/").rpartition("/")
    if not name or above.endswith("/"):
        raise UsageError(
            f"'{text}' is no bundle",
            hint=f"write s3://BUCKET/PREFIX/NAME{ENDING}, or s3://BUCKET/PREFIX/MACHINE for its newest",
        )
    return parse_shelf(above), name


def is_bundle(name: str) -> bool:
    """Whether a name is that of a bundle."""
    return bool(_BUNDLE.fullmatch(name)) and bool(_NAME.fullmatch(name))


def is_plain(name: str) -> bool:
    """Whether a name can be that of an object in a bundle, and of a file anywhere: no path, nothing hidden."""
    return bool(_NAME.fullmatch(name)) and name not in (MANIFEST, SUMS, VERIFIED)


def bundle_name(machine: str, at: datetime) -> str:
    """Given a machine's name and when, return the bundle's name: `web-1-20260102T030405Z.bundle`."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", machine).strip("-._")[:100] or "unnamed"
    return f"{plain}-{compact_time(at)}{ENDING}"


def machine_in(name: str) -> str:
    """Given a bundle's name, return the machine's, as far as it is in it."""
    found = _BUNDLE.fullmatch(name)
    return found["machine"] if found else name


def disk_name(device: str) -> str:
    """Given a device as EC2 says it (`/dev/sda1`, `/dev/xvdf`), return what its disk is called: `sda1`, `xvdf`."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", device.removeprefix("/dev/")).strip("-._") or "disk"
