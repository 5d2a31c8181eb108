"""A disk carried up into a pending snapshot: what is not zeros, or with a parent, what differs from the parent.

Going on after a kill is the same as beginning: every block of the file is looked at, and what the log says has arrived
as it is now is not carried again. So the snapshot is what the file was when the last process read it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from typing import TYPE_CHECKING, Protocol

from ec2kit.aws.blocks import Listed
from ec2kit.blocks.crew import Crew
from ec2kit.blocks.data import ZEROS, DiskFile, digest_of
from ec2kit.blocks.log import BlockLog

if TYPE_CHECKING:
    from ec2kit.aws.blocks import Blocks


class Before(Protocol):
    """What the snapshot holds before anything is put."""

    def indexes(self) -> Iterable[int]:
        """The blocks that it has, in order."""

    def has(self, index: int, digest: bytes) -> bool:
        """Whether its block is this one."""


class Nothing:
    """A snapshot without a parent: zeros throughout."""

    def indexes(self) -> Iterable[int]:
        """None."""
        return ()

    def has(self, index: int, digest: bytes) -> bool:  # noqa: ARG002  the same for every block
        """Whether it is zeros."""
        return digest == digest_of(ZEROS)


@dataclass(frozen=True)
class Parent:
    """A snapshot that begins with its parent's blocks.

    What a block of the parent holds is only told by getting it. That moves as many bytes down as it saves up, and
    costs half of what putting costs; what it saves is that an equal block is stored, and billed, once: 0.5 GiB a month
    for each thousand of them.
    """

    blocks: Blocks
    snapshot: str
    listed: Listed

    def indexes(self) -> Iterable[int]:
        """Those that the parent has."""
        return sorted(self.listed.tokens)

    def has(self, index: int, digest: bytes) -> bool:
        """Whether the parent's block is this one; gets it, unless the parent has none there."""
        token = self.listed.tokens.get(index)
        if token is None:
            return digest == digest_of(ZEROS)
        return digest_of(self.blocks.get(self.snapshot, index, token)) == digest


@dataclass(frozen=True)
class Upload:
    """One disk on its way into one pending snapshot."""

    blocks: Blocks
    snapshot: str
    disk: DiskFile
    log: BlockLog
    before: Before

    def put_all(self, crew: Crew) -> None:
        """Put every block that is to be put and is not in the log. Raises what `crew.check` raises, and `Ec2kitError`s;
        what has arrived is in the log then."""
        total = sum(1 for _ in self._candidates())

        def carry(place: tuple[int, int]) -> None:
            self._put(place[1], percent=100 * place[0] // total)

        crew.carry(enumerate(self._candidates()), total, carry)
        self.disk.check_unchanged()

    def _candidates(self) -> Iterator[int]:
        """The blocks to look at, in order, each once: where the file may have data, the parent does, or an earlier
        process put something."""
        of_file = chain.from_iterable(self.disk.extents())
        merged = heapq.merge(of_file, self.before.indexes(), sorted(self.log.digests))
        return (index for index, _ in groupby(merged))

    def _put(self, index: int, percent: int) -> None:
        data = self.disk.read(index)
        digest = digest_of(data)
        there = self.log.digests.get(index)
        if there == digest or (there is None and self.before.has(index, digest)):
            return
        self.blocks.put(self.snapshot, index, data, digest, percent)
        self.log.note(index, digest)
