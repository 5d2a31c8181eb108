"""Metadata for each machine of the sandbox, from its state in moto.

Served at `/_ec2kit/imds/<instance-id>/latest/…`: whoever asks names the machine, because the sandbox's
machines have no network of their own through which 169.254.169.254 could tell them apart.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Protocol

from ec2kit.metadata.authority import Authority, make_authority
from ec2kit.metadata.responses import MetadataResponse, refusal
from ec2kit.metadata.service import MetadataService
from ec2kit.metadata.tokens import TokenStore
from ec2kit.metadata.values import (
    AccessOptions,
    Disks,
    InstanceProfile,
    Interface,
    MachineMetadata,
    Placement,
    PublicKey,
    RoleCredentials,
)
from ec2kit.sandbox.rules import lookup
from ec2kit.sandbox.rules.public_addresses import private_name, public_name
from ec2kit.sandbox.wire import Answer, Request
from ec2kit.sandbox.world import World

PREFIX = "/_ec2kit/imds/"

ALIVE = ("pending", "running")
"""The states in which something on the machine could ask."""

ROLE_KEYS_LAST = timedelta(hours=6)


@dataclass
class ImdsLedger:
    """What the world remembers: the tokens given out, and the authority, made when first needed."""

    tokens: TokenStore = field(default_factory=TokenStore)
    authority: Authority | None = None


def ledger(world: World) -> ImdsLedger:
    """Given a world, return its records of the metadata service."""
    kept: ImdsLedger = world.ledgers.setdefault("imds", ImdsLedger())
    return kept


def authority(world: World) -> Authority:
    """Given a world, return its test authority; a hostname service is told to trust its certificate."""
    kept = ledger(world)
    if kept.authority is None:
        kept.authority = make_authority()
    return kept.authority


def answer(
    world: World, instance_id: str, method: str, path: str, headers: Mapping[str, str]
) -> MetadataResponse:
    """Given the rest of the path after the instance id, answer as that machine's metadata service.

    404 for an instance that does not exist or is neither pending nor running.
    """
    instance = next(
        (found for backend in lookup.backends() if (found := lookup.find(backend, instance_id))), None
    )
    if instance is None or instance.state not in ALIVE:
        return refusal(HTTPStatus.NOT_FOUND)
    machine = describe(instance, world.clock.now())
    service = MetadataService(machine, authority(world), world.clock.now, ledger(world).tokens)
    return service.respond(method, path, headers)


class Practice(Protocol):
    """What the door needs of the sandbox's application."""

    def settled(self) -> AbstractContextManager[World]:
        """The world under its lock, with everything that is due by now done."""


def door(app: Practice) -> Callable[[Request], Answer]:
    """Given the application, return what answers `/_ec2kit/imds/<instance-id>/…` for it."""

    def open_to(request: Request) -> Answer:
        instance_id, _, rest = request.target.removeprefix(PREFIX).partition("/")
        with app.settled() as world:
            found = answer(world, instance_id, request.method, "/" + rest, request.headers)
        return Answer(found.status, tuple(found.headers.items()), found.body)

    return open_to


def certificate_door(app: Practice) -> Callable[[Request], Answer]:
    """Given the application, return what answers `/_ec2kit/certificate`: whose signature is on its documents, as PEM.

    AWS publishes its own for each region; a hostname service that serves the practice AWS is told to trust this one.
    """

    def show(_: Request) -> Answer:
        with app.settled() as world:
            text = authority(world).certificate_pem
        return Answer(HTTPStatus.OK, (("Content-Type", "application/x-pem-file"),), text.encode())

    return show


def describe(instance: Any, now: datetime) -> MachineMetadata:
    """Given moto's instance, return what it may be told about itself."""
    backend = instance.ec2_backend
    root, *data = _devices(instance)
    options = instance.metadata_options
    return MachineMetadata(
        account=backend.account_id,
        instance_id=instance.id,
        image_id=instance.image_id,
        instance_type=instance.instance_type,
        architecture=instance.architecture,
        pending_time=_aware(instance.launch_time),
        placement=_placement(instance),
        interfaces=tuple(_interface(instance, instance.nics[index]) for index in sorted(instance.nics)),
        disks=Disks(root, tuple(data)),
        reservation_id=_reservation(instance),
        launch_index=int(instance.ami_launch_index),
        key=_key(instance),
        profile=_profile(instance, now),
        user_data=base64.b64decode(str(instance.user_data)) if instance.user_data else None,
        tags=tuple((tag["key"], tag["value"]) for tag in instance.get_tags()),
        options=AccessOptions(
            endpoint_enabled=options.http_endpoint != "disabled",
            tokens_required=options.http_tokens == "required",
            tags_enabled=options.instance_metadata_tags == "enabled",
        ),
    )


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _devices(instance: Any) -> list[str]:
    root = str(instance.root_device_name)
    return [root, *sorted(name for name in instance.block_device_mapping if name != root)]


def _placement(instance: Any) -> Placement:
    zone = instance.availability_zone
    zones = instance.ec2_backend.describe_availability_zones()
    ids = {one.name: one.zone_id for one in zones}
    return Placement(instance.region_name, zone, ids.get(zone, ""))


def _reservation(instance: Any) -> str:
    reservations = instance.ec2_backend.reservations.values()
    return next((one.id for one in reservations if instance in one.instances), "")


def _interface(instance: Any, nic: Any) -> Interface:
    private_ips = [one["PrivateIpAddress"] for one in nic.private_ip_addresses]
    private_ips.sort(key=lambda address: address != nic.private_ip_address)
    vpc = instance.ec2_backend.get_vpc(nic.subnet.vpc_id)
    public = nic.public_ip
    return Interface(
        mac=nic.mac_address,
        interface_id=nic.id,
        device_number=nic.device_index,
        private_ips=tuple(private_ips),
        private_dns=private_name(private_ips[0], instance.region_name),
        subnet_id=nic.subnet.id,
        subnet_cidr=nic.subnet.cidr_block,
        vpc_id=nic.subnet.vpc_id,
        vpc_cidr=vpc.cidr_block,
        group_ids=tuple(group.id for group in nic.group_set),
        group_names=tuple(group.name for group in nic.group_set),
        associations=((public, private_ips[0]),) if public else (),
        public_dns=public_name(public, instance.region_name) if public else None,
    )


def _key(instance: Any) -> PublicKey | None:
    pair = instance.ec2_backend.key_pairs.get(instance.key_name)
    if pair is None:
        return None
    kind, blob = pair.public_key.split()[:2]
    # EC2 gives the key the pair's name as its comment.
    return PublicKey(pair.key_name, f"{kind} {blob} {pair.key_name}")


def _profile(instance: Any, now: datetime) -> InstanceProfile | None:
    from moto.iam.models import iam_backends

    arn = str((instance.iam_instance_profile or {}).get("Arn"))
    backend = instance.ec2_backend
    profiles = iam_backends[backend.account_id][backend.partition].instance_profiles.values()
    known = next((one for one in profiles if one.arn == arn), None)
    if known is None:
        return None
    if not known.roles:
        return InstanceProfile(arn, known.id)
    keys = RoleCredentials(
        role=known.roles[0].name,
        access_key="ASIAEC2KITSANDBOX00",
        secret_key="sandbox",
        token="sandbox",
        expires=now + ROLE_KEYS_LAST,
    )
    return InstanceProfile(arn, known.id, keys)
