"""How every image built here ends: booted with each firmware, summed, described, and only then named.

NAME.untested.raw    the disk while it is made and booted
NAME.raw             the disk that booted, and
NAME.manifest.json   what is in it and how it booted; written before the disk has its name
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ec2kit.errors import Busy, Ec2kitError
from ec2kit.host.clock import Clock
from ec2kit.host.files import atomic_write, ensure_directory, is_file, storing, sweep_writes
from ec2kit.host.locks import FileLock
from ec2kit.images.boot.spec import BootReport, BootSpec
from ec2kit.images.boot.trial import boot_test
from ec2kit.images.disk.spec import GIB
from ec2kit.images.recipes.architectures import Architecture

VERSION = 1
Say = Callable[[str], None]


@dataclass(frozen=True)
class Built:
    """A finished disk in a file. `booted` has the firmwares that it was booted with, and the seconds until login."""

    path: Path
    sha256: str
    architecture: Architecture
    size_gib: int
    boot_modes: tuple[str, ...]
    booted: Mapping[str, float]
    packages: int
    made_now: bool = True
    """False: an earlier run of the same words had made it."""

    @property
    def manifest(self) -> Path:
        """The JSON beside it."""
        return manifest_path(self.path)


@dataclass(frozen=True)
class Draft:
    """A disk that is whole and was not booted yet; `path` is the place that `untested` gave."""

    path: Path
    name: str
    architecture: Architecture
    size_gib: int
    boot_modes: tuple[str, ...]
    firmwares: tuple[str, ...]
    """Those it has to boot with before it has its name; none: untried."""
    identity: str
    """A digest of all that it was made from."""
    contents: Mapping[str, Any]
    """What the manifest says of it besides; `root` has its `packages`."""
    again: str
    """The words that make it again, for the hint of a boot that failed."""
    user_data: bytes | None = None


class BootFailed(Ec2kitError):
    """The disk was made and did not boot as it should; nothing has its name."""


def manifest_path(disk: Path) -> Path:
    """Given a disk's file, return where its manifest is."""
    return disk.with_suffix(".manifest.json")


@contextmanager
def untested(target: Path) -> Iterator[Path]:
    """The place of a disk before it is `target`, for us alone; nothing is there before, and nothing after.

    Raises `Busy` while another process builds the same name.
    """
    ensure_directory(target.parent)
    with FileLock(target.with_suffix(".lock")).hold() as taken:
        if not taken:
            raise Busy(f"'{target.name}' is being built by another process", resource=str(target))
        disk = target.with_name(f"{target.stem}.untested.raw")
        _remove(disk)
        sweep_writes(manifest_path(target))
        try:
            yield disk
        finally:
            _remove(disk)


def finish(draft: Draft, target: Path, clock: Clock, say: Say, watch: Say) -> Built:
    """Boot the disk with every firmware of the draft, and give it its name; raises `BootFailed`."""
    booted = {firmware: _booted(draft, firmware, clock, say, watch) for firmware in draft.firmwares}
    say("reading the disk once more for its sum")
    with storing(draft.path), draft.path.open("rb") as file:
        sum_ = hashlib.file_digest(file, "sha256").hexdigest()
    packages = len(draft.contents["root"]["packages"])
    built = Built(target, sum_, draft.architecture, draft.size_gib, draft.boot_modes, booted, packages)
    atomic_write(manifest_path(target), _manifest(draft, built).encode())
    with storing(target):
        draft.path.replace(target)
    return built


def found(target: Path, identity: str, firmwares: Sequence[str]) -> Built | None:
    """What an earlier run has left at the target, if it is what is wanted now."""
    if not is_file(target) or not is_file(manifest_path(target)):
        return None
    try:
        told: Mapping[str, Any] = json.loads(manifest_path(target).read_text(encoding="utf-8"))
        built = Built(
            target,
            str(told["sha256"]),
            Architecture(told["architecture"]),
            int(told["size_gib"]),
            tuple(told["boot_modes"]),
            {str(key): float(value) for key, value in told["booted"].items()},
            len(told["root"]["packages"]),
            made_now=False,
        )
        same = told["version"] == VERSION and told["identity"] == identity
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    whole = target.stat().st_size == built.size_gib * GIB
    return built if same and whole and set(firmwares) <= set(built.booted) else None


def remove(disk: Path) -> None:
    """Remove a disk of ours and its manifest."""
    with storing(disk):
        disk.unlink(missing_ok=True)
        manifest_path(disk).unlink(missing_ok=True)


def boot_stages(firmwares: Sequence[str]) -> tuple[str, ...]:
    """Given firmwares, return what is tried with them, a sentence each, for a dry run."""
    boots = [f"boot it here in QEMU by {each.upper()}, with a metadata service" for each in firmwares]
    return tuple(boots or ["boot nothing: it is not tested"])


def _booted(draft: Draft, firmware: str, clock: Clock, say: Say, watch: Say) -> float:
    """Boot the disk; returns the seconds that it took. Raises `BootFailed`."""
    say(f"booting it by {firmware.upper()}")
    wanted = BootSpec(draft.architecture, firmware, user_data=draft.user_data)
    report: BootReport = boot_test(draft.path, wanted, clock, watch)
    if not report.succeeded:
        where = f"; its console is in {report.log}" if report.log else ""
        raise BootFailed(
            f"'{draft.name}' does not boot by {firmware.upper()}: {'; '.join(report.failed)}{where}",
            hint=f"look at it: ec2kit image build {draft.again} --no-boot-test --file FILE, then image boot FILE",
            resource=draft.name,
        )
    say(f"it booted by {firmware.upper()} in {report.seconds:.0f} s")
    return report.seconds


def _manifest(draft: Draft, built: Built) -> str:
    told = {
        **draft.contents,
        "version": VERSION,
        "identity": draft.identity,
        "name": draft.name,
        "architecture": draft.architecture,
        "sha256": built.sha256,
        "size_gib": built.size_gib,
        "boot_modes": built.boot_modes,
        "booted": built.booted,
    }
    return json.dumps(told, indent=2, sort_keys=True) + "\n"


def _remove(disk: Path) -> None:
    """With what a copy of a vendor's image leaves beside it when it is killed."""
    with storing(disk):
        for name in (disk.name, f"{disk.name}.part", f"{disk.name}.unpacked"):
            disk.with_name(name).unlink(missing_ok=True)
