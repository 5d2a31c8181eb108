"""The network interfaces of a launch."""

from collections.abc import Mapping
from typing import Any

from ec2kit.sandbox.rules import launch_checks
from ec2kit.sandbox.rules.launch_parameters import Parameters
from ec2kit.sandbox.rules.refusals import refusal

Specification = Mapping[str, Any]


def check(parameters: Parameters) -> None:
    """Given the parameters of a launch, raise InvalidParameterCombination if its interfaces contradict what it says
    of the instance itself."""
    if not _asked(parameters):
        return
    if parameters.get("SubnetId"):
        raise refusal(
            "InvalidParameterCombination",
            "Network interfaces and an instance-level subnet ID may not be specified on the same request",
        )
    if parameters.get("SecurityGroupIds") or parameters.get("SecurityGroups"):
        raise refusal(
            "InvalidParameterCombination",
            "Network interfaces and an instance-level security groups may not be specified on the same request",
        )


def specifications(parameters: Parameters, subnet: Any, groups: list[Any]) -> list[dict[str, Any]]:
    """Given the parameters of a launch, its subnet and its groups, return what moto should make of interfaces.

    The primary interface of a launch goes with its instance unless told otherwise (API Reference,
    InstanceNetworkInterfaceSpecification).
    """
    asked = _asked(parameters)
    primary: Specification = next((one for one in asked if _index(one) == 0), {"DeviceIndex": 0})
    others = [one for one in asked if _index(one) != 0]
    return [_specification(one, subnet, groups) for one in (primary, *others)]


def _specification(one: Specification, subnet: Any, groups: list[Any]) -> dict[str, Any]:
    if one.get("NetworkInterfaceId"):
        return {"DeviceIndex": _index(one), "NetworkInterfaceId": one["NetworkInterfaceId"]}
    place = one.get("SubnetId") or subnet.id
    backend = subnet.ec2_backend
    own = launch_checks.groups(backend, one["Groups"], [], subnet.vpc_id) if one.get("Groups") else groups
    public = one.get("AssociatePublicIpAddress")
    wanted = {
        "DeviceIndex": _index(one),
        "SubnetId": place,
        "Groups": [group.id for group in own],
        "DeleteOnTermination": one.get("DeleteOnTermination", True),
        "Description": one.get("Description") or "",
        "PrivateIpAddress": one.get("PrivateIpAddress"),
        "PrivateIpAddresses": [dict(ip) for ip in one.get("PrivateIpAddresses") or [] if ip.get("Primary")],
        # Only the primary interface of a launch gets a public address by the subnet's own setting.
        "AssociatePublicIpAddress": (subnet.map_public_ip_on_launch if _index(one) == 0 else False)
        if public is None
        else public,
    }
    return {key: value for key, value in wanted.items() if value is not None}


def finish(backend: Any, instance: Any, parameters: Parameters) -> None:
    """Given a new instance, give its interfaces their descriptions and secondary private addresses."""
    for nic in instance.nics.values():
        if nic.description == "Primary network interface":
            nic.description = ""
    for one in _asked(parameters):
        nic = instance.nics[_index(one)]
        nic.description = one.get("Description") or nic.description
        secondary = [
            ip["PrivateIpAddress"] for ip in one.get("PrivateIpAddresses") or [] if not ip.get("Primary")
        ]
        count = int(one.get("SecondaryPrivateIpAddressCount") or 0)
        if secondary or count:
            backend.assign_private_ip_addresses(nic.id, secondary, count)


def existing_primary(parameters: Parameters) -> bool:
    """Whether a launch takes an interface that exists as its primary one."""
    return any(_index(one) == 0 and "NetworkInterfaceId" in one for one in _asked(parameters))


def names_one_address(parameters: Parameters) -> bool:
    """Whether a launch asks for a private address or an interface that only one instance can have."""
    if parameters.get("PrivateIpAddress"):
        return True
    keys = ("PrivateIpAddress", "PrivateIpAddresses", "NetworkInterfaceId")
    return any(one.get(key) for one in _asked(parameters) for key in keys)


def _asked(parameters: Parameters) -> list[Specification]:
    return parameters.get("NetworkInterfaces") or []


def _index(one: Specification) -> int:
    return int(one.get("DeviceIndex") or 0)
