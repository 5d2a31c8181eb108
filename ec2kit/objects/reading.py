"""An object read back, part by part: every part is held against its sum before anything is made of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ec2kit.errors import Ec2kitError
from ec2kit.objects.facts import Facts, Part
from ec2kit.objects.frames import expand
from ec2kit.objects.making import Sum
from ec2kit.objects.side_by_side import ahead

if TYPE_CHECKING:
    from ec2kit.aws.objects import Objects

AHEAD_BYTES, MOST_AHEAD = 64 << 20, 4
"""Parts that are fetched at the same time, and the memory that they may take."""


class Damaged(Ec2kitError):
    """What is in S3 is not what was put there."""


@dataclass(frozen=True)
class Stored:
    """An object in S3, what it should be, and how it is read."""

    objects: Objects
    bucket: str
    key: str
    facts: Facts
    workers: int = 1
    check: Callable[[], None] = field(default=lambda: None)
    tell: Callable[[str], None] = field(default=lambda _text: None)
    hint: str = ""
    """What to do when it is damaged."""

    def damaged(self, message: str) -> Damaged:
        """That it is, with what to do."""
        return Damaged(message, hint=self.hint, resource=self.key)


@dataclass(frozen=True)
class ReadPart:
    """A part that is what it should be; `offset` is where its stream begins in the object's."""

    number: int
    offset: int
    part: Part
    data: bytes

    def expanded(self) -> Iterator[bytes]:
        """Its piece of the stream, 4 MiB at a time; raises `Ec2kitError`."""
        return expand(self.data, self.part.raw_size)


def check_size(stored: Stored) -> None:
    """Raise `Damaged` unless S3 shows an object of the right length, and the sums that it showed when it was made."""
    facts, seen = stored.facts, stored.objects.look(stored.bucket, stored.key)
    if seen is None:
        raise stored.damaged(f"'{stored.key}' is not there")
    if seen.size != facts.size:
        raise stored.damaged(f"'{stored.key}' has {seen.size} bytes, and {facts.size} were put there")
    for was, shown, name in (
        (facts.checksum, seen.checksum, "checksum"),
        (facts.etag, seen.etag, "ETag") if not (facts.checksum and seen.checksum) else ("", "", ""),
    ):
        if was and shown and was != shown:
            raise stored.damaged(f"'{stored.key}' has another {name} than when it was made")


def read(stored: Stored, done: Collection[int] = ()) -> Iterator[ReadPart]:
    """Yield the parts in their order, but for those whose numbers (from 1) are `done`; raises `Damaged`."""
    wanted: list[tuple[int, int, int, Part]] = []
    at = raw_at = 0
    for number, part in enumerate(stored.facts.parts, 1):
        if number not in done:
            wanted.append((number, at, raw_at, part))
        at += part.size
        raw_at += part.raw_size

    def fetch(item: tuple[int, int, int, Part]) -> ReadPart:
        number, offset, raw_offset, part = item
        stored.check()
        data = stored.objects.get(stored.bucket, stored.key, offset, part.size)
        if hashlib.sha256(data).hexdigest() != part.sha256:
            raise stored.damaged(
                f"part {number} of '{stored.key}' is not what was put there: its SHA-256 differs"
            )
        return ReadPart(number, raw_offset, part, data)

    largest = max((part.size for part in stored.facts.parts), default=1) or 1
    workers = min(stored.workers, MOST_AHEAD, max(1, AHEAD_BYTES // largest))
    for each in ahead(wanted, fetch, workers):
        stored.tell(f"part {each.number} of {len(stored.facts.parts)}")
        yield each


def verify(stored: Stored, total: Sum) -> None:
    """Read all of it, and hold every sum against what it should be; raises `Damaged`."""
    check_size(stored)
    whole = hashlib.sha256()
    for each in read(stored):
        whole.update(each.data)
        for piece in each.expanded():
            total.add(piece)
    for was, name, now in (
        (stored.facts.sha256, "SHA-256", whole.hexdigest()),
        (stored.facts.content_sha256, "content", total.hex()),
    ):
        if was != now:
            raise stored.damaged(f"the {name} of '{stored.key}' is not what it was")
