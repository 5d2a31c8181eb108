"""The plan of a launch: one RunInstances for each machine, since all instances of a call would share their tags.

User data is a secret that plans must not hold: it goes into a launch template version first. Pure.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace

from ec2kit.aws.requests import LaunchRequest, Place, TemplateRef
from ec2kit.engine.plan import Plan, Planned
from ec2kit.engine.steps.address import AllocateAddress, AssociateAddress
from ec2kit.engine.steps.base import later
from ec2kit.engine.steps.launch import RunInstance
from ec2kit.engine.steps.secret import Secret
from ec2kit.engine.steps.tag import SetTags
from ec2kit.engine.steps.template import AddTemplateVersion, CreateTemplate
from ec2kit.errors import UsageError
from ec2kit.fleet.launch.disks import mappings_for
from ec2kit.fleet.launch.ground import Ground, user_data_template
from ec2kit.fleet.launch.naming import NUMBER, Named, hostname_for, names_for
from ec2kit.fleet.launch.places import places_for
from ec2kit.fleet.launch.shown import check_shown, keys_in, showing, shows
from ec2kit.fleet.launch.wanted import Wanted
from ec2kit.inventory.description import fingerprint
from ec2kit.inventory.machine import Machine
from ec2kit.model.disks import Mapping
from ec2kit.model.tags import HOLDER, HOSTNAME, NAME, PREFIX, Tags

USER_DATA = "user-data"


def launch_plan(wanted: Wanted, ground: Ground) -> Plan:
    """Given what is asked for and what AWS has of it, return the plan; the names are fixed in it.

    Raises `Refused` when a name is taken, `UsageError` when no zone offers a type or a disk does not fit.
    """
    names = names_for(wanted.pattern, wanted.count, ground.taken)
    if wanted.hostname and len(names) > 1 and NUMBER not in wanted.hostname:
        raise UsageError(
            f"all {len(names)} machines would have the host name '{wanted.hostname}', and one gets it",
            hint=f"a name for each: --hostname 'NAME-{NUMBER}.DOMAIN'",
        )
    template, before = _user_data(wanted, ground, names[0].name)
    request = _request(wanted, ground, template)
    _check_tags(wanted, ground, request)
    steps = list(before)
    for position, named in enumerate(names):
        tags = {NAME: named.name, **_own_tags(wanted, ground.like)}
        if wanted.hostname:
            tags[HOSTNAME] = hostname_for(wanted.hostname, named)
        whole = replace(request, tags=tags, volume_tags={NAME: named.name, **wanted.tags})
        places = _places(len(ground.taken) + position, ground)
        run = RunInstance(whole, places)
        needs = tuple(step.key for step in before)
        steps.append(Planned(f"launch/{named.name}", run, needs, _reason(ground), named.name))
        if wanted.address:
            steps += _address_steps(named)
    return Plan(tuple(steps), notes=_notes(wanted, names))


def _request(wanted: Wanted, ground: Ground, template: TemplateRef | None) -> LaunchRequest:
    """What all machines of the launch have in common."""
    request = LaunchRequest(
        image=ground.image.id if ground.image else None,
        template=template,
        key=ground.key,
        groups=ground.groups,
        instance_profile=ground.instance_profile,
        mappings=mappings_for(wanted.volumes, ground.image.mappings if ground.image else ()),
    )
    return _like(request, ground.like, hook=wanted.boot_hook) if ground.like else request


def _like(request: LaunchRequest, machine: Machine, *, hook: bool) -> LaunchRequest:
    """The request with what the other machine was set to; its disks come empty, but for the image's."""
    instance, attributes = machine.instance, machine.attributes
    asked = {mapping.device for mapping in request.mappings}
    return replace(
        request,
        mappings=request.mappings + tuple(disk for disk in _disks_like(machine) if disk.device not in asked),
        metadata=replace(instance.metadata, instance_tags="enabled") if hook else instance.metadata,
        monitoring=instance.monitoring,
        ebs_optimized=instance.ebs_optimized,
        shutdown_behavior=attributes.shutdown_behavior,
        disable_api_termination=attributes.disable_api_termination,
        disable_api_stop=attributes.disable_api_stop,
        credits=attributes.credits,
        tenancy=instance.tenancy if instance.tenancy != "default" else "",
        placement_group=instance.placement_group,
    )


