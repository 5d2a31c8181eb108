"""Volumes: describing, creating, attaching and detaching."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ec2kit.aws import wire
from ec2kit.aws.door import Door
from ec2kit.aws.requests import Filters, VolumeRequest
from ec2kit.errors import NotFound
from ec2kit.model.disks import Volume
from ec2kit.model.ids import InstanceId, SnapshotId, VolumeId, Zone

PAGE = 500
"""DescribeVolumes gives at most 500 a page."""


@dataclass(frozen=True)
class Volumes:
    """EC2's volume calls, in our values."""

    door: Door

    def describe(self, ids: Iterable[str] = (), filters: Filters | None = None) -> tuple[Volume, ...]:
        """The volumes with these ids (all when none are given) that pass the filters; unknown ids are missing."""
        wanted = list(dict.fromkeys(ids))
        method = self.door.clients.ec2.describe_volumes
        portions = wire.portions(wanted) if wanted else [None]
        found: list[Volume] = []
        for portion in portions:
            chosen = {**(filters or {}), **({"volume-id": portion} if portion else {})}
            pages = self.door.pages(method, "Volumes", Filters=wire.filter_list(chosen), MaxResults=PAGE)
            found.extend(map(volume_in, pages))
        return tuple(found)

    def one(self, id: str) -> Volume:
        """The volume with this id; raises `NotFound`."""
        for volume in self.describe([id]):
            return volume
        raise NotFound(f"volume '{id}' does not exist", resource=id)

    def create(self, request: VolumeRequest, token: str) -> Volume:
        """CreateVolume; the same token again returns the same volume."""
        takes_iops = request.type in ("io1", "io2", "gp3")
        answer = self.door.change(
            self.door.clients.ec2_acting.create_volume,
            **wire.present(
                AvailabilityZone=request.zone,
                Size=request.size_gib,
                SnapshotId=request.snapshot,
                VolumeType=request.type,
                Iops=request.iops if takes_iops else None,
                Throughput=request.throughput if request.type == "gp3" else None,
                Encrypted=request.encrypted or None,
                KmsKeyId=request.kms_key if request.encrypted else "",
                TagSpecifications=wire.tag_specification("volume", request.tags),
            ),
            ClientToken=token,
        )
        return volume_in(answer)

    def attach(self, volume: str, instance: str, device: str) -> None:
        """AttachVolume: same zone, a free device."""
        self.door.change(
            self.door.clients.ec2_acting.attach_volume, VolumeId=volume, InstanceId=instance, Device=device
        )

    def detach(self, volume: str) -> None:
        """DetachVolume, never by force: a mounted volume stays busy, a root volume wants a stopped instance."""
        self.door.change(self.door.clients.ec2_acting.detach_volume, VolumeId=volume)

    def delete(self, volume: str) -> None:
        """DeleteVolume."""
        self.door.change(self.door.clients.ec2_acting.delete_volume, VolumeId=volume)

    def set_delete_on_termination(self, instance: str, device: str, flag: bool) -> None:
        """Whether the volume at `device` goes with the instance; a swap of volumes resets it."""
        self.door.change(
            self.door.clients.ec2_acting.modify_instance_attribute,
            InstanceId=instance,
            BlockDeviceMappings=[{"DeviceName": device, "Ebs": {"DeleteOnTermination": flag}}],
        )


def volume_in(item: Mapping[str, Any]) -> Volume:
    """One volume of DescribeVolumes or CreateVolume."""
    attachments = [each for each in item.get("Attachments", ()) if each.get("State") != "detached"]
    attached = attachments[0] if attachments else {}
    return Volume(
        id=VolumeId(item["VolumeId"]),
        state=item["State"],
        size_gib=item["Size"],
        zone=Zone(item["AvailabilityZone"]),
        type=item.get("VolumeType", ""),
        iops=item.get("Iops"),
        throughput=item.get("Throughput"),
        snapshot=SnapshotId(item["SnapshotId"]) if item.get("SnapshotId") else None,
        encrypted=item.get("Encrypted", False),
        kms_key=item.get("KmsKeyId", ""),
        instance=InstanceId(attached["InstanceId"]) if attached.get("InstanceId") else None,
        device=attached.get("Device", ""),
        attachment=attached.get("State", ""),
        delete_on_termination=attached.get("DeleteOnTermination", False),
        created=item.get("CreateTime"),
        tags=wire.tags_in(item),
    )
