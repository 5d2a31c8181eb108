"""Disks of other machines: what a file is, whether it can be taken, and the raw disk made of it. qemu-img does it.

A disk from elsewhere is somebody else's data, and may say that its contents are in another file of this machine
(a backing file, an extent, a data file): none of that is followed.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from os import SEEK_END
from pathlib import Path
from typing import Any

from ec2kit.blocks.data import whole_gib
from ec2kit.errors import UsageError
from ec2kit.host.files import ensure_directory, is_file, storing
from ec2kit.host.processes import attempt, run
from ec2kit.host.room import filling

FORMATS = {
    "raw": ("raw", "img", "bin", "dd"),
    "qcow2": ("qcow2", "qcow"),
    "vmdk": ("vmdk",),
    "vpc": ("vhd", "vpc"),
    "vhdx": ("vhdx",),
}
"""qemu-img's names of the formats that are taken, and the endings of files that say so."""
TYPED = {"raw": "raw", "qcow2": "qcow2", "vmdk": "vmdk", "vhd": "vpc", "vhdx": "vhdx"}
"""What `--format` takes, and qemu-img's names of it."""
ANY_FORMAT = frozenset({"img", "bin", "dd"})
"""Endings that people give to disks of any format: they claim nothing."""
ONE_FILE = frozenset({"monolithicSparse", "streamOptimized"})
"""The kinds of vmdk that keep the disk in the file itself (VMware, "Virtual Disk Format 5.0")."""
VHD_FOOTER, VHD_COOKIE = 512, b"conectix"
"""Bytes at the end of a vhd, and how they begin (Microsoft, "Virtual Hard Disk Image Format Specification")."""
WHOLE = frozenset({0, 3, 63})
"""How `qemu-img check` ends with a file that can be read: nothing wrong, room wasted, a format without checks."""
LOOK_SECONDS, CONVERT_SECONDS = 60.0, 6 * 3600.0
"""Bounds of qemu-img; converting reads every block of the source once."""


@dataclass(frozen=True)
class Source:
    """A disk in a file. `form` is qemu-img's name of its format."""

    path: Path
    form: str
    size_bytes: int

    @property
    def size_gib(self) -> int:
        """The size of the smallest volume that holds it."""
        return whole_gib(self.size_bytes)

    @property
    def is_raw(self) -> bool:
        """Whether it can be uploaded as it is."""
        return self.form == "raw"


def inspect(path: Path, typed: str = "") -> Source:
    """Given a file and its format (as `--format` says it, or empty to look), return what it is.

    Raises `UsageError` for a file that cannot be taken, and `ProcessFailed` when qemu-img cannot read it.
    """
    if not is_file(path):
        raise UsageError(f"there is no file '{path}'", resource=str(path))
    form = TYPED[typed] if typed else "vpc" if _is_fixed_vhd(path) else ""
    ended = run(info_argv(path, form), LOOK_SECONDS)
    return source_of(path, json.loads(ended.stdout), named=bool(typed))


def source_of(path: Path, told: Mapping[str, Any], *, named: bool) -> Source:
    """Given what qemu-img says of a file, return it as a source; `named`: the format was given, not found.

    Raises `UsageError`.
    """
    form = str(told["format"])
    shown = next((word for word, name in TYPED.items() if name == form), form)
    if form not in FORMATS:
        raise UsageError(
            f"'{path}' is of the format '{form}', which is not taken", hint=f"one of {', '.join(TYPED)}"
        )
    claimed = _claimed(path)
    if not named and claimed and claimed != form:
        raise UsageError(
            f"'{path}' is called .{path.suffix[1:].lower()}, and what is in it is {shown}",
            hint=f"say what it is: --format {shown}, if you made it yourself",
            resource=str(path),
        )
    if elsewhere := _elsewhere(path, told):
        raise UsageError(
            f"'{path}' keeps its data in another file: '{elsewhere}'",
            hint=f"make one whole file of it where it comes from: `qemu-img convert -O qcow2 {path.name} whole.qcow2`",
            resource=str(path),
        )
    if told.get("encrypted"):
        raise UsageError(f"'{path}' is encrypted", hint="decrypt it with `qemu-img convert` first")
    size = int(told.get("virtual-size", 0))
    if not size:
        raise UsageError(f"'{path}' has no disk in it", resource=str(path))
    return Source(path, form, size)


def convert(source: Source, target: Path) -> Path:
    """Make a sparse raw disk of the source at `target`, beside that name until it is whole, and return it.

    Raises `UsageError` for a damaged source, `ProcessFailed`; then nothing is left.
    """
    _check_whole(source)
    ensure_directory(target.parent)
    part = target.with_name(f"{target.name}.part")
    try:
        with filling(target.parent, source.size_bytes):
            run(convert_argv(source, part), CONVERT_SECONDS)
        with storing(target):
            part.replace(target)
    finally:
        with storing(part):
            part.unlink(missing_ok=True)
    return target


def _check_whole(source: Source) -> None:
    """A file that was cut off on its way would otherwise become a disk that ends in zeros."""
    ended = attempt(check_argv(source), CONVERT_SECONDS)
    if ended.code not in WHOLE:
        told = (ended.stdout + ended.stderr).strip().splitlines()
        raise UsageError(
            f"'{source.path}' is damaged: {told[0] if told else 'qemu-img says no more'}",
            hint=f"fetch it again; `{shlex.join(check_argv(source))}` says all that is wrong",
            resource=str(source.path),
        )


def check_argv(source: Source) -> list[str]:
    """The command that looks whether a file is whole."""
    return ["qemu-img", "check", "-q", "-f", source.form, _local(source.path)]


def info_argv(path: Path, form: str = "") -> list[str]:
    """The command that says what a file is, without looking at what it refers to."""
    return ["qemu-img", "info", "--output=json", *(["-f", form] if form else []), _local(path)]


def convert_argv(source: Source, target: Path) -> list[str]:
    """The command that makes a raw disk of a source whose format is settled: it is never guessed again."""
    formats = ["-f", source.form, "-O", "raw"]
    return ["qemu-img", "convert", *formats, _local(source.path), _local(target)]


def _local(path: Path) -> str:
    """`file:` keeps qemu-img from taking a name with a colon in it for a protocol: `nbd:host:port`."""
    return f"file:{path}"


def _claimed(path: Path) -> str:
    ending = path.suffix[1:].lower()
    if ending in ANY_FORMAT:
        return ""
    return next((form for form, endings in FORMATS.items() if ending in endings), "")


def _is_fixed_vhd(path: Path) -> bool:
    """A vhd of fixed size is a raw disk with a footer: qemu-img looks at the beginning only, and finds it raw."""
    if _claimed(path) != "vpc":
        return False
    with path.open("rb") as file:
        length = file.seek(0, SEEK_END)
        file.seek(max(0, length - VHD_FOOTER))
        return file.read(len(VHD_COOKIE)) == VHD_COOKIE


def _elsewhere(path: Path, told: Mapping[str, Any]) -> str:
    """The other file in which data of this disk are; empty for a disk that is whole."""
    if backing := told.get("full-backing-filename") or told.get("backing-filename"):
        return str(backing)
    data = told.get("format-specific", {}).get("data", {})
    if data.get("data-file"):
        return str(data["data-file"])
    if told["format"] == "vmdk" and data.get("create-type") not in ONE_FILE:
        extents = [str(extent.get("filename", "")) for extent in data.get("extents", ())]
        others = [name for name in extents if Path(name).name != path.name]
        return (others or extents or ["its extents"])[0]
    return ""
