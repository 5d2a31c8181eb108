"""A machine's disk changed from outside: files unpacked onto it, or a script run over it, without starting it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ec2kit.errors import UsageError
from ec2kit.images.appliance.disks import NOTHING, ApplianceDisk, Job
from ec2kit.images.appliance.job import script
from ec2kit.images.appliance.machine import Appliance, Reads
from ec2kit.images.appliance.reading import SECONDS, places, succeeded

CHANGE_SECONDS = 3_600.0


def tar_in(
    appliance: Appliance,
    disks: Sequence[ApplianceDisk],
    tar: Reads,
    into: str = "/",
    seconds: float = SECONDS,
) -> None:
    """Unpack a tar, uncompressed, below the absolute path `into` of the machine whose disks these are.

    Owners are taken by number; what is there and also in the tar is replaced. Raises `UsageError` when no
    disk is writable, `Ec2kitError` when it does not fit or tar fails; the disk is then half changed.
    """
    _check(disks)
    job = Job(script("tar_in"), tuple(disks), {"into": places([into])[0]}, seconds)
    succeeded(appliance.run(job, input=tar), "the files could not be written")


def scrub(
    appliance: Appliance,
    disks: Sequence[ApplianceDisk],
    change: str,
    files: Mapping[str, bytes] = NOTHING,
    seconds: float = CHANGE_SECONDS,
) -> str:
    """Run the POSIX shell text `change` over the machine whose disks these are; returns what it wrote on stderr.

    Its root file system is at /sysroot, writable, with the other volumes of its fstab that were given; `files`
    are in /job. `in_root /sysroot COMMAND` runs the machine's own programs (it has no network). Afterwards the
    blocks that are free are given back: what was deleted reads as zeros. Raises `UsageError` when no disk is
    writable, `Ec2kitError` when the script fails; the disk is then half changed, so give it a copy.
    """
    _check(disks)
    job = Job(script("change"), tuple(disks), {**files, "change": change.encode()}, seconds)
    return succeeded(appliance.run(job), "the disk could not be changed").log


def _check(disks: Sequence[ApplianceDisk]) -> None:
    if not any(disk.writable for disk in disks):
        raise UsageError("no disk is writable")
