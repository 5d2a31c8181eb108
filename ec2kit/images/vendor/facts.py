"""What is on a vendor's disk, as the scripts of the appliance say it (`guest/facts.sh`). Pure."""

from __future__ import annotations

import base64
import shlex
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ec2kit.errors import Ec2kitError
from ec2kit.images.recipes.architectures import Architecture
from ec2kit.images.root.manifest import Package

ELF, MACHINE_AT = b"\x7fELF", 18
MACHINES = {0x3E: Architecture.X86_64, 0x03: Architecture.I386, 0xB7: Architecture.ARM64}
"""e_machine of the ELF header (System V ABI, and its supplement for AArch64)."""
X86_MAGIC, X86_MAGIC_AT, X86_FLAGS_AT, FOR_64_BITS = b"HdrS", 0x202, 0x236, 1
"""Linux, Documentation/arch/x86/boot.rst: bit 0 of `xloadflags` is XLF_KERNEL_64."""
ARM64_MAGIC, ARM64_MAGIC_AT = b"ARM\x64", 56
"""Linux, Documentation/arch/arm64/booting.rst."""


@dataclass(frozen=True)
class Volume:
    """A partition, or the whole disk. `kind` is blkid's TYPE, `-` when it says nothing."""

    device: str
    kind: str
    is_root: bool


@dataclass(frozen=True)
class Kernel:
    """A kernel: its own file and its initrd (`-` when they are not there), and those drivers asked for that it has."""

    version: str
    path: str
    initrd: str
    architecture: Architecture | None
    drivers: Mapping[str, str]
    """`module` or `builtin`, by name."""
    in_initrd: frozenset[str] | None
    """None: nobody could look."""

    @property
    def starts(self) -> bool:
        """Whether a loader finds what it needs."""
        return "-" not in (self.path, self.initrd)


@dataclass(frozen=True)
class Facts:
    """A disk and the system on it; of a disk with no root file system, or several, only the volumes are known."""

    volumes: tuple[Volume, ...]
    release: Mapping[str, str] = field(default_factory=dict)
    """os-release(5)."""
    program: Architecture | None = None
    have: frozenset[str] = frozenset()
    """Of `init`, `systemd`, `cloud-init`, `growpart`, `update-grub`, and `programs`: its own run in the appliance."""
    packager: str = ""
    """`dpkg`, `rpm`, or empty."""
    packages: tuple[Package, ...] = ()
    kernels: tuple[Kernel, ...] = ()
    cloud_config: tuple[str, ...] = ()
    """The texts of cloud-init's configuration; what comes later counts."""

    @property
    def roots(self) -> tuple[Volume, ...]:
        """The volumes that a system lives on."""
        return tuple(each for each in self.volumes if each.is_root)

    @property
    def system(self) -> str:
        """What it calls itself."""
        return self.release.get("PRETTY_NAME") or self.release.get("ID") or "a system without a name"

    @property
    def architecture(self) -> Architecture | None:
        """The kernels', which is what EC2 asks for; the programs' when no kernel says."""
        known = {each.architecture for each in self.kernels if each.architecture}
        return known.pop() if len(known) == 1 else self.program


def parse_facts(text: str) -> Facts:
    """Given the lines, return what they say; raises `Ec2kitError` for lines that nobody wrote so."""
    told = _Told(text)
    try:
        return Facts(
            volumes=tuple(
                Volume(device, kind, root == "root") for device, kind, root in told.words("partition")
            ),
            release=_release(told.rests("os")),
            program=next((_of_program(base64.b64decode(each)) for each in told.rests("program")), None),
            have=frozenset(told.rests("have")),
            packager=next(iter(told.rests("packages")), ""),
            packages=tuple(sorted(map(_package, told.rests("package")), key=lambda each: each.name)),
            kernels=_kernels(told),
            cloud_config=tuple(
                base64.b64decode(each).decode("utf-8", "replace") for each in told.rests("cloud-config")
            ),
        )
    except (ValueError, TypeError, IndexError) as error:
        raise Ec2kitError(f"the appliance told what nobody understands: {error}") from error


class _Told:
    """Lines by their first words."""

    def __init__(self, text: str) -> None:
        self._rests: dict[str, list[str]] = {}
        for line in text.splitlines():
            key, _, rest = line.partition(" ")
            self._rests.setdefault(key, []).append(rest)

    def rests(self, key: str) -> list[str]:
        """What stands behind it, a text for each line."""
        return self._rests.get(key, [])

    def words(self, key: str) -> list[list[str]]:
        """The same in words."""
        return [rest.split(" ") for rest in self.rests(key)]


def _kernels(told: _Told) -> tuple[Kernel, ...]:
    heads = {version: base64.b64decode(head) for version, head in told.words("kernel-head")}
    listed = {version for (version,) in told.words("initrd-listed")}
    return tuple(
        Kernel(
            version,
            path,
            initrd,
            _of_kernel(heads.get(version, b"")),
            {name: how for of, name, how in told.words("driver") if of == version},
            frozenset(name for of, name in told.words("initrd-driver") if of == version)
            if version in listed
            else None,
        )
        for version, path, initrd in told.words("kernel")
    )


def _of_program(head: bytes) -> Architecture | None:
    if head[:4] != ELF or len(head) < MACHINE_AT + 2:
        return None
    return MACHINES.get(struct.unpack_from("<H", head, MACHINE_AT)[0])


def _of_kernel(head: bytes) -> Architecture | None:
    if head[ARM64_MAGIC_AT : ARM64_MAGIC_AT + 4] == ARM64_MAGIC:
        return Architecture.ARM64
    if head[X86_MAGIC_AT : X86_MAGIC_AT + 4] == X86_MAGIC and len(head) >= X86_FLAGS_AT + 2:
        return Architecture.X86_64 if head[X86_FLAGS_AT] & FOR_64_BITS else Architecture.I386
    return None


def _package(line: str) -> Package:
    name, architecture, version = line.split("\t")
    return Package(name, architecture, version)


def _release(lines: Iterable[str]) -> dict[str, str]:
    """Assignments as a shell takes them; a line that is none is passed over."""
    told = {}
    for line in lines:
        name, equals, value = line.partition("=")
        if equals and not name.startswith("#"):
            try:
                told[name.strip()] = " ".join(shlex.split(value))
            except ValueError:
                continue
    return told
