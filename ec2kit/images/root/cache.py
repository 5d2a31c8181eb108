"""The roots that were built, each under the digest of all that it was made of; the oldest go first.

A root is there when its JSON is, which is written last. Everything else in the directory belongs to a build that
goes on, or to one that was killed; the next build removes the latter.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ec2kit.errors import Ec2kitError
from ec2kit.host.clock import Clock
from ec2kit.host.files import atomic_write, ensure_directory, storing, sweep_writes
from ec2kit.host.locks import FileLock
from ec2kit.images.root.command import RootSpec, identity
from ec2kit.images.root.manifest import Manifest, manifest_text, parse_manifest

LONGEST = 30 * 24 * 3600
"""Seconds after its last use that a root is kept."""
LARGEST = 12 * 1024**3
"""Bytes of all roots together; a root is 0.5 to 1 GB."""
IN_USE = 3600
"""Seconds after its last use in which a root is not removed for room: somebody may be reading it."""
PAUSE = 1.0
"""Seconds between two looks at a lock that somebody else has."""


@dataclass(frozen=True)
class Root:
    """A root file system: an uncompressed, sorted tar, the same bytes whenever it is made of the same."""

    tar: Path
    sha256: str
    manifest: Manifest
    kernel: str
    """The kernel's version, as in /lib/modules."""


class RootCache:
    """The directory of roots."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def tar(self, key: str) -> Path:
        """The finished tar."""
        return self.directory / f"{key}.tar"

    def partial(self, key: str) -> Path:
        """The tar while it is written."""
        return self.directory / f"{key}.partial"

    def work(self, key: str) -> Path:
        """Scripts, facts and the log of a build; stays after one that failed, for the person who looks."""
        return self.directory / f"{key}.work"

    def find(self, key: str) -> Root | None:
        """The root of this key when it is there and whole; then it counts as used now."""
        told, tar = self._told(key), self.tar(key)
        try:
            manifest, found = parse_manifest(told.read_text(encoding="utf-8"))
            if tar.stat().st_size != found["size_bytes"]:
                return None
            root = Root(tar, str(found["sha256"]), manifest, manifest.kernel)
        except (OSError, ValueError, KeyError):
            return None
        with suppress(OSError):
            os.utime(told)
        return root

    def keep(self, key: str, manifest: Manifest) -> Root:
        """Take the partial tar of this key as its root; raises `Ec2kitError` when the disk does not."""
        partial, tar = self.partial(key), self.tar(key)
        with storing(tar):
            with partial.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                os.fsync(file.fileno())
            size = partial.stat().st_size
            self._told(key).unlink(missing_ok=True)
            partial.replace(tar)
        told = manifest_text(manifest, sha256=digest, size_bytes=size)
        atomic_write(self._told(key), told.encode())
        shutil.rmtree(self.work(key), ignore_errors=True)
        return Root(tar, digest, manifest, manifest.kernel)

    @contextmanager
    def building(self, key: str, clock: Clock) -> Iterator[None]:
        """Hold the key's lock, waiting while another process builds it; raises `Ec2kitError` when stopped."""
        ensure_directory(self.directory)
        lock = FileLock(self.lock(key))
        while not lock.acquire():
            if clock.stop.is_set():
                raise Ec2kitError("stopped waiting for a build of the same root by another process")
            clock.sleep(PAUSE)
        try:
            yield
        finally:
            lock.release()

    def is_building(self, key: str) -> bool:
        """Whether a living process builds it."""
        return FileLock(self.lock(key)).is_held()

    def clear(self, key: str) -> None:
        """Remove what a build of this key left behind; only for who holds its lock."""
        self.partial(key).unlink(missing_ok=True)
        sweep_writes(self._told(key))
        shutil.rmtree(self.work(key), ignore_errors=True)

    def settle(self, key: str) -> None:
        """Remove what a build left that was killed after its root was whole; nothing while somebody builds it anew."""
        if self.lock(key).exists() or self.work(key).exists():
            with suppress(Ec2kitError), FileLock(self.lock(key)).hold() as free:
                if free:
                    self.clear(key)

    def evict(self, now: float, spare: str = "") -> tuple[str, ...]:
        """Remove what killed builds left, roots unused for long, then the longest unused until the rest fits.

        `now` is this machine's clock, which also set the times of use. Returns the keys of roots that went.
        """
        for path in (*self.directory.glob("*.partial"), *self.directory.glob("*.work")):
            if path.stem != spare and not self.is_building(path.stem):
                self.clear(path.stem)
        ages = sorted(
            ((now - path.stat().st_mtime, path) for path in self.directory.glob("*.json")), reverse=True
        )
        sizes = {path.stem: self._size(path.stem) for _, path in ages}
        gone: list[str] = []
        for age, path in ages:
            too_many = sum(sizes.values()) > LARGEST and age > IN_USE
            if path.stem != spare and (age > LONGEST or too_many) and not self.is_building(path.stem):
                path.unlink(missing_ok=True)
                self.tar(path.stem).unlink(missing_ok=True)
                gone.append(path.stem)
                del sizes[path.stem]
        for tar in self.directory.glob("*.tar"):
            if not self._told(tar.stem).exists() and not self.is_building(tar.stem):
                tar.unlink(missing_ok=True)
        return tuple(gone)

    def _size(self, key: str) -> int:
        try:
            return self.tar(key).stat().st_size
        except OSError:
            return 0

    def _told(self, key: str) -> Path:
        return self.directory / f"{key}.json"

    def lock(self, key: str) -> Path:
        """Held by who builds it."""
        return self.directory / f"{key}.lock"


def key_of(spec: RootSpec) -> str:
    """Given a spec, return the key of its root: the recipe, the release, and the scripts of this ec2kit."""
    digest = hashlib.sha256(json.dumps(identity(spec)).encode()).hexdigest()[:20]
    return f"{spec.recipe.name}-{spec.architecture.debian}-{digest}"
