"""Which kernel modules the machine takes along: those it names and all that they need. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

DRIVERS = ("virtio_pci", "virtio_blk", "virtio_console")
"""Loaded at the start: the bus, the disks, and the ports that the script talks through."""

FILE_SYSTEMS = ("ext4", "xfs", "btrfs", "vfat", "nls_cp437", "nls_iso8859_1", "nls_ascii", "nls_utf8")
CHECKSUMS = ("crc32c_generic", "xxhash_generic", "blake2b_generic", "sha256_generic")
"""Both are loaded by the kernel, when something is mounted that needs them; those built into it are no files."""

_WORDS = re.compile(rb"(?<![^\0])(depends|alias)=([^\0]*)\0")


@dataclass(frozen=True)
class Module:
    """A module's place under the kernel's directory, what it needs itself, and the names it is asked for by."""

    path: str
    needs: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As the kernel writes it: `crc32c-intel.ko.xz` is crc32c_intel."""
        return name_of(self.path)

    @property
    def plain_path(self) -> str:
        """Its place once it is uncompressed."""
        return self.path.removesuffix(".xz")


def name_of(path: str) -> str:
    """Given a module's file, return its name."""
    return PurePosixPath(path).name.partition(".ko")[0].replace("-", "_")


def parse(path: str, content: bytes) -> Module:
    """Given an uncompressed module, return what its `.modinfo` strings say (kernel, include/linux/module.h)."""
    said = [(key, value.decode("ascii", "replace")) for key, value in _WORDS.findall(content)]
    needs = [
        name.replace("-", "_")
        for key, value in said
        if key == b"depends"
        for name in value.split(",")
        if name
    ]
    return Module(path, tuple(needs), tuple(value for key, value in said if key == b"alias"))


def closure(wanted: Iterable[str], look: Callable[[str], Module | None]) -> dict[str, Module]:
    """Given names and who knows the modules, return those and all they need, each behind what it needs.

    A name that is not known is built into the kernel.
    """
    found: dict[str, Module] = {}

    def add(name: str) -> None:
        module = None if name in found else look(name)
        if module is not None:
            for need in module.needs:
                add(need)
            found[name] = module

    for name in wanted:
        add(name)
    return found


def dependency_lines(modules: Mapping[str, Module]) -> str:
    """Given modules, return their modules.dep: all that each needs, what is loaded first standing last."""
    lines = []
    for module in modules.values():
        needed = list(closure(module.needs, modules.get).values())
        lines.append(" ".join([f"{module.plain_path}:", *(need.plain_path for need in reversed(needed))]))
    return "".join(f"{line}\n" for line in lines)


def alias_lines(modules: Mapping[str, Module]) -> str:
    """Given modules, return their modules.alias: how `mount` finds its driver."""
    return "".join(
        f"alias {alias} {module.name}\n" for module in modules.values() for alias in module.aliases
    )
