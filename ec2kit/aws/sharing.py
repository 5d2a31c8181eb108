"""Who else may launch an image, and make volumes of a snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ec2kit.aws import wire
from ec2kit.aws.door import Door
from ec2kit.aws.requests import EVERYBODY


@dataclass(frozen=True)
class Sharing:
    """Launch permissions of images and volume permissions of snapshots: account numbers, and `all`."""

    door: Door

    def of_image(self, id: str) -> frozenset[str]:
        """Who may launch the image besides us."""
        answer = self.door.read(
            self.door.clients.ec2.describe_image_attribute, ImageId=id, Attribute="launchPermission"
        )
        return _accounts(answer.get("LaunchPermissions", ()))

    def of_snapshot(self, id: str) -> frozenset[str]:
        """Who may make volumes and copies of the snapshot besides us."""
        answer = self.door.read(
            self.door.clients.ec2.describe_snapshot_attribute,
            SnapshotId=id,
            Attribute="createVolumePermission",
        )
        return _accounts(answer.get("CreateVolumePermissions", ()))

    def change_image(self, id: str, accounts: Sequence[str], *, add: bool) -> None:
        """ModifyImageAttribute: give or take the permission to launch."""
        self.door.change(
            self.door.clients.ec2_acting.modify_image_attribute,
            ImageId=id,
            LaunchPermission={"Add" if add else "Remove": _permissions(accounts)},
        )

    def change_snapshot(self, id: str, accounts: Sequence[str], *, add: bool) -> None:
        """ModifySnapshotAttribute: give or take the permission to make volumes."""
        numbers = [who for who in accounts if who != EVERYBODY]
        self.door.change(
            self.door.clients.ec2_acting.modify_snapshot_attribute,
            SnapshotId=id,
            Attribute="createVolumePermission",
            OperationType="add" if add else "remove",
            **wire.present(UserIds=numbers, GroupNames=[EVERYBODY] if EVERYBODY in accounts else []),
        )


def _accounts(items: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(item.get("UserId") or item.get("Group") or "" for item in items) - {""}


def _permissions(accounts: Iterable[str]) -> list[dict[str, str]]:
    return [{"Group": who} if who == EVERYBODY else {"UserId": who} for who in accounts]
