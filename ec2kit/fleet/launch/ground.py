"""What a launch stands on, as values. Pure; `observe` asks AWS for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ec2kit.aws.requests import TemplateRef
from ec2kit.fleet.launch.naming import group_of
from ec2kit.inventory.description import template_name
from ec2kit.inventory.machine import Machine
from ec2kit.model.disks import Image, TemplateVersion
from ec2kit.model.ids import GroupId, InstanceType, Zone
from ec2kit.model.network import Subnet


@dataclass(frozen=True)
class Ground:
    """What a launch stands on. Empty fields are the template's, or EC2's, to fill."""

    taken: frozenset[str] = frozenset()
    image: Image | None = None
    types: tuple[InstanceType, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    offered: frozenset[tuple[InstanceType, Zone]] = frozenset()
    key: str = ""
    groups: tuple[GroupId, ...] = ()
    instance_profile: str = ""
    template: TemplateRef | None = None
    template_data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    written: tuple[TemplateVersion, ...] = ()
    """The versions of the template that holds the group's user data, newest first."""
    like: Machine | None = None


def user_data_template(pattern: str) -> str:
    """The launch template that holds the user data of machines of this pattern: `ec2kit-launch-web`."""
    return template_name(f"launch-{group_of(pattern)}")
