"""A raw disk packed into another format, beside its name until it is whole."""

from __future__ import annotations

from pathlib import Path

from ec2kit.errors import UsageError
from ec2kit.host.files import storing
from ec2kit.host.processes import run
from ec2kit.host.room import filling

PACK_SECONDS = 6 * 3600.0
WRITTEN = ("raw", "qcow2")
"""What `--format` takes."""
OTHERS = frozenset({"vmdk", "vhd", "vhdx", "vpc", "vdi", "ova", "gz", "xz", "zst", "zip"})
"""Endings that promise what is not written here."""


def format_of(file: str, typed: str = "") -> str:
    """Given a file's name and the format typed (or none), return the format to write.

    Raises `UsageError` for a name that would lie about what is in it: `image import` takes no such file back.
    """
    ending = Path(file).suffix[1:].lower()
    promised = ending if ending in (*WRITTEN, *OTHERS) else ""
    if promised in OTHERS:
        form = {"vhd": "vpc"}.get(ending, ending)
        hint = f"export it raw, then `qemu-img convert -O {form}`" if form[0] == "v" else "pack it afterwards"
        raise UsageError(f"'{file}' would be no {ending}: {' and '.join(WRITTEN)} are written", hint=hint)
    if typed and promised and typed != promised:
        raise UsageError(
            f"'{file}' is to be {typed}, and is called .{ending}",
            hint="call it otherwise, or leave --format out",
        )
    return typed or promised or "raw"


def repack(raw: Path, target: Path, form: str) -> None:
    """Make `target` of a raw disk, which is removed. Raises `ProcessFailed`; then the raw disk stays, to go on from."""
    part = target.with_name(f"{target.name}.part")
    try:
        with filling(target.parent, raw.stat().st_blocks * 512):
            run(pack_argv(raw, part, form), PACK_SECONDS)
        with storing(target):
            part.replace(target)
            raw.unlink()
    finally:
        with storing(part):
            part.unlink(missing_ok=True)


def pack_argv(raw: Path, target: Path, form: str) -> list[str]:
    """The command for it."""
    return ["qemu-img", "convert", "-f", "raw", "-O", form, f"file:{raw}", f"file:{target}"]
