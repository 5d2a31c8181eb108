"""Where streams come from: a snapshot's blocks, and the directories on the disks of a set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ec2kit.aws.blocks import BLOCK_BYTES
from ec2kit.objects.frames import FRAME_BYTES, ZERO_FRAME
from ec2kit.objects.sending import Takes
from ec2kit.objects.side_by_side import ahead

if TYPE_CHECKING:
    from ec2kit.blocks.reader import SnapshotReader

IN_FRAME = FRAME_BYTES // BLOCK_BYTES
AT_ONCE = 16
"""Blocks that are fetched at the same time: 8 MiB, ahead of what is compressed."""


@dataclass(frozen=True)
class Disk:
    """A disk of a set as its machine calls it (`xvda`), the root's first among several."""

    name: str
    reader: SnapshotReader


class ReadsDirectories(Protocol):
    """Writes a tar of absolute paths of a machine to `out`, given its disks; returns the places below them that are
    missing in it. The same disks and paths give the same tar."""

    def __call__(self, disks: Sequence[Disk], paths: Sequence[str], out: Takes, /) -> Sequence[str]:
        """Raises `Ec2kitError` when a path is not there, or cannot be read."""


def pour_disk(
    reader: SnapshotReader, span: range, workers: int, check: Callable[[], None]
) -> Callable[[Takes], None]:
    """Given a snapshot and which bytes of it (whole frames), return what writes them; holes are never fetched."""

    def pour(out: Takes) -> None:
        present = reader.listed.tokens

        def fetch(index: int) -> bytes:
            check()
            return reader.block(index)

        wanted = [index for index in _blocks(span) if index in present]
        blocks = ahead(wanted, fetch, min(workers, AT_ONCE))
        for first in range(span.start // BLOCK_BYTES, -(-span.stop // BLOCK_BYTES), IN_FRAME):
            frame = range(first, min(first + IN_FRAME, span.stop // BLOCK_BYTES))
            out.write(_frame(frame, present, blocks))

    return pour


def _frame(frame: range, present: Mapping[int, str], blocks: Iterator[bytes]) -> bytes:
    has = [index in present for index in frame]
    if not any(has):
        return ZERO_FRAME[: len(frame) * BLOCK_BYTES]
    return b"".join(next(blocks) if there else ZERO_FRAME[:BLOCK_BYTES] for there in has)


def _blocks(span: range) -> range:
    return range(span.start // BLOCK_BYTES, span.stop // BLOCK_BYTES)
