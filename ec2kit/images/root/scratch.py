"""Where a root is while it is made: a directory that other ids of ours can enter, and that is gone afterwards.

Without root the files belong to ids that only this user's namespaces know: they are removed from inside one.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ec2kit.errors import Ec2kitError
from ec2kit.host import processes
from ec2kit.host.files import storing
from ec2kit.host.identity import this_user
from ec2kit.images.root.cache import RootCache
from ec2kit.images.root.workshop import Workshop

ENTERED = 0o711
"""mmdebstrap's other ids pass through it; nobody else reads it."""
REMOVAL = 600.0
"""Seconds that removing a root may take."""


@dataclass(frozen=True)
class Scratch:
    """One directory for each user, below TMPDIR, and in it one for each cache, whose locks say what is being built."""

    directory: Path
    cache: RootCache
    work: Workshop

    @classmethod
    def of(cls, work: Workshop, cache: RootCache) -> Scratch:
        """The scratch of the user at work."""
        below = Path(work.environ.get("TMPDIR") or "/tmp")
        return cls(below / f"ec2kit-roots-{this_user(work.environ).uid}", cache, work)

    @property
    def place(self) -> Path:
        """Where this cache's builds are: another cache's, which may be under way, are not ours to judge."""
        mark = hashlib.sha256(str(self.cache.directory.resolve()).encode()).hexdigest()[:8]
        return self.directory / mark

    @contextmanager
    def of_build(self, key: str) -> Iterator[Path]:
        """A new directory for this build while the block runs; what killed builds left goes first."""
        self._ensure()
        for left in self.place.iterdir():
            if left.name == key or not self.cache.is_building(left.name):
                self._remove(left)
        made = self.place / key
        with storing(made):
            made.mkdir()
            made.chmod(0o1777)
        try:
            yield made
        finally:
            self._remove(made)

    def _ensure(self) -> None:
        """Everybody may write in /tmp: the directory must be ours, and no link of somebody else's."""
        with storing(self.directory):
            self.directory.mkdir(parents=True, exist_ok=True)
            found = self.directory.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise Ec2kitError(
                f"'{self.directory}' belongs to somebody else", hint="set TMPDIR to a directory of your own"
            )
        self.directory.chmod(ENTERED)
        with storing(self.place):
            self.place.mkdir(exist_ok=True)
            self.place.chmod(ENTERED)

    def _remove(self, path: Path) -> None:
        """Never into another file system: what was mounted in a root would be somebody's, `/dev` or `/sys`."""
        inside = () if self.work.as_root else ("mmdebstrap", "--unshare-helper")
        command = (*inside, "rm", "-rf", "--one-file-system", "--", str(path))
        processes.attempt(command, REMOVAL, environ=self.work.tools)
