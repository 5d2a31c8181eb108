"""The vendor's file: what it is, its sum, and the raw working copy of it, as large as the disk is to be.

The file itself is only read. xz is how some vendors publish raw disks; what is inside is unpacked first.
"""

from __future__ import annotations

import hashlib
import lzma
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ec2kit.errors import UsageError
from ec2kit.host.files import ensure_directory, is_file, storing
from ec2kit.host.processes import run
from ec2kit.images.disk.spec import GIB
from ec2kit.images.importing import FORMATS, Source, convert, inspect
from ec2kit.images.loaders import HEAD_BYTES, SECTOR, loaders_of

XZ_MAGIC = b"\xfd7zXZ\x00"
"""The .xz file format, 2.1.1.1."""
GZIP_MAGIC, ZSTD_MAGIC = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
PIECE = 1 << 20
ENDINGS = tuple(ending for endings in FORMATS.values() for ending in endings)
NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9()\[\] ./'@_-]")
"""API Reference, RegisterImage, parameter Name."""
ZEROS = bytes(PIECE)
SFDISK_SECONDS = 60.0
Say = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How large the disk is to be, in GiB: as much as was asked for, else as it is, but not less than `least`."""

    asked: int = 0
    least: int = 1

    def of(self, found_gib: int) -> int:
        """Given how large it is, return how large it becomes."""
        return self.asked or max(found_gib, self.least)


@dataclass(frozen=True)
class VendorFile:
    """A file that was given. `disk` is what is in it; None while it is packed."""

    path: Path
    disk: Source | None

    @property
    def size_gib(self) -> int:
        """Of the smallest volume that holds it; 0 when that is known only after unpacking."""
        return self.disk.size_gib if self.disk else 0


def open_file(path: Path) -> VendorFile:
    """Given what somebody typed, return the file, looked at as far as that takes no time.

    Raises `UsageError` for what is no disk that can be taken, `ProcessFailed` when qemu-img cannot read it.
    """
    if not is_file(path):
        raise UsageError(
            f"there is no file '{path}'",
            hint="--from takes a file of this machine: fetch the vendor's image first, and check its sum",
            resource=str(path),
        )
    with storing(path), path.open("rb") as file:
        head = file.read(len(XZ_MAGIC))
    if head == XZ_MAGIC:
        if path.name.endswith((".tar.xz", ".txz")):
            raise UsageError(f"'{path}' is an archive", hint=f"unpack the disk in it: `tar -xf {path.name}`")
        return VendorFile(path, None)
    for magic, program in ((GZIP_MAGIC, "gunzip"), (ZSTD_MAGIC, "unzstd")):
        if head.startswith(magic):
            raise UsageError(f"'{path}' is packed", hint=f"unpack it: `{program} {path.name}`")
    return VendorFile(path, inspect(path))


def sum_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal, as vendors publish it."""
    with storing(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def working_copy(given: VendorFile, target: Path, size: Size, say: Say) -> tuple[str, ...]:
    """Make the raw disk at `target`; return its loaders.

    Raises `UsageError` for a disk that is larger, or that nothing would start; what was made is left to the caller.
    """
    disk, unpacked = given.disk, unpacked_path(target)
    try:
        if disk is None:
            say(f"unpacking {given.path.name}")
            disk = inspect(_unpacked(given.path, unpacked))
        require_size(given.path, disk.size_gib, size.asked)
        say(f"converting {given.path.name}, {disk.size_gib} GiB, to a raw disk")
        convert(disk, target)
    finally:
        with storing(unpacked):
            unpacked.unlink(missing_ok=True)
    loaders = _loaders(target, given.path)
    _grow(target, size.of(disk.size_gib) * GIB)
    return loaders


def require_size(path: Path, found_gib: int, wanted_gib: int) -> None:
    """Raise `UsageError` when the disk is larger than what is wanted; 0: whatever it is."""
    if wanted_gib and found_gib > wanted_gib:
        raise UsageError(
            f"the disk in '{path.name}' has {found_gib} GiB, and does not go into {wanted_gib}",
            hint="leave --size out; the snapshot is billed for what is not zeros only",
        )


def plain_name(path: Path) -> str:
    """Given a vendor's file, return a name for what is made of it: without endings, and as AWS takes it."""
    name = path.name.removesuffix(".xz")
    for ending in ENDINGS:
        name = name.removesuffix(f".{ending}")
    return NOT_IN_NAMES.sub("-", name)


def unpacked_path(target: Path) -> Path:
    """Where a packed disk is while it is unpacked."""
    return target.with_name(f"{target.name}.unpacked")


def relocate_argv(disk: Path) -> list[str]:
    """The command that puts the spare partition table where the end of the disk is now (sfdisk(8), --relocate)."""
    return [
        "sfdisk",
        "--quiet",
        "--no-reread",
        "--no-tell-kernel",
        "--lock=no",
        "--relocate",
        "gpt-bak-std",
        str(disk),
    ]


def _unpacked(path: Path, target: Path) -> Path:
    """Zeros become holes: a raw disk is mostly those."""
    ensure_directory(target.parent)
    try:
        with storing(target), lzma.open(path) as packed, target.open("wb") as file:
            while piece := packed.read(PIECE):
                if piece != ZEROS[: len(piece)]:
                    file.write(piece)
                else:
                    file.seek(len(piece), 1)
            file.truncate()
    except (lzma.LZMAError, EOFError) as error:
        raise UsageError(f"'{path}' is damaged: {error}", hint="fetch it again, and check its sum") from error
    return target


def _loaders(disk: Path, path: Path) -> tuple[str, ...]:
    with storing(disk), disk.open("rb") as file:
        found = loaders_of(file.read(HEAD_BYTES))
    if not found:
        raise UsageError(
            f"'{path.name}' is no disk that starts: it has a loader neither for BIOS nor for UEFI",
            hint="a vendor's image for clouds is a whole disk; no installer, no archive, no single partition",
        )
    return found


def _grow(disk: Path, size: int) -> None:
    """Its last partition grows at the first boot; the table knows the disk's new end already."""
    with storing(disk), disk.open("r+b") as file:
        file.truncate(size)
        file.seek(SECTOR)
        has_gpt = file.read(8) == b"EFI PART"
    if has_gpt:
        run(relocate_argv(disk), SFDISK_SECONDS)
