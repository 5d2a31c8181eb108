"""What EC2 looks at before it launches anything: image, type, key, place, groups."""

import re
from collections.abc import Iterable
from typing import Any

from ec2kit.sandbox.rules import capacity, type_facts
from ec2kit.sandbox.rules.launch_parameters import Parameters
from ec2kit.sandbox.rules.refusals import missing, refusal
from ec2kit.sandbox.world import current

_IMAGE_ID = re.compile(r"ami-([0-9a-f]{8}|[0-9a-f]{17})")


def image(backend: Any, image_id: str | None) -> Any:
    """Given the id of an image, return the image if machines can be launched from it.

    Raises MissingParameter, InvalidAMIID.Malformed, InvalidAMIID.NotFound, or InvalidAMIID.Unavailable for one that
    is deregistered, pending, failed or disabled.
    """
    if not image_id:
        raise missing("ImageId")
    if not _IMAGE_ID.fullmatch(image_id):
        raise refusal("InvalidAMIID.Malformed", f'Invalid id: "{image_id}" (expecting "ami-...")')
    found = backend.amis.get(image_id)
    if image_id in backend.deleted_amis or (found is not None and found.state != "available"):
        raise refusal("InvalidAMIID.Unavailable", f"The image ID '{image_id}' is not available")
    if found is None:
        raise refusal("InvalidAMIID.NotFound", f"The image id '[{image_id}]' does not exist")
    return found


def type_runs_image(instance_type: str, found: Any) -> None:
    """Given a type's name and an image, raise InvalidParameterValue for an unknown type or another architecture."""
    runs = type_facts.architectures(instance_type)
    if found.architecture and found.architecture not in runs:
        raise refusal(
            "InvalidParameterValue",
            f"The architecture '{','.join(runs)}' of the specified instance type does not match the architecture"
            f" '{found.architecture}' of the specified AMI. Specify an instance type and an AMI that have matching"
            " architectures, and try again.",
        )


def type_drives_image(instance_type: str, found: Any) -> None:
    """Given a type's name and an image, raise InvalidParameterCombination for an image without the network driver
    that the type needs, or of a boot mode that it does not have (EC2 User Guide, "Enhanced networking", "Instance
    launch behavior with EC2 boot modes")."""
    if type_facts.needs_ena(instance_type) and not found.ena_support:
        raise refusal(
            "InvalidParameterCombination",
            f"Enhanced networking with the Elastic Network Adapter (ENA) is required for the '{instance_type}'"
            " instance type. Ensure that you are using an AMI that is enabled for ENA.",
        )
    modes = type_facts.boot_modes(instance_type)
    if found.boot_mode in ("legacy-bios", "uefi") and found.boot_mode not in modes:
        raise refusal(
            "InvalidParameterCombination",
            f"The instance type '{instance_type}' does not support the boot mode '{found.boot_mode}' of the AMI.",
        )


def key_pair(backend: Any, name: str | None) -> None:
    """Given the name of a key pair (or None), raise InvalidKeyPair.NotFound if there is none of that name."""
    if name and name not in {one.key_name for one in backend.key_pairs.values()}:
        raise refusal("InvalidKeyPair.NotFound", f"The key pair '{name}' does not exist")


def subnet(backend: Any, parameters: Parameters, instance_type: str) -> Any:
    """Given the parameters of a launch, return the subnet of its primary interface: the one asked for, else the
    default one of the zone asked for, else that of the first zone which is up, offers the type and has room.

    Raises InvalidSubnetID.NotFound, InvalidParameterValue for a zone, Unsupported for a type not offered there,
    MissingInput without a default subnet.
    """
    zone = (parameters.get("Placement") or {}).get("AvailabilityZone")
    if zone and backend.get_zone_by_name(zone) is None:
        raise refusal("InvalidParameterValue", f"Invalid availability zone: [{zone}]")
    subnet_id = parameters.get("SubnetId") or _of_interfaces(backend, parameters)
    chosen = _subnet_by_id(backend, subnet_id) if subnet_id else _default_subnet(backend, zone, instance_type)
    if zone and chosen.availability_zone != zone:
        raise refusal(
            "InvalidParameterValue", f"The subnet '{chosen.id}' is not in the availability zone '{zone}'"
        )
    _offered(backend, chosen.availability_zone, instance_type)
    return chosen


def _of_interfaces(backend: Any, parameters: Parameters) -> str | None:
    for one in parameters.get("NetworkInterfaces") or []:
        if int(one.get("DeviceIndex", 0)) == 0:
            if one.get("NetworkInterfaceId"):
                return str(backend.get_network_interface(one["NetworkInterfaceId"]).subnet.id)
            return str(one["SubnetId"]) if one.get("SubnetId") else None
    return None


def _subnet_by_id(backend: Any, subnet_id: str) -> Any:
    found = next((one[subnet_id] for one in backend.subnets.values() if subnet_id in one), None)
    if found is None:
        raise refusal("InvalidSubnetID.NotFound", f"The subnet ID '{subnet_id}' does not exist")
    return found


def _default_subnet(backend: Any, zone: str | None, instance_type: str) -> Any:
    defaults = backend.get_default_subnets()
    if zone:
        if zone not in defaults:
            raise refusal("MissingInput", f"No default subnet for availability zone: '{zone}'.")
        return defaults[zone]
    if not defaults:
        raise refusal("MissingInput", "No subnets found for the default VPC. Please specify a subnet.")
    offering = type_facts.zones_offering(backend.region_name, instance_type)
    down = current().conditions.zones_down

    def reluctance(name: str) -> tuple[bool, bool, bool, str]:
        return name in down, name not in offering, capacity.lacking(name, instance_type), name

    return defaults[min(defaults, key=reluctance)]


def _offered(backend: Any, zone: str, instance_type: str) -> None:
    offering = type_facts.zones_offering(backend.region_name, instance_type)
    if zone not in offering:
        raise refusal(
            "Unsupported",
            f"Your requested instance type ({instance_type}) is not supported in your requested Availability Zone"
            f" ({zone}). Please retry your request by not specifying an Availability Zone or choosing"
            f" {', '.join(sorted(offering))}.",
        )


def groups(backend: Any, ids: Iterable[str], names: Iterable[str], vpc_id: str) -> list[Any]:
    """Given ids and names of security groups, return the groups; the VPC's default one if none is asked for.

    Raises InvalidGroupId.Malformed, InvalidGroup.NotFound, InvalidParameter for a group of another VPC.
    """
    found = []
    for group_id in dict.fromkeys(ids):
        if not group_id.startswith("sg-"):
            raise refusal("InvalidGroupId.Malformed", f'Invalid id: "{group_id}" (expecting "sg-...")')
        group = backend.get_security_group_from_id(group_id)
        if group is None:
            raise refusal("InvalidGroup.NotFound", f"The security group '{group_id}' does not exist")
        found.append(group)
    for name in dict.fromkeys(names):
        group = backend.get_security_group_from_name(name, vpc_id)
        if group is None:
            raise refusal(
                "InvalidGroup.NotFound", f"The security group '{name}' does not exist in VPC '{vpc_id}'"
            )
        found.append(group)
    for group in found:
        if group.vpc_id != vpc_id:
            raise refusal(
                "InvalidParameter", f"Security group {group.id} and the subnet belong to different networks."
            )
    return found or [backend.get_default_security_group(vpc_id)]
