"""Which firmware a disk was made for, told from its first sectors. Pure."""

from __future__ import annotations

import struct
import uuid

from ec2kit.images.registration import BIOS, UEFI

SECTOR = 512
HEAD_BYTES = 34 * SECTOR
"""The MBR, the GPT's header and its 128 entries (UEFI specification, 5.3)."""
ESP = uuid.UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b").bytes_le
"""A GPT partition of the firmware's own file system."""
ESP_IN_MBR = 0xEF
BOOT_CODE, PARTITIONS, SIGNATURE = slice(0, 440), range(446, 510, 16), slice(510, 512)


def loaders_of(head: bytes) -> tuple[str, ...]:
    """Given the first `HEAD_BYTES` of a disk, return which of `bios` and `uefi` it has something to start with.

    Code in the master boot record is taken for a BIOS loader, an EFI system partition for one of UEFI: whether they
    work only a boot can tell.
    """
    if len(head) < SECTOR or head[SIGNATURE] != b"\x55\xaa":
        return ()
    found = [BIOS] if any(head[BOOT_CODE]) else []
    if any(head[start + 4] == ESP_IN_MBR for start in PARTITIONS) or ESP in _types(head):
        found.append(UEFI)
    return tuple(found)


def _types(head: bytes) -> set[bytes]:
    """The types of the partitions in the GPT, as far as its entries are in the head."""
    header = head[SECTOR : 2 * SECTOR]
    if header[:8] != b"EFI PART":
        return set()
    first, number, size = struct.unpack_from("<QII", header, 72)
    begin = first * SECTOR
    return {head[at : at + 16] for at in range(begin, min(begin + number * size, len(head)), max(size, 128))}
