"""Allocating and releasing Elastic IPs: out of one small range, up to a quota, never while in use."""

import ipaddress
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.responses.elastic_ip_addresses import ElasticIPAddresses

from ec2kit.sandbox.rules import patching
from ec2kit.sandbox.rules.launch_parameters import tags_by_kind
from ec2kit.sandbox.rules.lookup import backends
from ec2kit.sandbox.rules.refusals import missing, refusal
from ec2kit.sandbox.world import current

RANGE = ipaddress.IPv4Network("203.0.113.0/24")
"""Documentation addresses (RFC 5737): no probe of a sandbox machine can reach anything real."""

QUOTA = 20
"""EC2's own is 5 for a region ("EC2-VPC Elastic IPs"), which practice would reach too soon."""


def set_quota(quota: int) -> None:
    """Change how many addresses a region may hold."""
    current().ledgers["address_pool.quota"] = quota


def quota() -> int:
    """How many addresses a region may hold."""
    return int(current().ledgers.get("address_pool.quota", QUOTA))


def of_allocation(backend: Any, allocation_id: str) -> Any:
    """Given an allocation id, return its address. Raises InvalidAllocationID.NotFound."""
    found = next((one for one in backend.addresses if one.allocation_id == allocation_id), None)
    if found is None:
        raise refusal("InvalidAllocationID.NotFound", f"The allocation ID '{allocation_id}' does not exist")
    return found


def of_public_ip(backend: Any, public_ip: str) -> Any:
    """Given a public address, return the Elastic IP. Raises InvalidAddress.NotFound."""
    found = next((one for one in backend.addresses if one.public_ip == public_ip), None)
    if found is None:
        raise refusal("InvalidAddress.NotFound", f"Address '{public_ip}' not found.")
    return found


def _allocate_address(_original: Callable[..., Any]) -> Callable[..., Any]:
    def allocate_address(self: Any) -> Any:
        backend = self.ec2_backend
        if len(backend.addresses) >= quota():
            raise refusal("AddressLimitExceeded", "The maximum number of addresses has been reached.")
        chosen = _free(self._get_param("Address"))
        self.error_on_dryrun()
        tags = tags_by_kind(self._get_param("TagSpecifications", [])).get("elastic-ip", {})
        address = backend.allocate_address("vpc", address=chosen, tags=tags)
        return ActionResult(
            {
                "PublicIp": address.public_ip,
                "AllocationId": address.allocation_id,
                "PublicIpv4Pool": "amazon",
                "NetworkBorderGroup": backend.region_name,
                "Domain": "vpc",
            }
        )

    return allocate_address


def _free(asked: str | None) -> str:
    """Return the address asked for, or one at random, as long as no region holds it."""
    held = {address.public_ip for backend in backends() for address in backend.addresses}
    if asked:
        if asked in held or ipaddress.ip_address(asked) not in RANGE:
            raise refusal("InvalidAddress.NotFound", f"Address '{asked}' is not available for recovery.")
        return asked
    free = [str(one) for one in RANGE.hosts() if str(one) not in held]
    if not free:
        raise refusal(
            "InsufficientAddressCapacity", "There are not enough free addresses to satisfy the request."
        )
    return current().rng.choice(free)


def _release_address(_original: Callable[..., Any]) -> Callable[..., Any]:
    def release_address(self: Any) -> Any:
        backend, allocation_id = self.ec2_backend, self._get_param("AllocationId")
        if not allocation_id:
            if self._get_param("PublicIp"):
                of_public_ip(backend, self._get_param("PublicIp"))
                raise refusal(
                    "InvalidParameterValue",
                    "You must specify an allocation id when releasing a VPC elastic IP address",
                )
            raise missing("allocationId")
        address = of_allocation(backend, allocation_id)
        if address.association_id:
            raise refusal("InvalidIPAddress.InUse", f"Address {address.public_ip} is in use.")
        self.error_on_dryrun()
        backend.addresses.remove(address)
        backend.tags.pop(allocation_id, None)
        return EmptyResult()

    return release_address


def install() -> None:
    """moto hands out loopback addresses without end and releases one from under its instance (API Reference,
    AllocateAddress, ReleaseAddress)."""
    patching.replace(ElasticIPAddresses, "allocate_address", _allocate_address)
    patching.replace(ElasticIPAddresses, "release_address", _release_address)
