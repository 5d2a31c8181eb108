"""The root file system: the commands that make an ext4 out of a tar, and the same one each time. Pure.

mke2fs 1.47.0 knows no tar, and takes each file's access and change time from the directory that it is filled
from, where nobody can set them. So a fakeroot unpacks (owners, modes and device nodes are kept without root),
and debugfs puts the times right. fakeroot forgets a file's type when it gets an extended attribute before an
owner, so those (file capabilities, mostly) are put in by debugfs as well.
"""

from __future__ import annotations

import shlex
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from ec2kit.errors import Ec2kitError
from ec2kit.images.disk.contents import Attribute, journal_bytes

FEATURES = (
    "none",
    "has_journal",
    "ext_attr",
    "resize_inode",
    "dir_index",
    "filetype",
    "extent",
    "64bit",
    "flex_bg",
    "sparse_super",
    "large_file",
    "huge_file",
    "dir_nlink",
    "extra_isize",
    "metadata_csum",
)
"""All of them by name: what /etc/mke2fs.conf of the building machine says must not matter. GRUB 2.06 reads
neither `metadata_csum_seed` nor `orphan_file`."""

DEVICE_OFFSET = "?offset="
"""How the e2fsprogs name a file system inside a file (ext2fs_open2)."""


@dataclass(frozen=True)
class Making:
    """Where a file system is put: a place in `image`, both in bytes, and its two identifiers."""

    image: str
    offset: int
    size: int
    uuid: str
    hash_seed: str
    made_at: int

    @property
    def device(self) -> str:
        """As debugfs names it."""
        return f"{self.image}{DEVICE_OFFSET}{self.offset}"


def fill_argv(making: Making, tars: Iterable[str], directory: str) -> list[str]:
    """Given tars (a later one wins) and an empty directory, return the command that makes the file system.

    One shell, because a fakeroot's memory of owners ends with it.
    """
    unpack = [
        [
            *("tar", "--extract", "--preserve-permissions", "--numeric-owner", "--same-owner"),
            # A directory's time is put right at the end: a file that comes later would move it.
            *("--delay-directory-restore", "--file", tar, "--directory", directory),
        ]
        for tar in tars
    ]
    script = "\n".join(shlex.join(command) for command in (*unpack, mke2fs_argv(making, directory)))
    return ["fakeroot", "--", "sh", "-ec", script]


def mke2fs_argv(making: Making, directory: str) -> list[str]:
    """The command that makes the file system and copies the directory into it.

    `assume_storage_prezeroed`: the file is new, so its holes stay holes, and a guest does not spend its first
    minutes writing zeros over the inode tables of a fresh EBS volume.
    """
    journal = journal_bytes(making.size) >> 20
    features = ",".join(FEATURES if journal else [name for name in FEATURES if name != "has_journal"])
    extended = (
        f"offset={making.offset},hash_seed={making.hash_seed},root_owner=0:0,"
        "lazy_itable_init=0,lazy_journal_init=0,assume_storage_prezeroed=1"
    )
    return [
        *("mke2fs", "-q", "-F", "-b", "4096", "-I", "256", "-i", "16384", "-m", "1", "-e", "remount-ro"),
        *("-O", features, *(("-J", f"size={journal}") if journal else ())),
        *("-U", making.uuid, "-L", "root", "-E", extended, "-d", directory),
        *(making.image, f"{making.size >> 10}k"),
    ]


def environment(making: Making) -> dict[str, str]:
    """What makes the e2fsprogs forget this machine: its configuration and its clock."""
    return {"MKE2FS_CONFIG": "/dev/null", "E2FSPROGS_FAKE_TIME": str(making.made_at), "TZ": "UTC0"}


def mending_script(inodes: Iterable[int], root_mode: int, made_at: int) -> str:
    """Given the inodes in use, return debugfs's commands for their times and for the root directory's mode."""
    moment = f"@{made_at}"
    lines = [f"sif <2> mode 0{0o040000 | root_mode:o}"]
    for inode in inodes:
        lines += [f"sif <{inode}> {field}time {moment}" for field in "ac"]
        lines += [f"sif <{inode}> {field}time_extra 0" for field in "ac"]
    return "\n".join(lines) + "\n"


def attribute_command(attribute: Attribute, value_file: str) -> str:
    """debugfs's command for one extended attribute; raises `Ec2kitError` for a path that it cannot be told."""
    if any(char in attribute.path for char in '"\n\\'):
        raise Ec2kitError(f"'{attribute.path}' has an extended attribute and a name that debugfs cannot read")
    return f'ea_set -f "{value_file}" "/{attribute.path}" {attribute.name}'


@dataclass(frozen=True)
class Groups:
    """Where the inode bitmaps are, from a superblock: see `parse_superblock`."""

    block_size: int
    first_block: int
    count: int
    inodes_per_group: int
    descriptor_size: int

    @property
    def table(self) -> int:
        """The offset of the group descriptors: the block after the superblock's."""
        return (self.first_block + 1) * self.block_size

    def bitmap(self, descriptor: bytes) -> int | None:
        """Given a group's descriptor, return its inode bitmap's offset; None when no inode of it is in use."""
        low, flags = struct.unpack_from("<I", descriptor, 4)[0], struct.unpack_from("<H", descriptor, 18)[0]
        high = struct.unpack_from("<I", descriptor, 0x24)[0] if self.descriptor_size >= 64 else 0
        return None if flags & 1 else (high << 32 | low) * self.block_size

    def used(self, group: int, bitmap: bytes) -> list[int]:
        """Given a group's bitmap, return the numbers of its inodes in use (the first is 1)."""
        first = group * self.inodes_per_group + 1
        return [first + at for at in range(self.inodes_per_group) if bitmap[at >> 3] >> (at & 7) & 1]


def parse_superblock(block: bytes) -> Groups:
    """Given an ext4 superblock (1024 bytes), return where its inode bitmaps are.

    Offsets: Linux, Documentation/filesystems/ext4/super.rst and group_descr.rst.
    """
    (blocks,) = struct.unpack_from("<I", block, 0x04)
    first, log_size = struct.unpack_from("<II", block, 0x14)
    (per_group,) = struct.unpack_from("<I", block, 0x20)
    (inodes_per_group,) = struct.unpack_from("<I", block, 0x28)
    (magic,) = struct.unpack_from("<H", block, 0x38)
    if magic != 0xEF53:
        raise Ec2kitError("mke2fs left no file system behind")
    (incompatible,) = struct.unpack_from("<I", block, 0x60)
    (size,) = struct.unpack_from("<H", block, 0xFE)
    is_64bit = bool(incompatible & 0x80)
    return Groups(
        1024 << log_size, first, -(-(blocks - first) // per_group), inodes_per_group, size if is_64bit else 32
    )
