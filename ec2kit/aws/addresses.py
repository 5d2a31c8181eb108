"""Elastic IPs. DescribeAddresses is the table that tells the truth about who holds one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ec2kit.aws import wire
from ec2kit.aws.door import Door
from ec2kit.aws.requests import Filters
from ec2kit.errors import NotFound
from ec2kit.model.ids import AllocationId, AssociationId, InstanceId, InterfaceId
from ec2kit.model.instances import Address
from ec2kit.model.tags import Tags


@dataclass(frozen=True)
class Addresses:
    """EC2's address calls, in our values."""

    door: Door

    def describe(self, filters: Filters | None = None) -> tuple[Address, ...]:
        """The account's Elastic IPs in this region that pass the filters (the action has no pages)."""
        answer = self.door.read(self.door.clients.ec2.describe_addresses, Filters=wire.filter_list(filters))
        return tuple(map(address_in, answer["Addresses"]))

    def one(self, allocation: str) -> Address:
        """The address with this allocation id; raises `NotFound`."""
        for address in self.describe({"allocation-id": [allocation]}):
            return address
        raise NotFound(f"address '{allocation}' does not exist", resource=allocation, hint="ec2kit eip ls")

    def allocate(self, tags: Tags) -> Address:
        """AllocateAddress; no client token: the mark in `tags` is how a lost answer is found again."""
        answer = self.door.change(
            self.door.clients.ec2_acting.allocate_address,
            Domain="vpc",
            TagSpecifications=wire.tag_specification("elastic-ip", tags),
        )
        return Address(AllocationId(answer["AllocationId"]), answer["PublicIp"], tags=dict(tags))

    def associate(
        self, allocation: str, instance: str, *, reassociate: bool, interface: InterfaceId | None = None
    ) -> AssociationId:
        """AssociateAddress with `reassociate` always explicit: False fails atomically when somebody has it.

        An instance with several interfaces wants the interface named.
        """
        to = {"NetworkInterfaceId": interface} if interface else {"InstanceId": instance}
        answer = self.door.change(
            self.door.clients.ec2_acting.associate_address,
            AllocationId=allocation,
            AllowReassociation=reassociate,
            **to,
        )
        return AssociationId(answer.get("AssociationId", ""))

    def disassociate(self, association: str) -> None:
        """DisassociateAddress."""
        self.door.change(self.door.clients.ec2_acting.disassociate_address, AssociationId=association)

    def release(self, allocation: str) -> None:
        """ReleaseAddress: it may go to somebody else and cannot be had back for certain."""
        self.door.change(self.door.clients.ec2_acting.release_address, AllocationId=allocation)


def address_in(item: Mapping[str, Any]) -> Address:
    """One address of DescribeAddresses."""
    return Address(
        allocation=AllocationId(item.get("AllocationId", "")),
        public_ip=item["PublicIp"],
        instance=InstanceId(item["InstanceId"]) if item.get("InstanceId") else None,
        interface=InterfaceId(item["NetworkInterfaceId"]) if item.get("NetworkInterfaceId") else None,
        association=item.get("AssociationId", ""),
        private_ip=item.get("PrivateIpAddress", ""),
        tags=wire.tags_in(item),
    )
