"""What killed commands have left on this machine and nobody went on with: half disks, half roots, work directories.

What is half made goes at once, unless a living process has it. What is whole goes when nobody has used it for a day and
no unfinished run wants it: until then the same words go on with it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ec2kit.host.files import storing
from ec2kit.host.locks import FileLock
from ec2kit.host.workplace import LOCK, left_behind
from ec2kit.images.appliance.machine import KIND as APPLIANCE
from ec2kit.images.boot.ground import scratch_place
from ec2kit.images.boot.trial import KIND as BOOT
from ec2kit.images.root.cache import RootCache

DAY = 24 * 3600.0
HALF, UNUSED = "half made by a command that was killed", "made for a command that nobody went on with"


@dataclass(frozen=True)
class Leftover:
    """A file or a directory that nobody needs, and why; `lock` is held by whoever uses it after all."""

    path: Path
    why: str
    lock: Path

    @property
    def size_bytes(self) -> int:
        """What it takes on the disk."""
        files = self.path.rglob("*") if self.path.is_dir() else [self.path]
        total = 0
        for file in files:
            with suppress(OSError):
                total += file.lstat().st_blocks * 512
        return total

    def remove(self) -> bool:
        """Remove it; False, and nothing was done, when somebody has it now. Raises `Ec2kitError`."""
        with FileLock(self.lock).hold() as free:
            if free:
                with storing(self.path):
                    if self.path.is_dir() and not self.path.is_symlink():
                        shutil.rmtree(self.path)
                    else:
                        self.path.unlink(missing_ok=True)
        return free


@dataclass(frozen=True)
class Surroundings:
    """Where to look: the cache of images, the files that unfinished runs want, and this machine's time; and the work
    directories of other parts of ec2kit, by their kind and what they are below."""

    directory: Path
    wanted: Collection[Path]
    now: float
    places: tuple[tuple[str, Path], ...] = ()


def leftovers(around: Surroundings) -> tuple[Leftover, ...]:
    """What can be removed, in order of path; what somebody has at this moment is not in it."""
    found = (
        *_of_roots(around.directory / "roots"),
        *_disks(around),
        *_lying(around, around.directory / "imports"),
        *_lying(around, around.directory / "created"),
        *_lying(around, around.directory / "restored"),
        *_places(around.places),
    )
    return tuple(
        sorted((each for each in found if not FileLock(each.lock).is_held()), key=lambda each: each.path)
    )


def _of_roots(directory: Path) -> Iterator[Leftover]:
    cache = RootCache(directory)
    for path in _entries(directory):
        key = path.name.split(".")[1] if path.name.startswith(".") else path.stem
        half = path.suffix in (".partial", ".work") or path.name.startswith(".")
        if half or (path.suffix == ".tar" and not path.with_suffix(".json").exists()):
            yield Leftover(path, HALF, cache.lock(key))


def _disks(around: Surroundings) -> Iterator[Leftover]:
    """Of `image build`: `NAME.raw` with its manifest, and what it has on the way there."""
    directory = around.directory / "disks"
    for path in _entries(directory):
        hidden = path.name.startswith(".")
        name = path.name.removeprefix(".")
        for ending in (".untested.raw", ".manifest.json", ".raw", ".lock"):
            if (at := name.find(ending)) > 0:
                lock = directory / f"{name[:at]}.lock"
                break
        else:
            continue
        half = hidden or (".untested.raw" in name and not name.endswith(".console.log"))
        if path == lock:
            continue
        if half:
            yield Leftover(path, HALF, lock)
        elif _is_unused(around, path) and _is_unused(around, lock.with_suffix(".raw")):
            yield Leftover(path, UNUSED, lock)


def _lying(around: Surroundings, directory: Path) -> Iterator[Leftover]:
    """What is there for one command each, by the digest of its words."""
    for path in _entries(directory):
        lock = path.with_name(f"{path.name}.lock")
        if path.suffix != ".lock" and _is_unused(around, path):
            yield Leftover(path, UNUSED, lock)


def _places(others: Iterable[tuple[str, Path]]) -> Iterator[Leftover]:
    for kind, parent in ((BOOT, scratch_place()), (APPLIANCE, Path(tempfile.gettempdir())), *others):
        for path in left_behind(kind, parent):
            yield Leftover(path, HALF, path.with_name(path.name + LOCK))


def _is_unused(around: Surroundings, path: Path) -> bool:
    """Nobody wants it or anything in it, and it is older than a day with all that is in it."""
    if any(wanted == path or path in wanted.parents for wanted in around.wanted):
        return False
    return all(around.now - age > DAY for age in _ages((path, *path.rglob("*"))))


def _ages(paths: Iterable[Path]) -> Iterator[float]:
    for path in paths:
        with suppress(OSError):
            yield path.lstat().st_mtime


def _entries(directory: Path) -> list[Path]:
    with suppress(OSError):
        return sorted(directory.iterdir())
    return []
