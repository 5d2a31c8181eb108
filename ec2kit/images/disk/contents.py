"""What is in a root tar, as far as the disk needs to know: room, names, and what tar and mke2fs lose on the way."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ec2kit.errors import Ec2kitError, UsageError

BLOCK = 4096
_XATTR = "SCHILY.xattr."
_ACL = "SCHILY.acl."
_MIB = 1 << 20


@dataclass(frozen=True)
class Attribute:
    """An extended attribute of a file, `path` from the root without a leading slash."""

    path: str
    name: str
    value: bytes


@dataclass(frozen=True)
class Contents:
    """A root file system: what it takes, and what of it matters for booting."""

    blocks: int
    """Blocks of 4 KiB that files, directories and long links take."""
    inodes: int
    names: frozenset[str]
    """Paths of `INTERESTING` that are there."""
    root_mode: int
    attributes: tuple[Attribute, ...] = ()
    fstab: str = ""
    parents: tuple[tarfile.TarInfo, ...] = ()
    """The directories that get a file of ours, as they are: what is put into them moves their times."""
    implied: frozenset[str] = frozenset()
    """Directories that no member stands for: tar makes them, with the time of then."""
    platforms: frozenset[str] = frozenset()
    """GRUB's platforms whose modules are in the root itself, at `LOADERS`."""


INTERESTING = frozenset({"vmlinuz", "initrd.img"})
LOADERS = "usr/lib/grub"
"""Where Debian's grub-*-bin packages put their modules."""
PARENTS = frozenset({"boot", "boot/grub", "etc"})


def read_contents(root_tar: Path) -> Contents:
    """Read a root tar; raises `UsageError` when it is none, `Ec2kitError` when it holds what would be lost."""
    try:
        with tarfile.open(root_tar) as tar:
            return _contents(tar)
    except FileNotFoundError as error:
        raise UsageError(f"there is no file '{root_tar}'", resource=str(root_tar)) from error
    except (tarfile.TarError, EOFError) as error:
        raise UsageError(f"'{root_tar}' is not a whole tar: {error}", resource=str(root_tar)) from error


def _contents(tar: tarfile.TarFile) -> Contents:
    blocks = inodes = 0
    root_mode, fstab = 0o755, ""
    names: set[str] = set()
    attributes: list[Attribute] = []
    parents: list[tarfile.TarInfo] = []
    platforms: set[str] = set()
    directories: set[str] = set()
    above: set[str] = set()
    for member in tar:
        path = member.name.removeprefix("./").strip("/")
        if path in ("", "."):
            root_mode = member.mode
            continue
        above.add(path.rpartition("/")[0])
        if member.isdir():
            directories.add(path)
        inodes += not member.islnk()
        blocks += _blocks(member)
        attributes += _attributes(path, member)
        if path in INTERESTING:
            names.add(path)
        if path.startswith(LOADERS) and path.endswith("/kernel.img"):
            platforms.add(path.split("/")[-2])
        if path in PARENTS and member.isdir():
            parents.append(member)
        if path == "etc/fstab" and member.isreg():
            found = tar.extractfile(member)
            fstab = found.read().decode(errors="replace") if found else ""
    return Contents(
        blocks,
        inodes,
        frozenset(names),
        root_mode,
        tuple(attributes),
        fstab,
        tuple(parents),
        _with_parents(above) - directories,
        frozenset(platforms),
    )


def _with_parents(directories: Iterable[str]) -> frozenset[str]:
    """Given directories, return them and all above them but the root."""
    found: set[str] = set()
    for path in directories:
        while path and path not in found:
            found.add(path)
            path = path.rpartition("/")[0]
    return frozenset(found)


def _blocks(member: tarfile.TarInfo) -> int:
    if member.isdir():
        return 1
    # A link of up to 59 bytes lives in its inode (ext4, i_block).
    if member.issym():
        return int(len(member.linkname.encode(errors="surrogateescape")) > 59)
    return -(-member.size // BLOCK)


def _attributes(path: str, member: tarfile.TarInfo) -> Iterable[Attribute]:
    for key, value in member.pax_headers.items():
        if key.startswith(_ACL):
            raise Ec2kitError(
                f"'{path}' has an access list, which the root file system of an image cannot keep",
                hint="make the tar without --acls, and set the list at the first boot",
            )
        if key.startswith(_XATTR):
            yield Attribute(path, key.removeprefix(_XATTR), value.encode(errors="surrogateescape"))


def room_needed(contents: Contents, available: int) -> int:
    """Given a file system's contents and its size in bytes, return the bytes that it needs to be.

    What the file system itself takes is for 256-byte inodes, one to 16 KiB, and a journal by mke2fs's table.
    """
    itself = available // 16384 * 256 + journal_bytes(available) + 4 * _MIB
    # Extents and directories that grow past a block: 2 % was enough for a Debian root by a wide margin.
    return itself + contents.blocks * BLOCK * 102 // 100


def journal_bytes(size: int) -> int:
    """Given a file system's size, return its journal's: what mke2fs would choose, and none of a tiny one."""
    for least, journal in ((1024, 32), (512, 16), (128, 4)):
        if size >= least * _MIB:
            return journal * _MIB
    return _MIB * 4 if size >= 8 * _MIB else 0
