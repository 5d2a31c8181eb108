"""Which firmware a disk was made for: BIOS code in its first sector, an EFI system partition in its table."""

from __future__ import annotations

import struct

import pytest

from ec2kit.images.loaders import ESP, ESP_IN_MBR, HEAD_BYTES, SECTOR, loaders_of

LINUX = bytes(range(16))


def head(
    *, code: bool = False, mbr_types: tuple[int, ...] = (), gpt_types: tuple[bytes, ...] | None = None
) -> bytes:
    """The first sectors of a disk."""
    made = bytearray(HEAD_BYTES)
    made[510:512] = b"\x55\xaa"
    if code:
        made[0:2] = b"\xeb\x63"
    for number, kind in enumerate(mbr_types):
        made[446 + 16 * number + 4] = kind
    if gpt_types is not None:
        made[450] = 0xEE
        made[SECTOR : SECTOR + 8] = b"EFI PART"
        struct.pack_into("<QII", made, SECTOR + 72, 2, 128, 128)
        for number, each in enumerate(gpt_types):
            made[2 * SECTOR + 128 * number : 2 * SECTOR + 128 * number + 16] = each
    return bytes(made)


@pytest.mark.parametrize(
    "disk, found",
    [
        (head(), ()),
        (head(code=True, mbr_types=(0x83,)), ("bios",)),
        (head(mbr_types=(0x83, ESP_IN_MBR)), ("uefi",)),
        (head(code=True, gpt_types=(LINUX, ESP, LINUX)), ("bios", "uefi")),
        (head(gpt_types=(ESP,)), ("uefi",)),
        (head(gpt_types=(LINUX,) * 127 + (ESP,)), ("uefi",)),
        (head(code=True, gpt_types=(LINUX,)), ("bios",)),
        (b"", ()),
        (bytes(HEAD_BYTES), ()),
    ],
)
def test_what_a_disk_can_start_with(disk: bytes, found: tuple[str, ...]) -> None:
    assert loaders_of(disk) == found


@pytest.mark.parametrize("number, size", [(0, 0), (2**32 - 1, 0), (2**32 - 1, 2**32 - 1), (128, 128)])
def test_a_damaged_table_is_no_table(number: int, size: int) -> None:
    made = bytearray(head(gpt_types=()))
    struct.pack_into("<QII", made, SECTOR + 72, 2**63, number, size)
    assert loaders_of(bytes(made)) == ()
