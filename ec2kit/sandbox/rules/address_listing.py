"""DescribeAddresses: unknown ids named, every filter."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.elastic_ip_addresses import ElasticAddress
from moto.ec2.responses.elastic_ip_addresses import ElasticIPAddresses

from ec2kit.sandbox.rules import matching, patching
from ec2kit.sandbox.rules.address_pool import of_allocation, of_public_ip


def _one(attribute: str) -> matching.Reader:
    def read(address: Any) -> Iterable[object]:
        value = getattr(address, attribute)
        return () if value is None else (value,)

    return read


FILTERS: Mapping[str, matching.Reader] = {
    "allocation-id": _one("allocation_id"),
    "association-id": _one("association_id"),
    "domain": _one("domain"),
    "instance-id": _one("instance_id"),
    "network-border-group": _one("network_border_group"),
    "network-interface-id": _one("network_interface_id"),
    "network-interface-owner-id": _one("network_interface_owner_id"),
    "private-ip-address": _one("private_ip_address"),
    "public-ip": _one("public_ip"),
}
"""API Reference, DescribeAddresses, filters."""


BORDER_GROUP = property(lambda address: address.ec2_backend.region_name)


def _describe_addresses(_original: Callable[..., Any]) -> Callable[..., Any]:
    def describe_addresses(self: Any) -> Any:
        self.error_on_dryrun()
        backend = self.ec2_backend
        addresses = list(backend.addresses)
        if self._get_param("AllocationIds"):
            addresses = [
                of_allocation(backend, one) for one in dict.fromkeys(self._get_param("AllocationIds"))
            ]
        if self._get_param("PublicIps"):
            named = [of_public_ip(backend, one) for one in dict.fromkeys(self._get_param("PublicIps"))]
            addresses = [one for one in named if one in addresses]
        return ActionResult({"Addresses": matching.keep(addresses, self._get_param("Filters", []), FILTERS)})

    return describe_addresses


def install() -> None:
    """moto lacks a filter, and tells of AWS's pool and of the border group of an address nothing."""
    patching.add(ElasticAddress, "public_ipv4_pool", "amazon")
    patching.add(ElasticAddress, "network_border_group", BORDER_GROUP)
    patching.replace(ElasticIPAddresses, "describe_addresses", _describe_addresses)
