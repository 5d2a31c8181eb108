"""What is on practice disks, for those who run a machine from one or prepare one: read, write, put, get.

Blocks are 524,288 bytes; one that a disk does not have is all zeros. All of it may be called from any thread.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any, Protocol

from ec2kit.errors import NotFound, UsageError
from ec2kit.sandbox.block_files import ZEROS
from ec2kit.sandbox.raw_files import blocks_of, write_sparse
from ec2kit.sandbox.rules.blocks import BLOCKS_PER_GIB, disk_of, find
from ec2kit.sandbox.world import World


class Practice(Protocol):
    """What is needed of the sandbox's application."""

    changed: Event

    @property
    def settled(self) -> Callable[[], AbstractContextManager[World]]: ...


def size_gib(app: Practice, resource_id: str) -> int:
    """Return the size of a volume, or of the volume that a snapshot is of. Raises NotFound."""
    with app.settled():
        found = _found(resource_id)
        return int(getattr(found, "volume_size", 0) or found.size)


def indexes(app: Practice, resource_id: str) -> list[int]:
    """Return which blocks a volume or a snapshot has, in their order. Raises NotFound."""
    with app.settled():
        return sorted(disk_of(_found(resource_id)).blocks)


def read(app: Practice, resource_id: str, wanted: Sequence[int] | None = None) -> Iterator[tuple[int, bytes]]:
    """Yield the index and the bytes of each block that a volume or a snapshot has at this moment, or of `wanted`.

    Raises NotFound; BlockLost for a block whose file is gone.
    """
    with app.settled() as world:
        blocks, files = disk_of(_found(resource_id)).blocks, world.disks
    for index in sorted(blocks) if wanted is None else wanted:
        digest = blocks.get(index)
        yield index, files.get(digest) if digest is not None else ZEROS


def write(app: Practice, volume_id: str, blocks: Iterable[tuple[int, bytes]]) -> int:
    """Write whole blocks to a volume, all at one moment, and return how many are not zeros.

    Snapshots that were taken of it stay as they are. Raises NotFound, UsageError for a block beyond the end.
    """
    return _write(app, volume_id, blocks, anew=False)


def put_volume(app: Practice, volume_id: str, source: Path) -> int:
    """Let a volume have exactly what is in a raw image, and return how many blocks that is.

    Raises NotFound, UsageError for an image that is larger than the volume.
    """
    return _write(app, volume_id, blocks_of(source), anew=True)


def get_volume(app: Practice, resource_id: str, target: Path) -> None:
    """Make a sparse raw image of a volume or a snapshot. Raises NotFound, OSError."""
    write_sparse(target, size_gib(app, resource_id), read(app, resource_id))


def _write(app: Practice, volume_id: str, blocks: Iterable[tuple[int, bytes]], *, anew: bool) -> int:
    if not volume_id.startswith("vol-"):
        raise UsageError(f"'{volume_id}' is not a volume", hint="only volumes can be written")
    end = size_gib(app, volume_id) * BLOCKS_PER_GIB
    with app.settled() as world:
        files = world.disks
    digests: dict[int, bytes | None] = {}
    for index, data in blocks:
        if not 0 <= index < end or len(data) != len(ZEROS):
            raise UsageError(f"block {index} does not fit '{volume_id}', which has {end} blocks")
        digests[index] = None if data == ZEROS else files.put(data)
    with app.settled():
        volume = _found(volume_id)
        before = disk_of(volume)
        volume.disk = (replace(before, blocks={}) if anew else before).written(digests)
        app.changed.set()
    return sum(digest is not None for digest in digests.values())


def _found(resource_id: str) -> Any:
    found = find(resource_id)
    if found is None:
        raise NotFound(f"the sandbox has no disk '{resource_id}'")
    return found
