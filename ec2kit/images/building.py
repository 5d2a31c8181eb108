"""From a recipe to a disk that was booted: root file system, disk, boot test. Its name is final only then.

    roots/KEY.tar              the root file system (`ec2kit.images.root`), kept for the next build
    disks/NAME.untested.raw    the disk while it is made and booted
    disks/NAME.raw             the disk that booted, and
    disks/NAME.manifest.json   what is in it and how it booted; written before the disk has its name

A build that was killed is gone on with by the same words: what is whole is used, the rest is made again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ec2kit.errors import Busy, Ec2kitError
from ec2kit.host.clock import Clock
from ec2kit.host.files import atomic_write, ensure_directory, is_file, storing
from ec2kit.host.locks import FileLock
from ec2kit.images.boot.spec import BootReport, BootSpec
from ec2kit.images.boot.trial import boot_test
from ec2kit.images.disk.assemble import assemble
from ec2kit.images.disk.spec import GIB, DiskSpec, Identity
from ec2kit.images.recipes.architectures import Architecture
from ec2kit.images.recipes.recipe import Recipe
from ec2kit.images.root.build import build_root
from ec2kit.images.root.cache import Root
from ec2kit.images.root.kernel import kernel_arguments
from ec2kit.images.root.manifest import manifest_text
from ec2kit.images.root.workshop import Workshop

VERSION = 1
Say = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """An image that is to be built. `firmwares` are those it has to boot with before it has its name; none: untried."""

    recipe: Recipe
    architecture: Architecture
    name: str
    size_gib: int
    firmwares: tuple[str, ...]
    user_data: bytes | None = None

    def disk(self, source_date: int) -> DiskSpec:
        """The disk that is wanted."""
        size = self.size_gib * GIB
        arguments = kernel_arguments(self.recipe, self.architecture)
        return DiskSpec(self.architecture, size, source_date, arguments)


@dataclass(frozen=True)
class Built:
    """A finished disk in a file. `booted` has the firmwares that it was booted with, and the seconds until login."""

    path: Path
    sha256: str
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


class BootFailed(Ec2kitError):
    """The disk was made and did not boot as it should; nothing has its name."""


def manifest_path(disk: Path) -> Path:
    """Given a disk's file, return where its manifest is."""
    return disk.with_suffix(".manifest.json")


def stages(order: Order) -> tuple[str, ...]:
    """Given an order, return what building it does, a sentence each, for a dry run."""
    boots = [f"boot it here in QEMU by {each.upper()}, with a metadata service" for each in order.firmwares]
    return (
        f"make the root file system of '{order.recipe.name}' for {order.architecture.debian}, unless the cache has it",
        f"put a disk of {order.size_gib} GiB together",
        *(boots or ["boot nothing: it is not tested"]),
    )


def build(order: Order, work: Workshop, target: Path, say: Say, watch: Say = lambda _: None) -> Built:
    """Build the disk into `target`, or return what an earlier run of the same order has left there.

    `say` is told each stage, `watch` the console's text. Raises `Busy` while another process builds the same name,
    `BootFailed`, and what making roots and disks raises; then nothing is at `target`.
    """
    ensure_directory(target.parent)
    with _alone(target):
        root = build_root(order.recipe, order.architecture, work)
        spec = order.disk(root.manifest.source_date)
        if found := _found(target, Identity.of(root.sha256, spec).digest, order.firmwares):
            return found
        untested = target.with_name(f"{target.stem}.untested.raw")
        try:
            disk = assemble(root.tar, untested, spec, say)
            booted = {
                firmware: _booted(replace(order, firmwares=(firmware,)), untested, work.clock, say, watch)
                for firmware in order.firmwares
            }
            say("reading the disk once more for its sum")
            built = Built(
                target,
                _sha256(untested),
                order.size_gib,
                disk.boot_modes,
                booted,
                len(root.manifest.packages),
            )
            identity = Identity.of(root.sha256, spec).digest
            atomic_write(manifest_path(target), _manifest(order, built, root, identity).encode())
            with storing(target):
                untested.replace(target)
        finally:
            with storing(untested):
                untested.unlink(missing_ok=True)
        return built


def remove(disk: Path) -> None:
    """Remove a disk of ours and its manifest."""
    with storing(disk):
        disk.unlink(missing_ok=True)
        manifest_path(disk).unlink(missing_ok=True)


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    lock = FileLock(target.with_suffix(".lock"))
    with lock.hold() as taken:
        if not taken:
            raise Busy(f"'{target.name}' is being built by another process", resource=str(target))
        yield


def _booted(order: Order, disk: Path, clock: Clock, say: Say, watch: Say) -> float:
    """Boot the disk; returns the seconds that it took. Raises `BootFailed`."""
    (firmware,) = order.firmwares
    say(f"booting it by {firmware.upper()}")
    wanted = BootSpec(order.architecture, firmware, user_data=order.user_data)
    report: BootReport = boot_test(disk, wanted, clock, watch)
    if not report.succeeded:
        where = f"; its console is in {report.log}" if report.log else ""
        raise BootFailed(
            f"'{order.name}' does not boot by {firmware.upper()}: {'; '.join(report.failed)}{where}",
            hint=f"look at it: ec2kit image build {order.recipe.name} --no-boot-test --file FILE, then image boot FILE",
            resource=order.name,
        )
    say(f"it booted by {firmware.upper()} in {report.seconds:.0f} s")
    return report.seconds


def _found(target: Path, identity: str, firmwares: Sequence[str]) -> Built | None:
    """What an earlier run has left at the target, if it is what is wanted now."""
    if not is_file(target) or not is_file(manifest_path(target)):
        return None
    try:
        told: Mapping[str, Any] = json.loads(manifest_path(target).read_text(encoding="utf-8"))
        built = Built(
            target,
            str(told["sha256"]),
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


def _manifest(order: Order, built: Built, root: Root, identity: str) -> str:
    told = {
        "version": VERSION,
        "identity": identity,
        "name": order.name,
        "recipe": order.recipe.name,
        "architecture": order.architecture,
        "sha256": built.sha256,
        "size_gib": built.size_gib,
        "boot_modes": built.boot_modes,
        "booted": built.booted,
        "root": json.loads(manifest_text(root.manifest, sha256=root.sha256)),
    }
    return json.dumps(told, indent=2, sort_keys=True) + "\n"


def _sha256(path: Path) -> str:
    with storing(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
