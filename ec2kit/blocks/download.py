"""A snapshot carried down into a sparse file, beside its name until it is whole."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ec2kit.aws.blocks import BLOCK_BYTES, Listed
from ec2kit.blocks.crew import Crew
from ec2kit.blocks.data import GIB, ZEROS, digest_of
from ec2kit.blocks.log import BlockLog
from ec2kit.errors import Busy
from ec2kit.host.files import NoRoom, opened_at_size, storing_disk
from ec2kit.host.locks import FileLock

if TYPE_CHECKING:
    from ec2kit.aws.blocks import Blocks


@dataclass(frozen=True)
class Beside:
    """The files of a download under way: they bear the snapshot's id, so that no other one goes on with them."""

    target: Path
    snapshot: str

    @property
    def partial(self) -> Path:
        """The disk as far as it has come."""
        return self._named("partial")

    @property
    def log(self) -> Path:
        """Which blocks are in it."""
        return self._named("blocks")

    @property
    def lock(self) -> Path:
        """Held by whoever writes."""
        return self._named("lock")

    def _named(self, ending: str) -> Path:
        return self.target.with_name(f"{self.target.name}.{self.snapshot}.{ending}")


def download(blocks: Blocks, snapshot: str, target: Path, crew: Crew | None = None) -> int:
    """Write a completed snapshot to `target`, a sparse raw disk, and return how many blocks it has.

    Goes on where a killed process stopped. The file gets its name when it is whole and on the disk; one that was
    there is replaced. Raises `Busy` while another process writes it, what reading raises, `NoRoom` when the disk is
    full: then nothing is left of it.
    """
    beside = Beside(target, snapshot)
    with FileLock(beside.lock).hold() as ours:
        if not ours:
            raise Busy(f"'{target}' is being written by another process", resource=str(target))
        listed = blocks.listed(snapshot)
        try:
            with opened_at_size(beside.partial, listed.size_gib * GIB) as descriptor:
                _Landing(blocks, beside, descriptor).fill(listed, crew or Crew())
        except NoRoom:
            # Half a disk that fills another one helps nobody.
            beside.partial.unlink(missing_ok=True)
            beside.log.unlink(missing_ok=True)
            raise
        with storing_disk(target):
            beside.partial.replace(target)
            beside.log.unlink(missing_ok=True)
    return len(listed.tokens)


@dataclass(frozen=True)
class _Landing:
    """Where blocks come down."""

    blocks: Blocks
    beside: Beside
    descriptor: int

    def fill(self, listed: Listed, crew: Crew) -> None:
        """Get every block that is not there yet; what the log says is believed when the file has it."""
        log = BlockLog(self.beside.log)

        def carry(index: int) -> None:
            digest = log.digests.get(index)
            if digest is not None and digest == digest_of(self._read(index)):
                return
            data = self.blocks.get(self.beside.snapshot, index, listed.tokens[index])
            if data != ZEROS or digest is not None:
                self._write(index, data)
            log.note(index, digest_of(data))

        try:
            crew.carry(sorted(listed.tokens), len(listed.tokens), carry)
        finally:
            log.close()

    def _read(self, index: int) -> bytes:
        with storing_disk(self.beside.partial):
            return os.pread(self.descriptor, BLOCK_BYTES, index * BLOCK_BYTES)

    def _write(self, index: int, data: bytes) -> None:
        with storing_disk(self.beside.partial):
            rest = memoryview(data)
            while rest:
                done = os.pwrite(self.descriptor, rest, (index + 1) * BLOCK_BYTES - len(rest))
                rest = rest[done:]
