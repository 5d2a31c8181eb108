"""What this machine has for booting others: an emulator, firmware, a fast processor, room."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from ec2kit.errors import Ec2kitError
from ec2kit.host import forward
from ec2kit.host.kvm import usable_kvm
from ec2kit.images.boot.firmware import find_firmware
from ec2kit.images.boot.machine import EMULATORS, Firmware

_NATIVE = {"x86_64": ("x86_64",), "i386": ("x86_64", "i686"), "arm64": ("aarch64",)}


def require_emulator(architecture: str) -> None:
    """Raises `Ec2kitError` with the package to install when this architecture cannot be run here."""
    name = EMULATORS[architecture]
    if shutil.which(name) is None:
        package = "qemu-system-arm" if architecture == "arm64" else "qemu-system-x86"
        raise Ec2kitError(f"an image cannot be booted here without {name}", hint=f"apt-get install {package}")


def accelerated(architecture: str) -> bool:
    """Whether this machine's processor runs it without emulation."""
    return os.uname().machine in _NATIVE.get(architecture, ()) and usable_kvm(EMULATORS[architecture])


def own_firmware(name: str, architecture: str, scratch: Path) -> Firmware | None:
    """UEFI's files with variables of a machine's own in `scratch`; None for `bios`. Raises `Ec2kitError`."""
    if name != "uefi":
        return None
    code, variables = find_firmware(architecture)
    shutil.copyfile(variables, scratch / "variables.fd")
    return Firmware(str(code), str(scratch / "variables.fd"))


def forwarder(port: int, line: str = "") -> tuple[str, ...]:
    """The command that leads one connection of a guest to a port of this machine, after a line of text if given."""
    # Isolated and without site-packages: it starts anew for each request of the guest.
    command = (sys.executable, "-I", "-S", str(Path(forward.__file__).absolute()), str(port))
    return (*command, line) if line else command


def scratch_place() -> Path:
    """Where a machine's own files are: where TMPDIR says, else on a disk rather than in memory."""
    named = os.environ.get("TMPDIR")
    return Path(named or ("/var/tmp" if os.access("/var/tmp", os.W_OK) else tempfile.gettempdir()))
