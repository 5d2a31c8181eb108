"""Directories off the disks of a set: read in the appliance, a small machine of our own, over its snapshots' blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ec2kit.errors import Ec2kitError
from ec2kit.objects.sources import Disk, ReadsDirectories

if TYPE_CHECKING:
    from ec2kit.blocks.reader import SnapshotReader
    from ec2kit.host.clock import Clock
    from ec2kit.objects.sending import Takes


@dataclass(frozen=True)
class _Exported:
    """A snapshot as the NBD server reads it."""

    reader: SnapshotReader

    @property
    def size(self) -> int:
        """Bytes."""
        return self.reader.size_bytes

    def read(self, offset: int, length: int) -> bytes:
        """From the snapshot."""
        return self.reader.read(offset, length)


def by_appliance(cache: Path, clock: Clock) -> ReadsDirectories:
    """Reading in the appliance, which is made when there is none yet; `cache` is that of images."""

    def read(disks: Sequence[Disk], paths: Sequence[str], out: Takes, /) -> Sequence[str]:
        from ec2kit.host.nbd import NbdServer
        from ec2kit.images.appliance.disks import ApplianceDisk, NbdExport
        from ec2kit.images.appliance.machine import appliance
        from ec2kit.images.appliance.reading import tar_out

        machine = appliance(cache, clock)
        with TemporaryDirectory(prefix="ec2kit-nbd-") as place:
            socket = Path(place) / "disks"
            exports = {disk.name: _Exported(disk.reader) for disk in disks}
            with NbdServer(socket, exports) as server:
                seen = [ApplianceDisk(NbdExport(socket, disk.name), disk.name) for disk in disks]
                try:
                    return tar_out(machine, seen, paths, out).left_out
                except Ec2kitError as error:
                    # What the machine saw as a bad disk was AWS: that is what there is to say.
                    if server.failure is not None:
                        raise server.failure from error
                    raise

    return read
