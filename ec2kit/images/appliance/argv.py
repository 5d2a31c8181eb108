"""The words that start the machine. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ec2kit.images.appliance.disks import ApplianceDisk, NbdExport

PORTS = ("in", "out", "log")
"""The machine's ports: the script's standard input, output and error."""

KERNEL_WORDS = "console=ttyS0 quiet panic=-1 random.trust_cpu=on mitigations=off audit=0"
"""`panic=-1`: a kernel that panics ends QEMU (with -no-reboot) instead of keeping us until the time is over."""


@dataclass(frozen=True)
class Hardware:
    """How the machine is made real: `kvm` where we may use it, else `tcg`; and its MiB."""

    accelerator: str = "tcg"
    memory: int = 512


@dataclass(frozen=True)
class Places:
    """Where one run's sockets and logs are, in a directory of its own."""

    directory: Path

    @property
    def initrd(self) -> Path:
        """The machine's initrd with the job behind it."""
        return self.directory / "initrd"

    @property
    def input(self) -> Path:
        """The socket that QEMU connects to for the script's standard input."""
        return self.directory / "in"

    @property
    def out(self) -> Path:
        """The same for its output."""
        return self.directory / "out"

    @property
    def log(self) -> Path:
        """The script's standard error."""
        return self.directory / "log"

    @property
    def console(self) -> Path:
        """What the kernel wrote."""
        return self.directory / "console"


def qemu(kernel: Path, places: Places, disks: Sequence[ApplianceDisk], hardware: Hardware) -> list[str]:
    """Given the parts of a machine, return QEMU's words: no network, no display, no devices but these."""
    words = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"]
    words += ["-machine", f"pc,accel={hardware.accelerator}", "-cpu", "max,la57=off"]
    words += ["-smp", "1", "-m", str(hardware.memory), "-kernel", str(kernel), "-initrd", str(places.initrd)]
    words += ["-append", KERNEL_WORDS, "-serial", f"file:{_value(places.console)}"]
    words += ["-device", "virtio-serial-pci,max_ports=4"]
    backends = (
        f"socket,id=in,path={_value(places.input)}",
        f"socket,id=out,path={_value(places.out)}",
        f"file,id=log,path={_value(places.log)}",
    )
    for name, backend in zip(PORTS, backends, strict=True):
        words += ["-chardev", backend, "-device", f"virtserialport,chardev={name},name={name}"]
    for number, disk in enumerate(disks):
        words += disk_words(number, disk)
    return words


def disk_words(number: int, disk: ApplianceDisk) -> list[str]:
    """Given a disk, return the words that plug it in; the machine knows it by its serial, `d` and the number.

    An error, such as a full host, is the script's to see: QEMU would stop the machine and say nothing.
    """
    source = disk.source.url if isinstance(disk.source, NbdExport) else str(disk.source)
    drive = [f"if=none,id=d{number},format=raw,file={_value(source)}", "werror=report,rerror=report"]
    # `unsafe`: nothing outlives a kill here that somebody would go on with, and no flush is waited for.
    # `unmap`: what the file system frees becomes a hole, so that it is neither kept nor uploaded.
    drive += [
        "cache=unsafe,discard=unmap,detect-zeroes=unmap" if disk.writable else "cache=unsafe,snapshot=on"
    ]
    device = f"virtio-blk-pci,drive=d{number},serial=d{number}"
    return ["-drive", ",".join(drive), "-device", device]


def _value(text: Path | str) -> str:
    """In an option of QEMU a comma is written twice."""
    return str(text).replace(",", ",,")
