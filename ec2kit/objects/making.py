"""A stream becomes parts: cut into frames, compressed, collected until a part is large enough, summed on the way.

The same stream gives the same parts each time, so a killed upload compares what it makes with what S3 has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ec2kit.objects.facts import Facts, Part
from ec2kit.objects.frames import FRAME_BYTES, Compressor, is_zeros

SMALLEST_PART = 8 << 20
"""S3 wants 5 MiB at least (S3 User Guide, "Multipart upload limits")."""
PARTS = 9_000
"""A little below S3's most: what cannot be compressed grows by a few bytes for each frame."""
MIB = 1 << 20


def part_bytes(raw_size: int) -> int:
    """Given the most that a stream may hold, return how large its parts are to be, whatever compresses."""
    return max(SMALLEST_PART, -(-raw_size // PARTS // MIB) * MIB)


class Sum(Protocol):
    """Sums the stream up."""

    def add(self, frame: bytes) -> None:
        """The next 4 MiB; less at the end."""

    def hex(self) -> str:
        """The sum in hexadecimal."""

    def anew(self) -> Sum:
        """One of the same kind that has seen nothing."""


class StreamSum:
    """The SHA-256 of the stream, as `sha256sum` says it."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()

    def add(self, frame: bytes) -> None:
        """The next of it."""
        self._sha256.update(frame)

    def hex(self) -> str:
        """The sum."""
        return self._sha256.hexdigest()

    def anew(self) -> Sum:
        """Another one."""
        return StreamSum()


class DiskSum:
    """The SHA-256 of what a disk holds: each 4 MiB that are not all zeros, after their number (8 bytes, big-endian).

    `sha256sum` of a disk of a TiB takes an hour of somebody's processor, whatever is on it; this takes what the data
    take.
    """

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._number = 0

    def add(self, frame: bytes) -> None:
        """The next of it."""
        if not is_zeros(frame):
            self._sha256.update(self._number.to_bytes(8, "big"))
            self._sha256.update(frame)
        self._number += 1

    def hex(self) -> str:
        """The sum."""
        return self._sha256.hexdigest()

    def anew(self) -> Sum:
        """Another one."""
        return DiskSum()


@dataclass(frozen=True)
class Made:
    """A part, ready to be sent."""

    number: int
    part: Part
    data: bytes


class Maker:
    """Takes a stream by `write`, and gives each part to `send`, in order; `finish` gives the last one."""

    def __init__(self, part_size: int, total: Sum, send: Callable[[Made], None]) -> None:
        self._part_size = part_size
        self._total = total
        self._send = send
        self._compressor = Compressor()
        self._waiting = bytearray()
        self._frames: list[bytes] = []
        self._size = self._raw_size = 0
        self._sha256 = hashlib.sha256()
        self._parts: list[Part] = []

    def write(self, data: bytes, /) -> None:
        """The next bytes of the stream, as many as there are."""
        if not self._waiting and len(data) == FRAME_BYTES:
            self._frame(data)
            return
        self._waiting += data
        while len(self._waiting) >= FRAME_BYTES:
            self._frame(bytes(self._waiting[:FRAME_BYTES]))
            del self._waiting[:FRAME_BYTES]

    def finish(self) -> Facts:
        """The stream is over: send what is left, and return what is known of the object now."""
        if self._waiting:
            self._frame(bytes(self._waiting))
            self._waiting.clear()
        if self._frames or not self._parts:
            self._part()
        return Facts(
            size=sum(part.size for part in self._parts),
            sha256=self._sha256.hexdigest(),
            raw_size=sum(part.raw_size for part in self._parts),
            content_sha256=self._total.hex(),
            parts=tuple(self._parts),
        )

    def _frame(self, data: bytes) -> None:
        self._total.add(data)
        frame = self._compressor.frame(data)
        self._frames.append(frame)
        self._size += len(frame)
        self._raw_size += len(data)
        if self._size >= self._part_size:
            self._part()

    def _part(self) -> None:
        # An empty stream is an object of one empty frame: S3 has no object of no parts.
        data = b"".join(self._frames) or self._compressor.frame(b"")
        self._sha256.update(data)
        part = Part(len(data), self._raw_size, hashlib.sha256(data).hexdigest())
        self._parts.append(part)
        self._frames, self._size, self._raw_size = [], 0, 0
        self._send(Made(len(self._parts), part, data))
