"""Which resource an id names, and EC2's error when there is none."""

from collections.abc import Callable
from typing import Any, NamedTuple

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.utils import get_prefix

from ec2kit.sandbox.rules import lookup
from ec2kit.sandbox.rules.refusals import refusal


class Kind(NamedTuple):
    """How a kind of resource is found, and which error says that it is not there."""

    find: Callable[[Any, str], Any]
    code: str
    text: str


def _address(backend: Any, allocation_id: str) -> Any:
    return next((one for one in backend.addresses if one.allocation_id == allocation_id), None)


def _subnet(backend: Any, subnet_id: str) -> Any:
    return next((zone[subnet_id] for zone in backend.subnets.values() if subnet_id in zone), None)


def _key_pair(backend: Any, key_id: str) -> Any:
    return next((one for one in backend.key_pairs.values() if one.id == key_id), None)


KINDS = {
    "i": Kind(lookup.find, "InvalidInstanceID.NotFound", "The instance ID '{}' does not exist"),
    "vol": Kind(
        lambda ec2, one: ec2.volumes.get(one), "InvalidVolume.NotFound", "The volume '{}' does not exist."
    ),
    "snap": Kind(
        lambda ec2, one: ec2.snapshots.get(one),
        "InvalidSnapshot.NotFound",
        "The snapshot '{}' does not exist.",
    ),
    "ami": Kind(
        lambda ec2, one: ec2.amis.get(one), "InvalidAMIID.NotFound", "The image id '[{}]' does not exist"
    ),
    "eipalloc": Kind(_address, "InvalidElasticIpID.NotFound", "The elasticIp ID '{}' does not exist"),
    "eni": Kind(
        lambda ec2, one: ec2.enis.get(one),
        "InvalidNetworkInterfaceID.NotFound",
        "The networkInterface ID '{}' does not exist",
    ),
    "sg": Kind(
        lambda ec2, one: ec2.get_security_group_from_id(one),
        "InvalidGroup.NotFound",
        "The security group '{}' does not exist",
    ),
    "subnet": Kind(_subnet, "InvalidSubnetID.NotFound", "The subnet ID '{}' does not exist"),
    "vpc": Kind(
        lambda ec2, one: ec2.vpcs.get(one), "InvalidVpcID.NotFound", "The vpc ID '{}' does not exist"
    ),
    "key": Kind(_key_pair, "InvalidKeyPair.NotFound", "The key pair '{}' does not exist"),
    "lt": Kind(
        lambda ec2, one: ec2.launch_templates.get(one),
        "InvalidLaunchTemplateId.NotFound",
        "The specified launch template, with template ID {}, does not exist.",
    ),
}
"""By the prefix of the id. The codes are those of the API Reference, "Error codes for the Amazon EC2 API"."""


def require(backend: Any, resource_id: str) -> Any:
    """Given an id, return its resource (or what moto makes of a kind that is not in KINDS).

    Raises the kind's `Invalid….NotFound`.
    """
    kind = KINDS.get(get_prefix(resource_id))
    if kind is None:
        return backend.do_resources_exist([resource_id])
    found = kind.find(backend, resource_id)
    if found is None:
        raise not_found(resource_id)
    return found


def not_found(resource_id: str) -> EC2ClientError:
    """Given the id of a resource of one of KINDS, return the error that says it does not exist."""
    kind = KINDS[get_prefix(resource_id)]
    return refusal(kind.code, kind.text.format(resource_id))
