"""Public addresses that AWS assigns by itself, and the names made of addresses."""

import ipaddress
from collections.abc import Callable
from typing import Any

from moto.ec2.models.elastic_network_interfaces import NetworkInterface

from ec2kit.sandbox.rules import patching
from ec2kit.sandbox.world import current

RANGE = ipaddress.IPv4Network("198.18.0.0/15")
"""Benchmarking addresses (RFC 2544): no probe of a sandbox machine can reach anything real."""

USABLE = RANGE.num_addresses - 2

_STRIDE = 7919
"""Has no divisor in common with USABLE, so that the addresses go round through all of them."""


def elastic_address(nic: Any) -> Any | None:
    """Given an interface, return the Elastic IP associated with it, or None."""
    return next((one for one in nic.ec2_backend.addresses if one.eni is nic), None)


def public_name(address: str, region: str) -> str:
    """Given a public address and a region, return its DNS name."""
    zone = "compute-1" if region == "us-east-1" else f"{region}.compute"
    return f"ec2-{address.replace('.', '-')}.{zone}.amazonaws.com"


def private_name(address: str, region: str) -> str:
    """Given a private address and a region, return its DNS name."""
    zone = "ec2" if region == "us-east-1" else f"{region}.compute"
    return f"ip-{address.replace('.', '-')}.{zone}.internal"


def _assign(_original: Callable[..., None]) -> Callable[..., None]:
    def check_auto_public_ip(self: Any) -> None:
        if str(self.public_ip_auto_assign).lower() == "true" and elastic_address(self) is None:
            self.public_ip = _unused()

    return check_auto_public_ip


def _unused() -> str:
    """The next address of the range, in no order that a reader sees; each once in 131,070 times."""
    ledger = current().ledgers
    number = ledger["public_addresses"] = ledger.get("public_addresses", current().rng.randrange(USABLE)) + 1
    return str(RANGE.network_address + 1 + number * _STRIDE % USABLE)


def _start(_original: Callable[..., None]) -> Callable[..., None]:
    def start(self: Any) -> None:
        elastic = elastic_address(self)
        if elastic:
            self.public_ip = elastic.public_ip
        else:
            self.check_auto_public_ip()

    return start


def _stop(_original: Callable[..., None]) -> Callable[..., None]:
    def stop(self: Any) -> None:
        if self.public_ip_auto_assign and elastic_address(self) is None:
            self.public_ip = None

    return stop


def _association(original: Any) -> property:
    def association(nic: Any) -> dict[str, Any]:
        shown: dict[str, Any] = original.fget(nic)
        if not shown:
            return shown
        shown["publicDnsName"] = public_name(str(nic.public_ip), nic.ec2_backend.region_name)
        shown["ipOwnerId"] = nic.ec2_backend.account_id if elastic_address(nic) else "amazon"
        return shown

    return property(association)


def _named(original: Callable[..., None]) -> Callable[..., None]:
    def init(self: Any, ec2_backend: Any, *rest: Any, **named: Any) -> None:
        original(self, ec2_backend, *rest, **named)
        name = private_name(str(self.private_ip_address), ec2_backend.region_name)
        self.private_dns_name = name
        for one in self.private_ip_addresses:
            one["PrivateDnsName"] = private_name(one["PrivateIpAddress"], ec2_backend.region_name)

    return init


def install() -> None:
    """moto assigns real Internet addresses, and at a start replaces even an Elastic IP by one. AWS releases an
    automatic address at stop and takes another at start; an Elastic IP stays (EC2 User Guide, "Public IPv4
    addresses")."""
    patching.replace(NetworkInterface, "check_auto_public_ip", _assign)
    patching.replace(NetworkInterface, "start", _start)
    patching.replace(NetworkInterface, "stop", _stop)
    patching.replace(NetworkInterface, "association", _association)
    patching.replace(NetworkInterface, "__init__", _named)
