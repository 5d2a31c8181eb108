"""What is on a disk: a volume made from a snapshot has its blocks, and a snapshot those that its volume then had.

An absent block is all zeros, as on EBS, where a block that was never written is not listed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ec2kit.sandbox.rules import lookup

BLOCKS_PER_GIB = 2048


@dataclass(frozen=True)
class Disk:
    """Digests by block index, never changed in place; disks that come of one another have one `lineage`."""

    lineage: str
    blocks: Mapping[int, bytes] = field(default_factory=dict)

    def written(self, changes: Mapping[int, bytes | None]) -> "Disk":
        """Given digests by index (None: zeros again), return the disk with them in it."""
        merged: dict[int, bytes | None] = {**self.blocks, **changes}
        return replace(self, blocks={index: one for index, one in merged.items() if one is not None})


def disk_of(resource: Any) -> Disk:
    """Given a volume or a snapshot, return what is on it; an empty disk of its own if nothing ever was."""
    # A snapshot remembers its volume as it was.
    kept: Disk | None = getattr(getattr(resource, "volume", resource), "disk", None)
    return kept or Disk(str(resource.id))


def find(resource_id: str) -> Any | None:
    """Given the id of a volume or a snapshot of any account and region, return it, or None."""
    for backend in lookup.backends():
        found = backend.volumes.get(resource_id) or backend.snapshots.get(resource_id)
        if found is not None:
            return found
    return None


def referenced() -> set[bytes]:
    """Return the digests of all blocks that a volume, a snapshot or an upload still needs."""
    return {digest for blocks in _all() for digest in blocks.values()}


def _all() -> Iterator[Mapping[int, bytes]]:
    for backend in lookup.backends():
        for resource in (*backend.volumes.values(), *backend.snapshots.values()):
            yield disk_of(resource).blocks
            upload = getattr(resource, "upload", None)
            if upload is not None:
                yield upload.written
