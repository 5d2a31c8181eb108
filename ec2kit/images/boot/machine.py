"""QEMU's command line for a machine like EC2's: NVMe disk, serial console, metadata at 169.254.169.254. Pure.

A trial ends with what it tries: an overlay, no restart. A lasting machine writes to its own disk, may restart, and is
told what to do over its monitor.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from ec2kit.images.boot.network import METADATA, TRIAL, Network

EMULATORS = {"x86_64": "qemu-system-x86_64", "i386": "qemu-system-i386", "arm64": "qemu-system-aarch64"}

PROCESSORS = {"x86_64": "qemu64,-svm", "i386": "qemu32,vendor=AuthenticAMD", "arm64": "cortex-a72"}
"""What is emulated, of AMD. With Intel's name a kernel keeps page tables apart, which cost 32 bits an eighth
of their time; with AMD's virtualization it would set up a hypervisor. Of `max` udev did not start under QEMU 7.2."""


@dataclass(frozen=True)
class Firmware:
    """UEFI's two flash files: the code, and a copy of the variables for this machine alone."""

    code: str
    variables: str


@dataclass(frozen=True)
class Lasting:
    """What a machine has that is more than a trial: `monitor` is the path of its socket, `instance_id` what its board
    says of it as on Nitro, `ports` those of the guest that a free port of this machine leads to."""

    monitor: str
    instance_id: str
    ports: tuple[int, ...] = ()
    reach: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """What else the guest meets: `ADDRESS:PORT`, and the command that is run for each connection to it."""


@dataclass(frozen=True)
class Machine:
    """What is started: `disk` is a qcow2 overlay, or a raw file of a lasting machine; `identity` begins with `ec2`, as
    cloud-init wants it; `forwarder` is run for each connection to the metadata address."""

    architecture: str
    disk: str
    identity: str
    forwarder: tuple[str, ...]
    memory_mib: int = 1024
    kvm: bool = False
    firmware: Firmware | None = None
    """None: the machine's BIOS."""
    network: Network = TRIAL
    lasting: Lasting | None = None


def qemu_argv(machine: Machine) -> list[str]:
    """Given a machine, return the command that runs it, its serial console on stdin and stdout."""
    argv = [
        EMULATORS[machine.architecture],
        *("-machine", _board(machine.architecture), "-accel", _accelerator(machine.kvm)),
        *("-cpu", _processor(machine.architecture, machine.kvm)),
        # With two, an emulated 6.12 kernel double-faulted; and tests share their machine.
        *("-smp", "1", "-m", str(machine.memory_mib)),
        *("-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio"),
        *("-rtc", "base=utc", "-device", "virtio-rng-pci"),
        # ds-identify takes it for EC2 when serial and uuid are equal and begin with "ec2".
        *("-smbios", f"type=1,manufacturer=Amazon EC2,serial={machine.identity},uuid={machine.identity}"),
        *("-drive", f"file={_escaped(machine.disk)},{_writing(machine)},if=none,id=d0,discard=unmap"),
        *("-device", "nvme,drive=d0,serial=vol0123456789abcdef0,bootindex=1"),
        *("-netdev", _netdev(machine)),
        # Without its ROM no firmware tries the network first.
        *("-device", f"virtio-net-pci,netdev=n0,mac={machine.network.mac},romfile="),
    ]
    if machine.lasting is None:
        argv.append("-no-reboot")
    else:
        argv += ["-smbios", f"type=2,manufacturer=Amazon EC2,asset={machine.lasting.instance_id}"]
        argv += ["-qmp", f"unix:{_escaped(machine.lasting.monitor)},server=on,wait=off"]
    if machine.firmware is not None:
        flash = "if=pflash,format=raw"
        argv += ["-drive", f"{flash},unit=0,readonly=on,file={_escaped(machine.firmware.code)}"]
        argv += ["-drive", f"{flash},unit=1,file={_escaped(machine.firmware.variables)}"]
    return argv


def overlay_argv(disk: str, form: str, overlay: str, size: int) -> list[str]:
    """The command that makes an overlay of `size` bytes over a disk in the format `form`, which is not written to."""
    return ["qemu-img", "create", "-q", "-f", "qcow2", "-F", form, "-b", disk, overlay, str(size)]


def _board(architecture: str) -> str:
    # Without graphics the BIOS speaks on the serial port too, and says there that nothing boots. What no EC2
    # machine has is left out: an emulated guest waits for each device.
    off = ",".join(f"{name}=off" for name in ("graphics", "sata", "smbus", "vmport"))
    return "virt,gic-version=max" if architecture == "arm64" else f"q35,{off}"


def _processor(architecture: str, kvm: bool) -> str:
    if kvm:
        return "host"
    return PROCESSORS[architecture]


def _accelerator(kvm: bool) -> str:
    return "kvm" if kvm else "tcg,tb-size=256"


def _writing(machine: Machine) -> str:
    # What is tried ends with this machine's power; a lasting disk's file has each write at once.
    return "format=qcow2,cache=unsafe" if machine.lasting is None else "format=raw,cache=writeback"


def _netdev(machine: Machine) -> str:
    network, lasting = machine.network, machine.lasting
    places = f"net={network.cidr},host={network.router},dns={network.dns},dhcpstart={network.address}"
    settings = [f"user,id=n0,{places},restrict=on,ipv6=off", _guestfwd(METADATA, machine.forwarder)]
    if lasting is not None:
        settings += [_guestfwd(place, command) for place, command in lasting.reach]
        # Port 0 is a free one, which the monitor tells.
        settings += [f"hostfwd=tcp:127.0.0.1:0-:{port}" for port in lasting.ports]
    return ",".join(settings)


def _guestfwd(place: str, command: Sequence[str]) -> str:
    return f"guestfwd=tcp:{place}-cmd:{_escaped(shlex.join(command))}"


def _escaped(text: str) -> str:
    """A comma ends an option's value in QEMU, and two are one."""
    return text.replace(",", ",,")