def _disks_like(machine: Machine) -> Sequence[Mapping]:
    of_image = {mapping.device for mapping in machine.image.mappings} if machine.image else set()
    found = []
    for disk in machine.instance.disks:
        volume = machine.volume_at(disk.device)
        if volume is None:
            continue
        own = disk.device in of_image
        found.append(
            Mapping(
                device=disk.device,
                size_gib=volume.size_gib,
                type=volume.type,
                iops=volume.iops,
                throughput=volume.throughput,
                encrypted=None if own else volume.encrypted,
                kms_key="" if own else volume.kms_key,
                delete_on_termination=disk.delete_on_termination,
            )
        )
    return found


def _check_tags(wanted: Wanted, ground: Ground, request: LaunchRequest) -> None:
    followed = request.metadata is not None and request.metadata.instance_tags == "enabled"
    if wanted.boot_hook or followed or shows(ground.template_data):
        keys = [*_own_tags(wanted, ground.like), *keys_in(ground.template_data)]
        check_shown(keys, hook=wanted.boot_hook)


def _own_tags(wanted: Wanted, like: Machine | None) -> Tags:
    """The tags typed over those of the machine that is followed; ec2kit's own tell of that one's life."""
    followed = like.instance.tags if like else {}
    kept = {
        key: value for key, value in followed.items() if not key.startswith(("aws:", PREFIX)) and key != NAME
    }
    return {**kept, **wanted.tags}


def _user_data(
    wanted: Wanted, ground: Ground, subject: str
) -> tuple[TemplateRef | None, tuple[Planned, ...]]:
    """The template to launch from, and the step that writes the user data there unless a version has it."""
    text = wanted.user_data or (ground.like.attributes.user_data if ground.like else "")
    if not text:
        return ground.template, ()
    data = dict(ground.template_data)
    if wanted.boot_hook:
        data = showing(data)
    encoded = base64.b64encode(text.encode(errors="surrogateescape")).decode()
    mark = fingerprint({**data, "UserData": encoded})
    for version in ground.written:
        if version.description == mark:
            return TemplateRef(version.template, version.version), ()
    data.pop("UserData", None)
    secret = Secret.of(text)
    origin = None if wanted.user_data or not ground.like else ground.like.instance.id
    step: CreateTemplate | AddTemplateVersion
    if ground.written:
        id = ground.written[0].template
        step = AddTemplateVersion(data, mark, id, user_data=secret, user_data_from=origin)
    else:
        name = user_data_template(wanted.pattern)
        step = CreateTemplate(data, mark, name, user_data=secret, user_data_from=origin)
    template = TemplateRef(later(USER_DATA, "template_id"), later(USER_DATA, "version"))
    return template, (Planned(USER_DATA, step, (), "user data is never written to the journal", subject),)


def _address_steps(named: Named) -> tuple[Planned, ...]:
    """An address of its own: allocated beside the launch, given to the instance when that runs."""
    launch, allocate, assign = f"launch/{named.name}", f"address/{named.name}", f"assign/{named.name}"
    allocation, instance = later(allocate, "allocation_id"), later(launch, "instance_id")
    holder = SetTags((allocation,), {HOLDER: instance}, before={})
    associate = AssociateAddress(allocation, instance, public_ip=later(allocate, "public_ip"))
    return (
        Planned(allocate, AllocateAddress({NAME: named.name}), (), "an address that stays", named.name),
        Planned(assign, associate, (launch, allocate), "", named.name),
        Planned(f"holder/{named.name}", holder, (assign,), "who should have it", named.name),
    )


def _places(turn: int, ground: Ground) -> tuple[Place, ...]:
    places = places_for(turn, ground.subnets, ground.types, ground.offered)
    if not places:
        zones = ", ".join(dict.fromkeys(subnet.zone for subnet in ground.subnets))
        raise UsageError(
            f"{' and '.join(ground.types)} {'are' if len(ground.types) > 1 else 'is'} not offered in {zones}",
            hint="name another type or zone",
        )
    return places


def _reason(ground: Ground) -> str:
    return f"like {ground.like.instance.name}" if ground.like else ""


def _notes(wanted: Wanted, names: Sequence[Named]) -> tuple[str, ...]:
    if not wanted.address:
        return ()
    return (f"{len(names)} Elastic IP{'s' if len(names) > 1 else ''} will be billed until released",)
