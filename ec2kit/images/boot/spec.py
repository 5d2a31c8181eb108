"""What is wanted of a boot, and how it went."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ec2kit.errors import UsageError

GIB = 1 << 30

PATIENCE_SECONDS = {True: 360.0, False: 1200.0}
"""By whether KVM is there: emulated, two cores that do nothing else take 1 to 3 minutes, busy ones five times that."""


@dataclass(frozen=True)
class BootSpec:
    """A boot that is to be tried.

    `user_data` is the guest's, as it is; without it, a script that reports back on the console.
    """

    architecture: str
    firmware: str = "bios"
    memory_mib: int = 1024
    timeout: float | None = None
    """Real seconds; None: as long as it may take here (`PATIENCE_SECONDS`)."""
    user_data: bytes | None = field(default=None, repr=False)
    keep_log: Path | None = None
    """Where the console is kept whatever comes of it; None: beside the image, and only when the boot fails."""

    def __post_init__(self) -> None:
        possible = {"x86_64": ("bios", "uefi"), "i386": ("bios",), "arm64": ("uefi",)}
        firmwares = possible.get(self.architecture)
        if firmwares is None:
            raise UsageError(
                f"'{self.architecture}' cannot be booted here", hint=f"one of {', '.join(possible)}"
            )
        if self.firmware not in firmwares:
            raise UsageError(
                f"{self.architecture} does not boot with {self.firmware}", hint=f"use --{firmwares[0]}"
            )


@dataclass(frozen=True)
class BootReport:
    """How a boot went. What was not reached is None or False, and told in `failed`."""

    login: bool
    cloud_init_final: bool
    user_data_ran: bool | None
    """None: not asked, since the user data were somebody's own."""
    hostname: str
    grown_to: int | None
    """Bytes of the root file system after it grew to its larger disk."""
    metadata_requests: int
    seconds: float
    """Real seconds from power on to the last thing that was waited for."""
    failed: tuple[str, ...] = ()
    """Why it is no success, each thing that is missing by name; empty when it is one."""
    log: Path | None = None
    """The console, where it was kept."""

    @property
    def succeeded(self) -> bool:
        """Whether everything was reached."""
        return not self.failed
