"""Directories out of a machine's disks, as a tar that keeps what they hold; the disks stay as they are."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ec2kit.errors import Ec2kitError, UsageError
from ec2kit.images.appliance.disks import ApplianceDisk, Job
from ec2kit.images.appliance.job import script
from ec2kit.images.appliance.machine import LAST_LINES, Appliance, Done, Writes

SECONDS = 6 * 3_600.0
"""For one reading: at the few MB/s of a slow line and an emulated machine, some 50 GB."""

_NOT_MOUNTED = re.compile(r"^not mounted: (\S+) \(", re.MULTILINE)


@dataclass(frozen=True)
class TarOut:
    """What was read: `left_out` are the places below the paths where a volume belongs that was not given."""

    left_out: tuple[str, ...]
    log: str


def tar_out(
    appliance: Appliance,
    disks: Sequence[ApplianceDisk],
    paths: Sequence[str],
    out: Writes,
    seconds: float = SECONDS,
) -> TarOut:
    """Write a tar of these absolute paths of the machine whose disks these are to `out`.

    It is a POSIX tar that GNU tar made: hard links, sparse files, ACLs, extended attributes, devices, numeric
    owners, times in nanoseconds, names of any bytes (as `os.fsdecode` gives them); sorted, and the same each
    time. Other volumes are mounted where the root's fstab says. Raises `UsageError` for paths that are none,
    `Ec2kitError` when a path is not there, or on a volume that is not.
    """
    names = places(paths)
    job = Job(script("tar_out"), tuple(disks), {"paths": b"".join(name + b"\0" for name in names)}, seconds)
    done = succeeded(appliance.run(job, out), "the directories could not be read")
    return TarOut(left_out(done.log, names), done.log)


def places(paths: Sequence[str]) -> tuple[bytes, ...]:
    """Given absolute paths, return them relative to the root, without those inside others, sorted.

    Raises `UsageError` for a path that is not absolute, or when there is none.
    """
    if not paths:
        raise UsageError("no path was given", hint="name absolute paths, such as /etc")
    for path in paths:
        if not path.startswith("/") or "\0" in path:
            raise UsageError(f"'{path}' is not an absolute path")
    kept: list[str] = []
    for path in sorted({posixpath.normpath("/" + path.lstrip("/")) for path in paths}, key=len):
        if not any(path.startswith(f"{above.rstrip('/')}/") for above in kept):
            kept.append(path)
    return tuple(sorted(os.fsencode(path.lstrip("/") or ".") for path in kept))


def left_out(log: str, names: Sequence[bytes]) -> tuple[str, ...]:
    """Given what the machine said and what was asked for, return the places below that could not be mounted."""
    missing = _NOT_MOUNTED.findall(log)
    asked = [os.fsdecode(name) for name in names]
    return tuple(
        target for target in missing if any(name == "." or target.startswith(f"/{name}/") for name in asked)
    )


def succeeded(done: Done, otherwise: str) -> Done:
    """Given how a script ended, return it; raises `Ec2kitError` with its last words unless it ended with 0."""
    if done.code:
        words = "\n".join(done.log.strip().splitlines()[-LAST_LINES:])
        raise Ec2kitError(f"{otherwise}: {words or f'the script ended with {done.code}'}")
    return done
