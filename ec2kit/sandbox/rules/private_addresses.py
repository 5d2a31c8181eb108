"""Private addresses: inside the subnet, each once, not handed out again at once."""

import ipaddress
from collections.abc import Callable
from typing import Any

from moto.ec2.models.elastic_network_interfaces import NetworkInterface, NetworkInterfaceBackend
from moto.ec2.models.instances import Instance
from moto.ec2.models.subnets import Subnet

from ec2kit.sandbox.rules import patching
from ec2kit.sandbox.rules.refusals import refusal

RESERVED_AT_START = 4
"""The network address, the router, DNS, and one kept back (VPC User Guide, "Subnet sizing")."""


def free_count(subnet: Any) -> int:
    """Given a subnet, return how many more addresses it has to give."""
    return int(subnet.cidr.num_addresses) - RESERVED_AT_START - 1 - len(subnet._subnet_ips)


def claim(subnet: Any, instance: Any) -> str:
    """Given a subnet, hand its next free address to `instance` (None: an interface of its own) and return it.

    Addresses go round, so that one given back is not handed out again at once. Raises
    InsufficientFreeAddressesInSubnet.
    """
    usable = int(subnet.cidr.num_addresses) - RESERVED_AT_START - 1
    start = subnet.__dict__.get("next_offset", 0)
    for step in range(usable):
        offset = (start + step) % usable
        address = str(subnet.cidr.network_address + RESERVED_AT_START + offset)
        if address not in subnet._subnet_ips:
            subnet.__dict__["next_offset"] = offset + 1
            subnet._subnet_ips[address] = instance
            return address
    raise refusal(
        "InsufficientFreeAddressesInSubnet", f"There are no free addresses in subnet '{subnet.id}'."
    )


def request(subnet: Any, ip: str, instance: Any) -> None:
    """Given an address asked for by name, hand it to `instance`.

    Raises InvalidParameterValue outside the subnet's range (or for its reserved ones), InvalidIPAddress.InUse.
    """
    offset = int(ipaddress.ip_address(ip)) - int(subnet.cidr.network_address)
    if not RESERVED_AT_START <= offset <= subnet.cidr.num_addresses - 2:
        raise refusal(
            "InvalidParameterValue", f"Address {ip} does not fall within the subnet's address range"
        )
    if ip in subnet._subnet_ips:
        raise refusal("InvalidIPAddress.InUse", f"Address {ip} is in use.")
    subnet._subnet_ips[ip] = instance


def _get_available_subnet_ip(_original: Callable[..., Any]) -> Callable[..., Any]:
    return claim


def _request_ip(_original: Callable[..., Any]) -> Callable[..., Any]:
    return request


def _interface(original: Callable[..., None]) -> Callable[..., None]:
    def init(
        self: Any,
        ec2_backend: Any,
        subnet: Any,
        private_ip_address: Any,
        private_ip_addresses: Any = None,
        *rest: Any,
        **named: Any,
    ) -> None:
        place = ec2_backend.get_subnet(subnet) if isinstance(subnet, str) else subnet
        if not private_ip_address and not private_ip_addresses:
            private_ip_address = claim(place, None)
        original(self, ec2_backend, place, private_ip_address, private_ip_addresses, *rest, **named)
        for one in self.private_ip_addresses:
            place._subnet_ips.setdefault(one["PrivateIpAddress"], None)

    return init


def _delete_interface(original: Callable[..., None]) -> Callable[..., None]:
    def delete_network_interface(self: Any, eni_id: str) -> None:
        nic = self.enis.get(eni_id)
        original(self, eni_id)
        for one in nic.private_ip_addresses:
            nic.subnet._subnet_ips.pop(one["PrivateIpAddress"], None)

    return delete_network_interface


def _no_finalizer(_original: Any) -> Callable[[Any], None]:
    # moto frees addresses when Python forgets the instance: by then they may belong to another one.
    return lambda _instance: None


def install() -> None:
    """moto draws an interface's address at random, twice the same if chance wants, and after a restore hands out
    addresses that AWS reserves. AWS takes a free one of the subnet's range."""
    patching.replace(Subnet, "get_available_subnet_ip", _get_available_subnet_ip)
    patching.replace(Subnet, "request_ip", _request_ip)
    patching.replace(NetworkInterface, "__init__", _interface)
    patching.replace(NetworkInterfaceBackend, "delete_network_interface", _delete_interface)
    patching.replace(Instance, "__del__", _no_finalizer)
