"""Zones, subnets, groups, key pairs, instance types: what a launch stands on."""

from __future__ import annotations

from dataclasses import dataclass, field

from ec2kit.model.ids import GroupId, InstanceType, SubnetId, Zone
from ec2kit.model.tags import Tags


@dataclass(frozen=True)
class AvailabilityZone:
    """A zone of the region and whether it is available."""

    name: Zone
    state: str


@dataclass(frozen=True)
class Subnet:
    """A subnet, the zone it is in, and whether it gives a public address at launch."""

    id: SubnetId
    zone: Zone
    vpc: str
    cidr: str
    default_for_zone: bool = False
    public_at_launch: bool = False
    free_addresses: int = 0
    tags: Tags = field(default_factory=dict)


@dataclass(frozen=True)
class SecurityGroup:
    """A security group by id and name."""

    id: GroupId
    name: str
    vpc: str
    tags: Tags = field(default_factory=dict)


@dataclass(frozen=True)
class TypeFacts:
    """What an instance type can run on and with (DescribeInstanceTypes)."""

    type: InstanceType
    architectures: tuple[str, ...]
    vcpus: int
    memory_mib: int
    hypervisor: str = "nitro"
    bare_metal: bool = False
    burstable: bool = False
    auto_recovery: bool = False
