"""The network of a machine that is booted here: QEMU's own, which needs no root and leads nowhere else. Pure.

QEMU answers for addresses of one network only, so it is one that holds the metadata address and the guest's. With
`restrict=on` nothing that the guest sends leaves this machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from ec2kit.errors import Ec2kitError
from ec2kit.images.boot.guest import ADDRESS, MAC

METADATA_ADDRESS = "169.254.169.254"
METADATA = f"{METADATA_ADDRESS}:80"

WIDEST = 4
"""QEMU refuses a shorter prefix than this."""


@dataclass(frozen=True)
class Network:
    """Where the guest is: `router` and `dns` are QEMU's own addresses in it."""

    cidr: str
    address: str
    mac: str
    router: str
    dns: str


TRIAL = Network("168.0.0.0/5", ADDRESS, MAC, "172.31.0.2", "172.31.0.3")


def network_of(address: str, mac: str, subnet: str, others: Sequence[str] = ()) -> Network:
    """Given a machine's private address and its subnet, return the smallest network that holds it, the metadata address
    and `others`. Raises `Ec2kitError` when QEMU has none that does."""
    router, dns = (str(IPv4Network(subnet)[place]) for place in (1, 2))
    held = IPv4Network(f"{METADATA_ADDRESS}/32")
    wanted = [IPv4Address(each) for each in (address, router, dns, *others)]
    while not all(each in held for each in wanted):
        held = held.supernet()
    if held.prefixlen < WIDEST:
        room = IPv4Network(f"{METADATA_ADDRESS}/{WIDEST}", strict=False)
        wrong = next(each for each in wanted if each not in room)
        raise Ec2kitError(
            f"a machine cannot be run here with {wrong}: QEMU's network has {METADATA_ADDRESS} in it, and so only"
            f" addresses from {room[0]} to {room[-1]}",
            hint="use a VPC of 172.16.0.0/12",
        )
    return Network(str(held), address, mac, router, dns)


def identity_of(instance_id: str) -> str:
    """Given an instance, return the UUID that its firmware has: it begins with `ec2` as all of EC2's do."""
    digits = instance_id.removeprefix("i-").rjust(17, "0")[-17:]
    return f"ec2{digits[:5]}-{digits[5:9]}-4000-8000-0000{digits[9:]}"
