"""GRUB on a disk without grub-install: its configuration, its images, and the bytes that it patches. Pure.

A static configuration on the links /vmlinuz and /initrd.img, which Debian's kernel packages keep pointing at the
newest kernel, needs no grub package in the image; one that is installed there later writes the same file.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ec2kit.errors import Ec2kitError
from ec2kit.images.disk.layout import SECTOR

CONFIG_PATH = "boot/grub/grub.cfg"

_ALWAYS = (
    *("part_gpt", "ext2", "search", "search_fs_uuid", "normal", "configfile", "linux", "gzio", "boot"),
    *("test", "echo", "true", "sleep", "ls", "cat", "reboot", "halt", "minicmd", "terminal"),
)
MODULES = {
    "i386-pc": (*_ALWAYS, "biosdisk", "part_msdos", "serial"),
    "x86_64-efi": (*_ALWAYS, "fat", "part_msdos", "serial", "all_video"),
    "arm64-efi": (*_ALWAYS, "fat", "all_video"),
}
"""All that the configuration needs is inside, so no module is read from the root file system."""

LOADERS = {
    "x86_64": {"bios": "i386-pc", "uefi": "x86_64-efi"},
    "i386": {"bios": "i386-pc"},
    "arm64": {"uefi": "arm64-efi"},
}
"""GRUB's names of its platforms, by architecture and firmware."""

REMOVABLE = {"x86_64-efi": "BOOTX64.EFI", "arm64-efi": "BOOTAA64.EFI"}
"""What a firmware without boot entries starts from \\EFI\\BOOT (UEFI specification, 3.5.1.1): EC2's has none."""


def grub_config(root_uuid: str, architecture: str, arguments: tuple[str, ...]) -> str:
    """Given the root file system's UUID and the kernel's other arguments, return grub.cfg.

    One entry that starts at once, and a second for the kernel before it.
    """
    line = " ".join((f"root=UUID={root_uuid}", "ro", *arguments))
    serial = (
        ""
        if architecture == "arm64"
        else (
            "serial --unit=0 --speed=115200\nterminal_input console serial\nterminal_output console serial\n"
        )
    )
    return f"""\
# Written by ec2kit when the image was made. The links follow the newest kernel.
{serial}set default=0
set timeout=0
search --no-floppy --fs-uuid --set=root {root_uuid}
menuentry 'Linux' {{
    linux /vmlinuz {line}
    initrd /initrd.img
}}
menuentry 'Linux, the kernel before' {{
    linux /vmlinuz.old {line}
    initrd /initrd.img.old
}}
"""


def early_config(root_uuid: str) -> str:
    """What GRUB runs first, from inside its own image: find the root by its UUID, whatever the disk is called."""
    return (
        f"search.fs_uuid {root_uuid} root\nset prefix=($root)/boot/grub\nconfigfile ($root)/{CONFIG_PATH}\n"
    )


def mkimage_argv(platform: str, modules: str, config: str, output: str) -> list[str]:
    """The command that links GRUB's core for a platform, with the modules in the directory `modules`."""
    return [
        *("grub-mkimage", "--format", platform, "--directory", modules, "--prefix", "/boot/grub"),
        *("--config", config, "--output", output, *MODULES[platform]),
    ]


# Offsets in boot.img, and in the first sector of core.img: GRUB's include/grub/i386/pc/boot.h and
# grub-core/boot/i386/pc/{boot,diskboot}.S.
_PARAMETER_BLOCK = slice(0x03, 0x5A)
"""Where DOS keeps a volume's geometry: it stays as it is on the disk."""
_KERNEL_SECTOR = 0x5C
"""The u64 sector at which core.img begins."""
_BOOT_DRIVE = 0x64
"""0xff: the drive that the firmware names."""
_DRIVE_CHECK = 0x66
"""A jump over the workaround for firmwares that name the wrong drive; as no-ops the workaround is used."""
_CODE_END = 0x1B8
"""The disk's signature and the (protective) partition table begin here, and stay."""
_BLOCK_LIST = 0x1F4
"""The first of core.img's extents, at the end of its first sector: u64 sector, u16 sectors, u16 segment."""


@dataclass(frozen=True)
class BiosBoot:
    """The two pieces that BIOS starts from: the first sector of the disk, and core.img for its partition."""

    first_sector: bytes
    core: bytes


def bios_boot(boot: bytes, core: bytes, first_sector: bytes, core_sector: int) -> BiosBoot:
    """Given GRUB's boot.img and core.img and the disk's first sector, return both as they belong on the disk.

    `core_sector` is where core.img will begin. Raises `Ec2kitError` for files that are not GRUB's.
    """
    if len(boot) != SECTOR or len(first_sector) != SECTOR or boot[-2:] != b"\x55\xaa":
        raise Ec2kitError("GRUB's boot.img is not a boot sector")
    if len(core) <= SECTOR:
        raise Ec2kitError("GRUB's core.img is too short")
    sector = bytearray(boot)
    sector[_PARAMETER_BLOCK] = first_sector[_PARAMETER_BLOCK]
    sector[_CODE_END:] = first_sector[_CODE_END:]
    struct.pack_into("<Q", sector, _KERNEL_SECTOR, core_sector)
    sector[_BOOT_DRIVE] = 0xFF
    sector[_DRIVE_CHECK : _DRIVE_CHECK + 2] = b"\x90\x90"
    padded = bytearray(core + bytes(-len(core) % SECTOR))
    segment = struct.unpack_from("<H", padded, _BLOCK_LIST + 10)[0]
    sectors = len(padded) // SECTOR - 1
    struct.pack_into("<QHH", padded, _BLOCK_LIST, core_sector + 1, sectors, segment)
    return BiosBoot(bytes(sector), bytes(padded))
