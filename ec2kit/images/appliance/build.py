"""The machine's kernel and initrd, made once from the host's own Debian packages and kept.

No rights are needed. Two who build at once wait for one another; a build that was killed leaves a directory
that the next one removes.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from ec2kit.errors import Busy, Ec2kitError
from ec2kit.host.clock import Clock
from ec2kit.host.files import ensure_directory, storing
from ec2kit.host.locks import FileLock
from ec2kit.host.processes import ProcessFailed, run
from ec2kit.images.appliance import packages
from ec2kit.images.appliance.initrd import initrd

MADE_BY = ("cpio.py", "initrd.py", "modules.py", "packages.py")
PACKAGES_SECONDS = 600.0
"""For about 40 MB; a mirror that is slower than that has stopped."""
WAIT_SECONDS = 900.0
"""For somebody else's build: it takes a quarter of a minute on a good line."""


@dataclass(frozen=True)
class Parts:
    """What QEMU starts: files in the cache, whole."""

    kernel: Path
    initrd: Path


def parts(cache: Path, clock: Clock) -> Parts:
    """The machine's parts under `cache`/appliance, made when they are not there.

    Raises `Ec2kitError` when they cannot be made (no Debian, no mirror, no space), `Busy` when somebody
    else's build does not end.
    """
    directory = cache / "appliance" / recipe_digest()
    if not directory.is_dir():
        _make(directory, clock)
    return Parts(directory / "vmlinuz", directory / "initrd")


def recipe_digest() -> str:
    """What the machine is made from, as 16 hexadecimal digits: another recipe is another machine."""
    digest = hashlib.sha256(_suite().encode())
    for name in MADE_BY:
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()[:16]


def _make(directory: Path, clock: Clock) -> None:
    lock = FileLock(directory.with_suffix(".lock"))
    began = clock.monotonic()
    ensure_directory(directory.parent)
    while not lock.acquire():
        if clock.stop.is_set() or clock.monotonic() - began > WAIT_SECONDS:
            raise Busy("the appliance is being built by somebody else", resource=str(directory))
        clock.sleep(1.0)
    try:
        if not directory.is_dir():
            _build(directory)
    finally:
        lock.release()


def _build(directory: Path) -> None:
    """Under the lock: everything is made in a directory beside, which is renamed when it is whole."""
    work = directory.with_suffix(".part")
    shutil.rmtree(work, ignore_errors=True)
    try:
        with storing(work):
            (work / "cache/archives/partial").mkdir(parents=True)
            (work / "tree").mkdir()
            (work / "whole").mkdir()
        _fetch(work)
        found = sorted((work / "cache/archives").glob("*.deb"))
        for package in found:
            run(packages.unpack(package, work / "tree"), PACKAGES_SECONDS)
        with storing(work):
            shutil.copyfile(_kernel_image(work / "tree"), work / "whole/vmlinuz")
            (work / "whole/initrd").write_bytes(initrd(work / "tree"))
            (work / "whole/packages").write_text("".join(f"{package.stem}\n" for package in found))
            (work / "whole").rename(directory)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _fetch(work: Path) -> None:
    """By the machine's own package lists, or by fresh ones when those are missing or too old."""
    try:
        _fetch_by(work, None)
    except ProcessFailed:
        lists = work / "lists"
        with storing(work):
            (lists / "partial").mkdir(parents=True)
        try:
            run(packages.update(lists), PACKAGES_SECONDS)
            _fetch_by(work, lists)
        except ProcessFailed as error:
            raise Ec2kitError(
                f"the appliance cannot be made: {error.message}",
                hint="it is made of Debian packages; run this on a Debian machine (amd64) whose apt sources answer",
            ) from error


def _fetch_by(work: Path, lists: Path | None) -> None:
    kernel = packages.parse_kernel(run(packages.kernel_dependencies(lists), 60).stdout)
    if kernel is None:
        raise ProcessFailed(f"apt knows no package '{packages.KERNEL}'")
    run(packages.download_closure(work / "cache", lists), PACKAGES_SECONDS)
    run(packages.download_alone(kernel, work / "cache", lists), PACKAGES_SECONDS)


def _kernel_image(tree: Path) -> Path:
    images = sorted((tree / "boot").glob("vmlinuz-*"))
    if not images:
        raise Ec2kitError(f"the package of the appliance's kernel has no kernel in '{tree / 'boot'}'")
    return images[-1]


def _suite() -> str:
    try:
        return Path("/etc/os-release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
