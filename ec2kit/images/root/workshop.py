"""What building a root file system is given: where to keep it, the clock, the environment, who is told."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ec2kit.errors import UsageError
from ec2kit.host.clock import Clock, SystemClock
from ec2kit.host.identity import this_user
from ec2kit.host.paths import cache_directory
from ec2kit.images.root.mirrors import APT
from ec2kit.images.root.progress import Progress

SBIN = "/usr/local/sbin:/usr/sbin:/sbin"
"""Not everybody's PATH has it."""
WEEK = 7 * 24 * 3600
MONDAY = 4 * 24 * 3600
"""The first Monday of 1970, a Thursday's year."""


def _silent(_told: object) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class Workshop:
    """Where and how roots are built; `report` is told of progress, `warn` of what a person should know."""

    directory: Path
    """Of all that images keep: `cache_directory(environ) / "images"`."""
    environ: Mapping[str, str]
    clock: Clock = field(default_factory=SystemClock)
    report: Callable[[Progress], None] = _silent
    warn: Callable[[str], None] = _silent
    fresh: bool = False
    """Build again although the cache has it."""
    as_root: bool = False
    apt: Path = APT

    @classmethod
    def of(cls, environ: Mapping[str, str], clock: Clock | None = None) -> Workshop:
        """The usual one of this user."""
        directory = cache_directory(environ) / "images"
        return cls(directory, environ, clock or SystemClock(), as_root=this_user(environ).uid == 0)

    @property
    def tools(self) -> Mapping[str, str]:
        """The environment of the programs that build: with chroot and its like on the PATH, and no language."""
        path = self.environ.get("PATH", os.defpath)
        return {**self.environ, "PATH": f"{path}:{SBIN}", "LC_ALL": "C.UTF-8"}

    @property
    def source_date(self) -> int:
        """The youngest time of a file, in seconds since 1970: SOURCE_DATE_EPOCH, else the start of the week.

        A week, because packages change with the days: a root of the same recipe is taken from the cache until
        then (reproducible-builds.org, SOURCE_DATE_EPOCH). Raises `UsageError`.
        """
        given = self.environ.get("SOURCE_DATE_EPOCH", "")
        if given:
            if not given.isdecimal():
                hint = "it is a number of seconds since 1970: date -d 2026-01-02 +%s"
                raise UsageError(f"SOURCE_DATE_EPOCH is '{given}'", hint=hint)
            return int(given)
        return (int(self.clock.now().timestamp()) - MONDAY) // WEEK * WEEK + MONDAY
