"""A stream sent to S3 as one object, in parts; a killed process is gone on with, and nothing is sent twice.

S3 itself remembers: which uploads were begun under a key, and each part's checksum. The stream is made again, and the
parts that S3 has already are not sent again.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from ec2kit.aws.objects import PendingUpload, StoredPart
from ec2kit.errors import Ec2kitError, NotFound, OutcomeUnknown
from ec2kit.objects.facts import MOST_PARTS, Facts
from ec2kit.objects.making import Made, Maker, Sum, part_bytes
from ec2kit.objects.side_by_side import Crowd

if TYPE_CHECKING:
    from ec2kit.aws.objects import Objects

MARK = "ec2kit-run"
"""The object's metadata that say which run and step made it (`x-amz-meta-ec2kit-run`)."""
IN_FLIGHT_BYTES, MOST_IN_FLIGHT = 64 << 20, 4
"""Parts under way at the same time: four connections fill most lines, and hold at most as much memory."""


class Takes(Protocol):
    """Where a stream goes."""

    def write(self, data: bytes, /) -> object:
        """The next bytes."""


@dataclass(frozen=True)
class Spot:
    """Where an object is to be, and the mark of who makes it."""

    bucket: str
    key: str
    mark: str


@dataclass(frozen=True)
class Manner:
    """How an object is sent."""

    largest: int
    """The most that the stream may hold, in bytes."""
    total: Sum
    workers: int = 1
    """With 1 everything happens in the caller's thread, in order."""
    check: Callable[[], None] = field(default=lambda: None)
    """Raises to stop: asked before each part."""
    tell: Callable[[str], None] = field(default=lambda _text: None)


def composite(facts: Facts) -> str:
    """Given an object's parts, return the checksum that S3 makes of theirs, and shows with their number behind it
    (S3 User Guide, "Checksum types for multipart uploads")."""
    digests = b"".join(bytes.fromhex(part.sha256) for part in facts.parts)
    return base64.b64encode(hashlib.sha256(digests).digest()).decode()


def found(objects: Objects, spot: Spot) -> bool:
    """Whether the object is there, whole, and the one that bears this mark."""
    stored = objects.look(spot.bucket, spot.key)
    return stored is not None and (stored.metadata or {}).get(MARK) == spot.mark


def send(objects: Objects, spot: Spot, manner: Manner, pour: Callable[[Takes], object]) -> Facts:
    """Have `pour` write the stream, which it may be asked for twice, and return the object that it is now.

    Goes on with what an earlier process began; raises what `pour` and S3 raise, `OutcomeUnknown` when it is not told
    whether the object came about.
    """
    stored = objects.look(spot.bucket, spot.key)
    if stored is not None and (stored.metadata or {}).get(MARK) == spot.mark:
        # Completed by a process that could not write that down any more.
        facts = _measured(manner, pour)
        if facts.size == stored.size and stored.checksum.partition("-")[0] in ("", composite(facts)):
            return replace(facts, etag=stored.etag, checksum=stored.checksum)
        manner = replace(manner, total=manner.total.anew())
    begun = objects.pending(spot.bucket, spot.key)
    ours = [each for each in begun if each.key == spot.key]
    have = {each.id: objects.parts(spot.bucket, each) for each in ours}
    upload = max(ours, key=lambda each: len(have[each.id])) if ours else None
    upload = upload or objects.begin(spot.bucket, spot.key, {MARK: spot.mark})
    facts = _Sending(objects, spot, manner, upload, have.get(upload.id, {})).run(pour)
    # A lost answer may have begun a second one: what is in it is billed until it is aborted.
    for other in ours:
        if other.id != upload.id:
            objects.abort(spot.bucket, other)
    return facts


def _measured(manner: Manner, pour: Callable[[Takes], object]) -> Facts:
    """What the stream would be as an object."""
    maker = Maker(part_bytes(manner.largest), manner.total, lambda _made: manner.check())
    pour(maker)
    return maker.finish()


class _Sending:
    def __init__(
        self,
        objects: Objects,
        spot: Spot,
        manner: Manner,
        upload: PendingUpload,
        have: Mapping[int, StoredPart],
    ) -> None:
        self._objects = objects
        self._spot = spot
        self._manner = manner
        self._upload = upload
        self._have = have
        self._stored: dict[int, StoredPart] = {}
        self._bytes = 0

    def run(self, pour: Callable[[Takes], object]) -> Facts:
        """Send all of it, and complete the object."""
        size = part_bytes(self._manner.largest)
        hands = min(self._manner.workers, MOST_IN_FLIGHT, max(1, IN_FLIGHT_BYTES // size))
        with Crowd(hands) as crowd:
            maker = Maker(size, self._manner.total, partial(self._take, crowd))
            pour(maker)
            facts = maker.finish()
            crowd.wait()
        self._complete()
        stored = self._objects.look(self._spot.bucket, self._spot.key)
        if stored is None or stored.size != facts.size:
            seen = (
                "is not there" if stored is None else f"has {stored.size} bytes, and {facts.size} were sent"
            )
            raise OutcomeUnknown(f"the object '{self._spot.key}' {seen}", resource=self._spot.key)
        return replace(facts, etag=stored.etag, checksum=stored.checksum)

    def _take(self, crowd: Crowd, made: Made) -> None:
        self._manner.check()
        if made.number > MOST_PARTS:
            raise Ec2kitError(f"'{self._spot.key}' would have more than {MOST_PARTS} parts")
        self._bytes += made.part.raw_size
        crowd.do(partial(self._put, made))
        self._manner.tell(f"part {made.number}, {self._bytes >> 20:,} MiB")

    def _put(self, made: Made) -> None:
        has = self._have.get(made.number)
        if has is not None and _is_same(has, made):
            self._stored[made.number] = has
            return
        sha256 = bytes.fromhex(made.part.sha256)
        self._stored[made.number] = self._objects.put_part(
            self._spot.bucket, self._upload, made.number, made.data, sha256
        )

    def _complete(self) -> None:
        parts = [self._stored[number] for number in sorted(self._stored)]
        try:
            self._objects.complete(self._spot.bucket, self._upload, parts)
        except (NotFound, OutcomeUnknown):
            # Asked twice, S3 knows no such upload: what counts is whether the object is there, and whose it is.
            if not found(self._objects, self._spot):
                raise


def _is_same(has: StoredPart, made: Made) -> bool:
    if has.size != made.part.size:
        return False
    if has.sha256:
        return has.sha256 == made.part.sha256
    # The ETag of a part is its MD5, but for a bucket that encrypts with a key of its own: there it is sent again.
    return has.etag.strip('"') == hashlib.md5(made.data, usedforsecurity=False).hexdigest()
