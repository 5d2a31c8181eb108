"""What a launch stands on: zones, subnets, security groups, key pairs, instance types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ec2kit.aws import wire
from ec2kit.aws.door import Door
from ec2kit.aws.requests import Filters
from ec2kit.model.ids import GroupId, InstanceType, Region, SubnetId, Zone
from ec2kit.model.network import AvailabilityZone, SecurityGroup, Subnet, TypeFacts


@dataclass(frozen=True)
class Network:
    """EC2's calls about places and types, in our values."""

    door: Door

    def zones(self) -> tuple[AvailabilityZone, ...]:
        """The region's zones (the action has no pages)."""
        answer = self.door.read(self.door.clients.ec2.describe_availability_zones)
        return tuple(
            AvailabilityZone(Zone(item["ZoneName"]), item["State"]) for item in answer["AvailabilityZones"]
        )

    def regions(self) -> tuple[Region, ...]:
        """The regions that the account has enabled, by name (DescribeRegions leaves the others out by itself)."""
        answer = self.door.read(self.door.clients.ec2.describe_regions)
        return tuple(sorted(Region(item["RegionName"]) for item in answer["Regions"]))

    def subnets(self, filters: Filters | None = None) -> tuple[Subnet, ...]:
        """The subnets that pass the filters, by zone."""
        pages = self.door.pages(
            self.door.clients.ec2.describe_subnets,
            "Subnets",
            Filters=wire.filter_list(filters),
            MaxResults=1000,
        )
        return tuple(sorted(map(_subnet, pages), key=lambda subnet: (subnet.zone, subnet.id)))

    def groups(self, filters: Filters | None = None) -> tuple[SecurityGroup, ...]:
        """The security groups that pass the filters."""
        pages = self.door.pages(
            self.door.clients.ec2.describe_security_groups,
            "SecurityGroups",
            Filters=wire.filter_list(filters),
            MaxResults=1000,
        )
        return tuple(
            SecurityGroup(
                GroupId(item["GroupId"]), item["GroupName"], item.get("VpcId", ""), wire.tags_in(item)
            )
            for item in pages
        )

    def keys(self) -> tuple[str, ...]:
        """The names of the key pairs (the action has no pages)."""
        answer = self.door.read(self.door.clients.ec2.describe_key_pairs)
        return tuple(sorted(item["KeyName"] for item in answer["KeyPairs"]))

    def types(self, names: Iterable[str]) -> tuple[TypeFacts, ...]:
        """What these instance types are; raises `AwsRefused` when one does not exist."""
        wanted = list(dict.fromkeys(names))
        found: list[TypeFacts] = []
        for portion in wire.portions(wanted, 100):
            answer = self.door.read(self.door.clients.ec2.describe_instance_types, InstanceTypes=portion)
            found.extend(map(_type, answer["InstanceTypes"]))
        return tuple(found)

    def types_running(self, architecture: str) -> tuple[TypeFacts, ...]:
        """The instance types of this region that run an architecture, the smallest first."""
        pages = self.door.pages(
            self.door.clients.ec2.describe_instance_types,
            "InstanceTypes",
            Filters=wire.filter_list({"processor-info.supported-architecture": [architecture]}),
            MaxResults=100,
        )
        return tuple(sorted(map(_type, pages), key=lambda facts: (facts.memory_mib, facts.vcpus, facts.type)))

    def offered(self, types: Iterable[str]) -> frozenset[tuple[InstanceType, Zone]]:
        """Which of these types is offered in which zone."""
        pages = self.door.pages(
            self.door.clients.ec2.describe_instance_type_offerings,
            "InstanceTypeOfferings",
            LocationType="availability-zone",
            Filters=wire.filter_list({"instance-type": list(types)}),
        )
        return frozenset((InstanceType(item["InstanceType"]), Zone(item["Location"])) for item in pages)


def _subnet(item: Mapping[str, Any]) -> Subnet:
    return Subnet(
        id=SubnetId(item["SubnetId"]),
        zone=Zone(item["AvailabilityZone"]),
        vpc=item["VpcId"],
        cidr=item["CidrBlock"],
        default_for_zone=item.get("DefaultForAz", False),
        public_at_launch=item.get("MapPublicIpOnLaunch", False),
        free_addresses=item.get("AvailableIpAddressCount", 0),
        tags=wire.tags_in(item),
    )


def _type(item: Mapping[str, Any]) -> TypeFacts:
    return TypeFacts(
        type=InstanceType(item["InstanceType"]),
        architectures=tuple(item.get("ProcessorInfo", {}).get("SupportedArchitectures", ())),
        vcpus=item.get("VCpuInfo", {}).get("DefaultVCpus", 0),
        memory_mib=item.get("MemoryInfo", {}).get("SizeInMiB", 0),
        hypervisor=item.get("Hypervisor", ""),
        bare_metal=item.get("BareMetal", False),
        burstable=item.get("BurstablePerformanceSupported", False),
        auto_recovery=item.get("AutoRecoverySupported", False),
    )
