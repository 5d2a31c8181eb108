"""What the machine is given: disks, a script, and files beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from ec2kit.errors import UsageError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class NbdExport:
    """A disk that an NBD server has, on a Unix socket."""

    socket: Path
    name: str

    @property
    def url(self) -> str:
        """As QEMU and qemu-img write it."""
        return f"nbd+unix:///{quote(self.name, safe='')}?socket={quote(str(self.socket))}"


@dataclass(frozen=True)
class ApplianceDisk:
    """A disk as the machine sees it: raw bytes of a file or of an NBD export.

    `name` is what scripts and /etc/fstab call it: a block device's name, such as `sda` or `sdf`, makes the
    lines of an fstab that say /dev/sdf or /dev/xvdf1 mean this disk. Unless it is `writable`, what is written
    (the replay of a journal, too) goes to a private overlay that ends with the machine.
    """

    source: Path | NbdExport
    name: str = "sda"
    writable: bool = False

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise UsageError(f"'{self.name}' cannot name a disk of the appliance")
        if self.writable and isinstance(self.source, NbdExport):
            raise UsageError(f"the disk '{self.name}' is an NBD export, and those are only read")


NOTHING: Mapping[str, bytes] = MappingProxyType({})


@dataclass(frozen=True)
class Job:
    """A POSIX shell script, which has the functions of guest/prelude.sh, and what it works on.

    `files` are in /job, by name. It may take `seconds` of real time, with a little more for the start, and
    the machine has `memory` MiB.
    """

    script: str
    disks: tuple[ApplianceDisk, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=lambda: NOTHING)
    seconds: float = 3_600.0
    memory: int = 512
