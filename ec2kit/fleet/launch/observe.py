"""What AWS has of what a launch asks for: the image, the subnets, the groups, who bears which name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ec2kit.aws.requests import TemplateRef
from ec2kit.config import LaunchProfile
from ec2kit.errors import NotFound
from ec2kit.fleet.launch.ground import Ground, user_data_template
from ec2kit.fleet.launch.images import find_image
from ec2kit.fleet.launch.naming import NUMBER, pattern_of
from ec2kit.fleet.launch.roles import check_instance_profile, profile_in
from ec2kit.fleet.launch.subnets import find_subnets, of_one_vpc
from ec2kit.fleet.launch.templates import find_template
from ec2kit.fleet.launch.types import check_types
from ec2kit.fleet.launch.wanted import Wanted
from ec2kit.inventory.machine import Machine, observe_machine
from ec2kit.inventory.nearest import nearest_hint
from ec2kit.inventory.select import LIVING, select_one
from ec2kit.inventory.selectors import parse
from ec2kit.model.ids import GroupId, InstanceType
from ec2kit.model.network import Subnet
from ec2kit.model.tags import NAME

if TYPE_CHECKING:
    from ec2kit.aws import Aws


def observe(aws: Aws, wanted: Wanted) -> Ground:
    """Ask AWS for everything that the launch names; raises `NotFound` and `UsageError` before anything is made."""
    like = observe_machine(aws, select_one(aws, parse([wanted.like]))) if wanted.like else None
    template = find_template(aws, wanted.template) if wanted.template else None
    data = template.data if template else {}
    profile = wanted.profile.over(_profile_of(like, wanted) if like else LaunchProfile())
    image = find_image(aws, profile.image or str(data.get("ImageId", "")))
    types = tuple(InstanceType(name) for name in profile.type or _words(data.get("InstanceType")))
    subnets = () if _placed_by(data, wanted) else find_subnets(aws, profile.subnets, wanted.zones, _vpc(like))
    check_types(aws, types, image)
    _check_key(aws, profile.key or str(data.get("KeyName", "")))
    if wanted.profile.instance_profile or template:
        check_instance_profile(aws, wanted.profile.instance_profile or profile_in(data))
    has_user_data = wanted.user_data or (like and like.attributes.user_data)
    return Ground(
        taken=_names_taken(aws, wanted),
        image=image,
        types=types,
        subnets=subnets,
        offered=aws.network.offered(types) if types and subnets else frozenset(),
        key=profile.key,
        groups=_groups(aws, profile.groups, subnets),
        instance_profile=profile.instance_profile,
        template=TemplateRef(template.template, template.version) if template else None,
        template_data=data,
        written=aws.templates.versions(user_data_template(wanted.pattern)) if has_user_data else (),
        like=like,
    )


def _profile_of(machine: Machine, wanted: Wanted) -> LaunchProfile:
    """What a machine was launched with; its subnet only where no zone was asked for."""
    instance = machine.instance
    return LaunchProfile(
        image=instance.image,
        type=(instance.type,),
        key=instance.key,
        subnets=(instance.subnet,) if instance.subnet and not wanted.zones else (),
        groups=tuple(instance.groups),
        instance_profile=instance.instance_profile,
    )


def _placed_by(data: Mapping[str, Any], wanted: Wanted) -> bool:
    """Whether a template says where: RunInstances refuses a subnet beside a template's network interfaces."""
    asked = wanted.zones or wanted.profile.subnets
    return bool(data.get("NetworkInterfaces") or (data.get("SubnetId") and not asked))


def _vpc(like: Machine | None) -> str:
    return like.instance.vpc if like else ""


def _words(value: object) -> tuple[str, ...]:
    return (str(value),) if value else ()


def _names_taken(aws: Aws, wanted: Wanted) -> frozenset[str]:
    pattern = pattern_of(wanted.pattern, wanted.count)
    glob = pattern.replace(NUMBER, "*")
    found = aws.instances.describe(filters={f"tag:{NAME}": [glob], "instance-state-name": LIVING})
    return frozenset(instance.name for instance in found)


def _check_key(aws: Aws, key: str) -> None:
    if key and key not in (known := aws.network.keys()):
        raise NotFound(
            f"the key pair '{key}' does not exist",
            resource=key,
            hint=nearest_hint(key, known, "key pairs"),
        )


def _groups(aws: Aws, words: Iterable[str], subnets: tuple[Subnet, ...]) -> tuple[GroupId, ...]:
    """Security groups by id or name, in the network of the subnets; the same name may be in several networks."""
    wanted = tuple(dict.fromkeys(words))
    if not wanted:
        return ()
    vpc = of_one_vpc(subnets)
    known = aws.network.groups({"vpc-id": [vpc]} if vpc else None)
    by_word = {group.name: group.id for group in known} | {group.id: group.id for group in known}
    if missing := [word for word in wanted if word not in by_word]:
        where = f" in {vpc}" if vpc else ""
        raise NotFound(
            f"the security group {', '.join(repr(word) for word in missing)} does not exist{where}",
            resource=missing[0],
            hint=nearest_hint(missing[0], (group.name for group in known), "security groups"),
        )
    return tuple(by_word[word] for word in wanted)
