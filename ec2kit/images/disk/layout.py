"""The partition table: what lies where on a disk. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from ec2kit.images.disk.spec import MIB, DiskSpec, Identity

SECTOR = 512
"""Bytes. EBS volumes have logical sectors of 512 on Xen and on Nitro."""

BIOS_BOOT = "21686148-6449-6E6F-744E-656564454649"
"""The type of a partition for GRUB's core.img (GRUB manual, BIOS installation): ASCII "Hah!IdontNeedEFI"."""
ESP = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
"""The type of an EFI system partition (UEFI specification, 5.3.3)."""
ROOT = {
    "x86_64": "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709",
    "i386": "44479540-F297-41B2-9AF7-D131D5F0458A",
    "arm64": "B921B045-1DF0-41C3-AF44-4C6F280D3FAE",
}
"""The types of root partitions (UAPI group, discoverable partitions)."""

CORE_BYTES = 3 * MIB
ESP_BYTES = 16 * MIB
TAIL_BYTES = MIB
"""The spare partition table at the end takes 33 sectors; a whole MiB keeps what is before it aligned."""


@dataclass(frozen=True)
class Partition:
    """One partition: `start` and `size` in bytes, `type` and `id` as GUIDs."""

    name: str
    type: str
    id: str
    start: int
    size: int


@dataclass(frozen=True)
class Layout:
    """A disk's partitions, in the order of their numbers; the root is the last of them, so that it can grow."""

    disk_id: str
    size_bytes: int
    partitions: tuple[Partition, ...]

    @property
    def root(self) -> Partition:
        """The root file system's."""
        return self.partitions[-1]

    def named(self, name: str) -> Partition | None:
        """The partition of that name: `bios`, `esp` or `root`."""
        return next((each for each in self.partitions if each.name == name), None)


def make_layout(spec: DiskSpec, identity: Identity) -> Layout:
    """Given what is wanted, return the layout: GRUB's own partition for BIOS, an ESP for UEFI, the root last."""
    wanted: list[tuple[str, str, int]] = []
    if "bios" in spec.boot_modes:
        wanted.append(("bios", BIOS_BOOT, CORE_BYTES))
    if "uefi" in spec.boot_modes:
        wanted.append(("esp", ESP, ESP_BYTES))
    start = MIB + sum(size for _, _, size in wanted)
    wanted.append(("root", ROOT[spec.architecture], max(0, spec.size_bytes - start - TAIL_BYTES)))
    return Layout(identity.uuid("disk"), spec.size_bytes, tuple(_in_a_row(wanted, identity)))


def _in_a_row(wanted: Sequence[tuple[str, str, int]], identity: Identity) -> list[Partition]:
    placed, start = [], MIB
    for name, type_, size in wanted:
        placed.append(Partition(name, type_, identity.uuid(f"partition {name}"), start, size))
        start += size
    return placed


def sfdisk_script(layout: Layout) -> str:
    """Given a layout, return what sfdisk(8) reads on stdin."""
    lines = ["label: gpt", f"label-id: {layout.disk_id.upper()}", "unit: sectors", ""]
    lines += [
        f"start={each.start // SECTOR}, size={each.size // SECTOR}, type={each.type},"
        f' uuid={each.id.upper()}, name="{each.name}"'
        for each in layout.partitions
    ]
    return "\n".join(lines) + "\n"


def sfdisk_argv(image: str) -> list[str]:
    """The command that writes a table into a file, asking nobody and telling no kernel."""
    return ["sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", "--wipe", "never", "--lock=no", image]


TABLE_BYTES = 34 * SECTOR
"""The protective MBR, the header and 128 entries of 128 bytes (UEFI specification, 5.3.1)."""


def architecture_of(head: bytes) -> str | None:
    """Given the first `TABLE_BYTES` of a disk, return the architecture that its root partition's type says."""
    if head[SECTOR : SECTOR + 8] != b"EFI PART":
        return None
    entries = range(2 * SECTOR, len(head) - 15, 128)
    types = {str(uuid.UUID(bytes_le=head[at : at + 16])).upper() for at in entries}
    return next((name for name, type_ in ROOT.items() if type_ in types), None)
