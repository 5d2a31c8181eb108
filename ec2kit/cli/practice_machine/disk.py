"""The disk of a machine that runs: the blocks of its volume in a raw file, and back what has changed in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

from ec2kit.host.files import storing
from ec2kit.sandbox.block_files import ZEROS
from ec2kit.sandbox.raw_files import blocks_of, write_sparse


class Volumes(Protocol):
    """What is needed of `sandbox.disk_client.DiskClient`."""

    def size_gib(self, resource_id: str, /) -> int: ...

    def read(self, resource_id: str, /) -> Iterator[tuple[int, bytes]]: ...

    def write(self, volume_id: str, blocks: Iterable[tuple[int, bytes]], /) -> int: ...


class MachineDisk:
    """A volume as a file. `volumes` is asked each time, because a sandbox that was started again is elsewhere."""

    def __init__(self, path: Path, volume_id: str, volumes: Callable[[], Volumes]) -> None:
        self.path = path
        self.volume_id = volume_id
        self._volumes = volumes
        self._known: dict[int, bytes] = {}
        self.written = 0
        """Blocks that were written back so far."""

    def fetch(self) -> None:
        """Let the file have what the volume has now. Raises Ec2kitError when there is no room for it."""
        volumes = self._volumes()
        self._known = {}
        with storing(self.path):
            write_sparse(
                self.path, volumes.size_gib(self.volume_id), self._noted(volumes.read(self.volume_id))
            )

    def write_back(self) -> int:
        """Let the volume have what the file has now, and return how many blocks that changed.

        The file must not be written to meanwhile. What is known is what the volume has, so a write that was cut short
        is made good by the next.
        """
        changed = 0
        # Apart: what is written is not yet known to be there.
        volumes = self._volumes()
        for index, data in self._differing():
            volumes.write(self.volume_id, [(index, data)])
            self._note(index, data)
            changed += 1
        self.written += changed
        return changed

    def _differing(self) -> Iterator[tuple[int, bytes]]:
        left = set(self._known)
        for index, data in blocks_of(self.path):
            left.discard(index)
            if self._known.get(index) != _digest(data):
                yield index, data
        for index in sorted(left):
            yield index, ZEROS

    def _noted(self, blocks: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
        for index, data in blocks:
            self._note(index, data)
            yield index, data

    def _note(self, index: int, data: bytes) -> None:
        if data == ZEROS:
            self._known.pop(index, None)
        else:
            self._known[index] = _digest(data)


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()
