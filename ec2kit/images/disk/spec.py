"""What is wanted of a disk, and what came of it."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from pathlib import Path

from ec2kit.errors import UsageError

MIB = 1 << 20
GIB = 1 << 30

ARCHITECTURES = ("x86_64", "i386", "arm64")
"""As EC2 writes them (RegisterImage, Architecture); its two for macOS are not ours to build."""


@dataclass(frozen=True)
class DiskSpec:
    """A disk that is to be made.

    `size_bytes` is whole GiB for AWS, which keeps volumes in GiB; any whole MiB does here. `made_at` is
    SOURCE_DATE_EPOCH: seconds since 1970 that every time on the disk becomes which the tar does not say.
    """

    architecture: str
    size_bytes: int = 2 * GIB
    made_at: int = 0
    kernel_arguments: tuple[str, ...] = ()
    """All but `root=` and `ro`, which the disk knows itself; see `root.kernel.kernel_arguments`."""
    loaders: Path = Path("/usr/lib/grub")
    """Where GRUB's modules are: `i386-pc`, `x86_64-efi`, `arm64-efi` below it."""

    def __post_init__(self) -> None:
        if self.architecture not in ARCHITECTURES:
            known = ", ".join(ARCHITECTURES)
            raise UsageError(f"'{self.architecture}' is no architecture of an image", hint=f"one of {known}")
        if self.size_bytes % MIB or self.size_bytes <= 0:
            raise UsageError(f"a disk of {self.size_bytes} bytes is not a whole number of MiB")

    @property
    def boot_modes(self) -> tuple[str, ...]:
        """The firmwares that the disk starts under. No EC2 type takes i386 with UEFI, or arm64 without."""
        return {"x86_64": ("bios", "uefi"), "i386": ("bios",), "arm64": ("uefi",)}[self.architecture]


@dataclass(frozen=True)
class Disk:
    """A raw image in a file, bootable under `boot_modes` (of `bios` and `uefi`)."""

    path: Path
    size_bytes: int
    boot_modes: tuple[str, ...]
    root_uuid: str


@dataclass(frozen=True)
class Identity:
    """Where a disk's identifiers come from: what is on it, so that the same disk has the same ones."""

    digest: str

    @classmethod
    def of(cls, root_sha256: str, spec: DiskSpec) -> Identity:
        """Given the tar's digest and what is wanted, return the disk's identity."""
        words = (
            root_sha256,
            spec.architecture,
            str(spec.size_bytes),
            str(spec.made_at),
            *spec.kernel_arguments,
        )
        return cls(hashlib.sha256("\0".join(words).encode()).hexdigest())

    def uuid(self, of: str) -> str:
        """A UUID of version 8 (RFC 9562: a vendor's own derivation) for one use, in lower case."""
        octets = bytearray(hashlib.sha256(f"{self.digest} {of}".encode()).digest()[:16])
        octets[6] = octets[6] & 0x0F | 0x80
        octets[8] = octets[8] & 0x3F | 0x80
        return str(uuid.UUID(bytes=bytes(octets)))

    def serial(self, of: str) -> str:
        """Eight hexadecimal digits, for a FAT volume."""
        return self.uuid(of)[:8]
