"""Snapshots of our own account: describing, whole sets in one call, deleting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ec2kit.aws import wire
from ec2kit.aws.door import Door
from ec2kit.aws.requests import Filters
from ec2kit.errors import NotFound
from ec2kit.model.disks import Snapshot
from ec2kit.model.ids import SnapshotId, VolumeId
from ec2kit.model.tags import Tags

PAGE = 1000
"""DescribeSnapshots gives at most 1,000 a page."""


@dataclass(frozen=True)
class Snapshots:
    """EC2's snapshot calls, in our values."""

    door: Door

    def describe(self, ids: Iterable[str] = (), filters: Filters | None = None) -> tuple[Snapshot, ...]:
        """Our own snapshots (never everybody's public ones) with these ids that pass the filters."""
        wanted = list(dict.fromkeys(ids))
        found: list[Snapshot] = []
        for portion in wire.portions(wanted) if wanted else [None]:
            chosen = {**(filters or {}), **({"snapshot-id": portion} if portion else {})}
            pages = self.door.pages(
                self.door.clients.ec2.describe_snapshots,
                "Snapshots",
                OwnerIds=["self"],
                Filters=wire.filter_list(chosen),
                MaxResults=PAGE,
            )
            found.extend(map(snapshot_in, pages))
        return tuple(found)

    def one(self, id: str) -> Snapshot:
        """The snapshot with this id; raises `NotFound`."""
        for snapshot in self.describe([id]):
            return snapshot
        raise NotFound(f"snapshot '{id}' does not exist", resource=id, hint="ec2kit snapshot ls")

    def create_set(
        self, instance: str, description: str, tags: Tags, exclude: Iterable[str] = ()
    ) -> tuple[Snapshot, ...]:
        """One crash-consistent set of all volumes of the instance, all with the same tags (CreateSnapshots).

        There is no client token: the caller puts its mark into `tags` and describes before a second try.
        """
        answer = self.door.change(
            self.door.clients.ec2_acting.create_snapshots,
            InstanceSpecification=wire.present(InstanceId=instance, ExcludeDataVolumeIds=list(exclude)),
            Description=description,
            TagSpecifications=wire.tag_specification("snapshot", tags),
        )
        return tuple(map(snapshot_in, answer["Snapshots"]))

    def create(self, volume: str, description: str, tags: Tags) -> Snapshot:
        """A snapshot of one volume, attached or not (CreateSnapshot); no client token either."""
        return snapshot_in(
            self.door.change(
                self.door.clients.ec2_acting.create_snapshot,
                VolumeId=volume,
                Description=description,
                TagSpecifications=wire.tag_specification("snapshot", tags),
            )
        )

    def delete(self, id: str) -> None:
        """DeleteSnapshot; refused while an image uses it."""
        self.door.change(self.door.clients.ec2_acting.delete_snapshot, SnapshotId=id)


def snapshot_in(item: Mapping[str, Any]) -> Snapshot:
    """One snapshot of DescribeSnapshots, CreateSnapshot or CreateSnapshots."""
    return Snapshot(
        id=SnapshotId(item["SnapshotId"]),
        state=item.get("State") or "pending",
        volume=VolumeId(item.get("VolumeId", "")),
        size_gib=item.get("VolumeSize", 0),
        started=item["StartTime"],
        progress=item.get("Progress", ""),
        description=item.get("Description", ""),
        state_message=item.get("StateMessage", ""),
        encrypted=item.get("Encrypted", False),
        kms_key=item.get("KmsKeyId", ""),
        tags=wire.tags_in(item),
    )
