"""Small instances, volumes, sets and addresses for the tests of planners."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ec2kit.model.disks import Snapshot, Volume
from ec2kit.model.ids import (
    AllocationId,
    ImageId,
    InstanceId,
    InstanceType,
    InterfaceId,
    SnapshotId,
    SubnetId,
    VolumeId,
    Zone,
)
from ec2kit.model.instances import Address, Disk, Instance, Interface, State
from ec2kit.model.network import Subnet
from ec2kit.model.tags import NAME, OF, SET, VOLUMES
from ec2kit.snapshots.sets import SnapshotSet, sets_in

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def instance(number: int = 1, *, tags: Mapping[str, str] | None = None, **changes: Any) -> Instance:
    """The running instance `i-0000000N`, named `web-N`, with one disk and one interface."""
    values: dict[str, Any] = {
        "state": State.RUNNING,
        "type": InstanceType("t3.micro"),
        "image": ImageId("ami-00000001"),
        "zone": Zone("eu-west-1a"),
        "launched": NOW - timedelta(days=number),
        "root_device": "/dev/xvda",
        "architecture": "x86_64",
        "private_ip": f"172.31.0.{number}",
        "disks": (Disk("/dev/xvda", VolumeId(f"vol-0000000{number}"), True),),
        "interfaces": (interface(number),),
        **changes,
    }
    return Instance(
        id=InstanceId(f"i-0000000{number}"), tags={NAME: f"web-{number}", **(tags or {})}, **values
    )


def interface(number: int = 1, index: int = 0) -> Interface:
    """The interface `eni-0000000N` of instance N."""
    return Interface(
        InterfaceId(f"eni-{index}000000{number}"),
        index,
        SubnetId("subnet-0000000a"),
        (f"172.31.{index}.{number}",),
    )


def volume(number: int = 1, **changes: Any) -> Volume:
    """The volume `vol-0000000N`, attached to instance N as its root disk."""
    values: dict[str, Any] = {
        "state": "in-use",
        "size_gib": 8,
        "zone": Zone("eu-west-1a"),
        "instance": InstanceId(f"i-0000000{number}"),
        "device": "/dev/xvda",
        "delete_on_termination": True,
        **changes,
    }
    return Volume(id=VolumeId(f"vol-0000000{number}"), **values)


def address(number: int = 9, held_by: int = 0, *, tags: Mapping[str, str] | None = None) -> Address:
    """The Elastic IP 203.0.113.N, free or held by an instance."""
    return Address(
        AllocationId(f"eipalloc-0000000{number}"),
        f"203.0.113.{number}",
        instance=InstanceId(f"i-0000000{held_by}") if held_by else None,
        interface=interface(held_by).id if held_by else None,
        association=f"eipassoc-0000000{number}" if held_by else "",
        tags=dict(tags or {}),
    )


def subnet(letter: str, number: int = 1) -> Subnet:
    """A subnet in the zone of this letter."""
    return Subnet(SubnetId(f"subnet-{letter}{number}"), Zone(f"eu-west-1{letter}"), "vpc-1", "172.31.0.0/20")


def snapshot_set(
    hours_ago: float, *states: str, announced: int | None = None, tags: Mapping[str, str] | None = None
) -> SnapshotSet:
    """A set of instance 1, taken so long ago, a snapshot for each state (one completed when none is given)."""
    taken = NOW - timedelta(hours=hours_ago)
    shown = states or ("completed",)
    common = {
        SET: f"web-1@{taken:%Y%m%dT%H%M%SZ}",
        OF: "i-00000001",
        VOLUMES: str(announced if announced is not None else len(shown)),
        **(tags or {}),
    }
    snapshots = [
        Snapshot(SnapshotId(f"snap-0000000{n}"), state, VolumeId(f"vol-0000000{n}"), 8, taken, tags=common)
        for n, state in enumerate(shown, 1)
    ]
    return sets_in(snapshots)[0]
