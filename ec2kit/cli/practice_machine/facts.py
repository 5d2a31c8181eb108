"""From what the sandbox tells of an instance to the machine that is started, or why it cannot be run. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ec2kit.cli.practice_machine.reach import Reach, commands
from ec2kit.errors import Ec2kitError, Refused
from ec2kit.images.boot.machine import Firmware, Lasting, Machine
from ec2kit.images.boot.network import identity_of, network_of

PORTS = (22, 25, 80, 443)
"""Led into each machine from the start; others when somebody asks for them."""


@dataclass(frozen=True)
class Facts:
    """What a machine is made of; `root` is its volume."""

    id: str
    name: str
    state: str
    architecture: str
    boot_mode: str | None
    address: str
    mac: str
    subnet: str
    root: str
    volumes: int
    speed: float


def read_facts(told: Mapping[str, Any]) -> Facts:
    """Given what the door shows, return it as a value. Raises Refused for a machine that cannot be run, with the way
    to one that can."""
    instance_id = str(told["id"])
    if told["state"] not in ("pending", "running"):
        raise Refused(
            f"'{instance_id}' is {told['state']}",
            hint=f"ec2kit start {instance_id} --sandbox",
            resource=instance_id,
        )
    if not told["blocks"]:
        raise Refused(
            f"the root volume of '{instance_id}' has nothing on it: its image is one of the sandbox's own",
            hint="`ec2kit image build debian-12-minimal --sandbox` makes one that boots; launch from that",
            resource=instance_id,
        )
    named = (
        "name",
        "state",
        "architecture",
        "boot_mode",
        "address",
        "mac",
        "subnet",
        "root",
        "volumes",
        "speed",
    )
    return Facts(instance_id, **{name: told[name] for name in named})


def firmware_name(bios: bool | None, facts: Facts) -> str:
    """Given what was typed, return `bios` or `uefi`: else what the image's boot mode makes of it on a Nitro type.

    Raises Ec2kitError for what the architecture does not have.
    """
    only = {"i386": "bios", "arm64": "uefi"}.get(facts.architecture)
    if bios is not None:
        typed = "bios" if bios else "uefi"
        if only not in (None, typed):
            raise Ec2kitError(f"{facts.architecture} does not boot with {typed}", hint=f"use --{only}")
        return typed
    return only or ("uefi" if facts.boot_mode in ("uefi", "uefi-preferred") else "bios")


@dataclass(frozen=True)
class Fittings:
    """What a machine is started with beside what it is: `disk` and `monitor` are paths, `forwarder` leads to its
    metadata."""

    disk: str
    monitor: str
    forwarder: tuple[str, ...]
    memory_mib: int
    kvm: bool
    firmware: Firmware | None
    reached: Sequence[Reach] = ()


def machine_of(facts: Facts, fittings: Fittings) -> Machine:
    """The machine. Raises Ec2kitError for addresses that QEMU's network cannot hold."""
    network = network_of(facts.address, facts.mac, facts.subnet, [one.address for one in fittings.reached])
    return Machine(
        facts.architecture,
        fittings.disk,
        identity_of(facts.id),
        fittings.forwarder,
        fittings.memory_mib,
        fittings.kvm,
        fittings.firmware,
        network,
        Lasting(fittings.monitor, facts.id, PORTS, commands(fittings.reached, network)),
    )
