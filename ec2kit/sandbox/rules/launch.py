"""RunInstances: MaxCount, client tokens, and everything that was asked for on every instance."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.core.responses import ActionResult
from moto.core.types import Base64EncodedString
from moto.ec2.models.instances import Instance, Reservation
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.utils import random_reservation_id

from ec2kit.sandbox.rules import (
    block_devices,
    capacity,
    client_tokens,
    instance_facts,
    launch_checks,
    launch_interfaces,
    launch_parameters,
    patching,
    private_addresses,
    profiles,
    templates,
)
from ec2kit.sandbox.rules.launch_parameters import Parameters
from ec2kit.sandbox.rules.refusals import refusal

DEFAULT_TYPE = "m1.small"
"""API Reference, RunInstances, InstanceType."""

_TAGGABLE = frozenset({"instance", "volume", "network-interface", "spot-instances-request"})


@dataclass(frozen=True)
class Order:
    """A launch that has been looked at and can be done, but for want of capacity or addresses."""

    parameters: Parameters
    image: Any
    instance_type: str
    subnet: Any
    groups: list[Any]
    disks: list[Parameters]
    profile: Any | None
    tags: dict[str, dict[str, str]]
    template: tuple[str, int] | None


def run(backend: Any, request: Mapping[str, Any]) -> Reservation:
    """Given the parameters of RunInstances, launch MaxCount instances, or as many as fit, and nothing below
    MinCount; return the reservation. The same ClientToken again returns the same one.
    """
    scope = ("RunInstances", backend.account_id, backend.region_name)
    known = client_tokens.recall(scope, request)
    if known is not None:
        return _again(backend, known, str(request["ClientToken"]))
    least, most = launch_parameters.counts(request)
    order = examine(backend, request)
    capacity.require(order.subnet.availability_zone, order.instance_type)
    reservation = _create(backend, order, _how_many(order, least, most))
    client_tokens.remember(scope, request, (reservation.id, *(one.id for one in reservation.instances)))
    return reservation


def examine(backend: Any, request: Mapping[str, Any]) -> Order:
    """Given the parameters of RunInstances, return the order, or raise what EC2 says about them."""
    version = templates.wanted(backend, request.get("LaunchTemplate"))
    data = version.data if version else {}
    parameters = launch_parameters.merge(data, request)
    launch_parameters.check_user_data(parameters.get("UserData"))
    tags = launch_parameters.tags_by_kind(parameters["TagSpecifications"])
    for kind in tags:
        if kind not in _TAGGABLE:
            raise refusal(
                "InvalidParameterValue", f"'{kind}' is not a valid taggable resource type for this operation."
            )
    image = launch_checks.image(backend, parameters.get("ImageId"))
    instance_type = parameters.get("InstanceType") or DEFAULT_TYPE
    launch_checks.type_runs_image(instance_type, image)
    launch_checks.type_drives_image(instance_type, image)
    launch_checks.key_pair(backend, parameters.get("KeyName"))
    profile = profiles.resolve(backend, parameters.get("IamInstanceProfile"))
    launch_interfaces.check(parameters)
    subnet = launch_checks.subnet(backend, parameters, instance_type)
    ids, names = parameters.get("SecurityGroupIds") or [], parameters.get("SecurityGroups") or []
    groups = launch_checks.groups(backend, ids, names, subnet.vpc_id)
    disks = block_devices.of_image(image)
    for source in (data, request):
        disks = block_devices.merge(disks, source.get("BlockDeviceMappings") or [])
    block_devices.check(backend, disks, image.root_device_name)
    template = (version.template.id, version.number) if version else None
    return Order(parameters, image, instance_type, subnet, groups, disks, profile, tags, template)


def _again(backend: Any, known: tuple[str, ...], token: str) -> Reservation:
    """The reservation of a token used before, its instances as they are now, terminated ones included.

    Raises IdempotentInstanceTerminated once they are not visible any more (API Reference, "Error codes").
    """
    reservation: Reservation | None = backend.reservations.get(known[0])
    if reservation is None:
        raise refusal(
            "IdempotentInstanceTerminated",
            "The request to launch an instance uses the same client token as a previous request for which the"
            f" instance has been terminated. Client token: {token}",
        )
    return reservation


def _how_many(order: Order, least: int, most: int) -> int:
    if most > 1 and launch_interfaces.names_one_address(order.parameters):
        raise refusal(
            "InvalidParameterCombination", "A private IP address or an interface is for one instance only."
        )
    if launch_interfaces.existing_primary(order.parameters):
        return most
    free = private_addresses.free_count(order.subnet)
    if free < least:
        raise refusal(
            "InsufficientFreeAddressesInSubnet",
            f"There are not enough free addresses in subnet '{order.subnet.id}' to satisfy the requested number of"
            " instances.",
        )
    return min(most, free)


def _create(backend: Any, order: Order, count: int) -> Reservation:
    reservation = Reservation(random_reservation_id(), owner_id=backend.account_id)
    backend.reservations[reservation.id] = reservation
    for index in range(count):
        instance = _construct(backend, order, index)
        reservation.instances.append(instance)
        instance_facts.describe(instance, order.parameters)
        volumes = block_devices.create(backend, instance, order.disks)
        launch_interfaces.finish(backend, instance, order.parameters)
        if order.profile:
            backend.associate_iam_instance_profile(
                instance_id=instance.id, iam_instance_profile_name=order.profile.name
            )
        _tag(backend, order, instance, volumes)
    return reservation


def _construct(backend: Any, order: Order, index: int) -> Any:
    wanted = order.parameters
    user_data = wanted.get("UserData")
    existing = launch_interfaces.existing_primary(wanted)
    return Instance(
        backend,
        order.image.id,
        Base64EncodedString(str(user_data)) if user_data else None,
        order.groups,
        instance_type=order.instance_type,
        region_name=backend.region_name,
        placement=order.subnet.availability_zone,
        subnet_id=None if existing else order.subnet.id,
        nics=launch_interfaces.specifications(wanted, order.subnet, order.groups),
        private_ip=wanted.get("PrivateIpAddress"),
        associate_public_ip=None,
        ipv6_address_count=wanted.get("Ipv6AddressCount"),
        key_name=wanted.get("KeyName"),
        client_token=wanted.get("ClientToken", ""),
        ami_launch_index=index,
        lifecycle="spot" if (wanted.get("InstanceMarketOptions") or {}).get("MarketType") == "spot" else None,
        **_switches(wanted, order.image),
    )


def _switches(wanted: Parameters, image: Any) -> dict[str, Any]:
    # An image that supports only IMDSv2 asks for tokens and two hops (EC2 User Guide, "Configure the AMI").
    strict = (
        {"HttpTokens": "required", "HttpPutResponseHopLimit": 2}
        if getattr(image, "imds", None) == "v2.0"
        else {}
    )
    monitored = (wanted.get("Monitoring") or {}).get("Enabled")
    return {
        "ebs_optimized": bool(wanted.get("EbsOptimized")),
        "monitoring_state": "enabled" if monitored else "disabled",
        "disable_api_termination": bool(wanted.get("DisableApiTermination")),
        "disable_api_stop": bool(wanted.get("DisableApiStop")),
        "instance_initiated_shutdown_behavior": wanted.get("InstanceInitiatedShutdownBehavior"),
        "metadata_options": {**strict, **(wanted.get("MetadataOptions") or {})},
    }


def _tag(backend: Any, order: Order, instance: Any, volumes: list[Any]) -> None:
    instance.add_tags(order.tags.get("instance", {}))
    if order.template:
        # Tags of AWS's own, which nobody may set by CreateTags.
        template_id, version = order.template
        own = {"aws:ec2launchtemplate:id": template_id, "aws:ec2launchtemplate:version": str(version)}
        backend.tags[instance.id].update(own)
    for volume in volumes:
        volume.add_tags(order.tags.get("volume", {}))
    for nic in instance.nics.values():
        nic.add_tags(order.tags.get("network-interface", {}))


def _run_instances(_original: Any) -> Callable[[Any], ActionResult]:
    def run_instances(self: Any) -> ActionResult:
        self.error_on_dryrun()
        return ActionResult(run(self.ec2_backend, self._get_params()))

    return run_instances


def install() -> None:
    """moto launches MinCount instances for every call, forgets tokens, and drops much of what was asked for."""
    patching.replace(InstanceResponse, "run_instances", _run_instances)
