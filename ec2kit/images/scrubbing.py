"""The root of a set, read to this machine and scrubbed here: the machine it is of never notices.

What is there of an earlier process is gone on with: a download that is not whole, a disk that is; one that was being
scrubbed is read anew, since nobody knows how far that was.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ec2kit.blocks.crew import Crew
from ec2kit.blocks.download import download
from ec2kit.errors import Busy
from ec2kit.host.files import atomic_write, ensure_directory, is_file, storing
from ec2kit.host.locks import FileLock
from ec2kit.images.root.cleaning import cleaning_script
from ec2kit.model.ids import SnapshotId

if TYPE_CHECKING:
    from ec2kit.aws.blocks import Blocks
    from ec2kit.host.clock import Clock

Scrub = Callable[[Path, str], None]
"""Scrubs the raw disk in a file, whose machine calls it by a name such as `xvda`."""


@dataclass(frozen=True)
class Workbench:
    """A directory of one command's, where the disk lies while it is worked on."""

    directory: Path

    @property
    def record(self) -> Path:
        """The id of the snapshot that is worked on."""
        return self.directory / "snapshot"

    @property
    def raw(self) -> Path:
        """The disk as it came, whole."""
        return self.directory / "raw"

    @property
    def scrubbing(self) -> Path:
        """The disk in the middle of it."""
        return self.directory / "scrubbing"

    @property
    def clean(self) -> Path:
        """The disk after it."""
        return self.directory / "clean"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep it for us alone; raises `Busy` while another process has it."""
        with FileLock(self.directory.with_name(f"{self.directory.name}.lock")).hold() as ours:
            if not ours:
                raise Busy("the same image is being made by another process", resource=str(self.directory))
            yield

    def begun(self) -> SnapshotId | None:
        """The snapshot that an earlier process was working on."""
        if not is_file(self.record):
            return None
        with storing(self.record):
            return SnapshotId(self.record.read_text(encoding="ascii").strip())

    def begin(self, snapshot: SnapshotId) -> None:
        """Write down what is worked on, so that a killed command takes no second set."""
        self.clear()
        atomic_write(ensure_directory(self.directory) / self.record.name, f"{snapshot}\n".encode())

    def clear(self) -> None:
        """Remove all of it."""
        shutil.rmtree(self.directory, ignore_errors=True)


@dataclass(frozen=True)
class Reading:
    """From where the disk is read, and how."""

    blocks: Blocks
    snapshot: SnapshotId
    size_gib: int
    crew: Crew


@dataclass(frozen=True)
class Scrubbing:
    """How the disk is scrubbed, what its machine calls it, and who is told each stage."""

    scrub: Scrub
    name: str
    say: Callable[[str], None]


def scrubbed(bench: Workbench, reading: Reading, scrubbing: Scrubbing) -> Path:
    """The root disk of a set without what only one machine may have, in a file on the bench.

    Raises what reading and scrubbing raise.
    """
    if is_file(bench.clean):
        scrubbing.say("it was read and scrubbed before; going on with that")
        return bench.clean
    with storing(bench.scrubbing):
        bench.scrubbing.unlink(missing_ok=True)
    if not is_file(bench.raw):
        scrubbing.say(f"reading {reading.snapshot}, {reading.size_gib} GiB, to this machine")
        download(reading.blocks, reading.snapshot, bench.raw, reading.crew)
    with storing(bench.raw):
        bench.raw.replace(bench.scrubbing)
    scrubbing.say(f"scrubbing {scrubbing.name} here, in a small machine of its own")
    scrubbing.scrub(bench.scrubbing, scrubbing.name)
    with storing(bench.clean):
        bench.scrubbing.replace(bench.clean)
    return bench.clean


def disk_name(device: str) -> str:
    """Given the root's device as EC2 says it (`/dev/sda1`, `/dev/xvda`), return the disk's name (`sda`, `xvda`)."""
    return device.removeprefix("/dev/").rstrip("0123456789") or "sda"


def change_script() -> str:
    """The shell text that the appliance runs over a root at /sysroot: our cleaning of new roots, on this one."""
    return "set -- /sysroot\n" + cleaning_script()


def by_appliance(cache: Path, clock: Clock) -> Scrub:
    """Scrubbing in the appliance, a small machine of our own under QEMU; `cache` is that of images."""

    def scrub_in_machine(disk: Path, name: str) -> None:
        from ec2kit.images.appliance.changing import scrub
        from ec2kit.images.appliance.disks import ApplianceDisk
        from ec2kit.images.appliance.machine import appliance

        scrub(appliance(cache, clock), [ApplianceDisk(disk, name, writable=True)], change_script())

    return scrub_in_machine
