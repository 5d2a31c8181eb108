"""A raw disk packed into another format, beside its name until it is whole."""

from __future__ import annotations

from pathlib import Path

from ec2kit.host.files import storing
from ec2kit.host.processes import run
from ec2kit.host.room import filling

PACK_SECONDS = 6 * 3600.0


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
