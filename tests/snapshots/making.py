"""A machine with two disks, and sets as AWS would show them, for the tests of snapshots and of restoring."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from ec2kit.aws.requests import TemplateRef
from ec2kit.fleet.restore import Source
from ec2kit.inventory.description import spec_of, spec_tags
from ec2kit.inventory.machine import Machine
from ec2kit.model.disks import Image, Mapping, Snapshot
from ec2kit.model.ids import GroupId, ImageId, SnapshotId, SubnetId, TemplateId, VolumeId
from ec2kit.model.instances import Disk, InstanceAttributes, MetadataOptions
from ec2kit.model.tags import LAUNCH, NAME, OF, RUN, SET, VOLUMES, Tags
from ec2kit.snapshots.sets import SnapshotSet, sets_in
from tests.support.fleet import NOW, address, instance, volume

RUN_ID = "01K00000000000000000000000"


def machine(number: int = 1, **changes: Any) -> Machine:
    """web-N with a root disk and a data disk, an address, user data and everything that a template holds."""
    root, data = VolumeId(f"vol-0000000{number}"), VolumeId(f"vol-0000001{number}")
    values: dict[str, Any] = {
        "disks": (Disk("/dev/xvda", root, True), Disk("/dev/sdf", data, False)),
        "tags": {"role": "web"},
        "subnet": SubnetId("subnet-0000000a"),
        "groups": (GroupId("sg-00000001"),),
        "key": "ops",
        "instance_profile": "arn:aws:iam::123456789012:instance-profile/web",
        "metadata": MetadataOptions(http_tokens="required", hop_limit=2, instance_tags="enabled"),
        "monitoring": True,
        "ena": True,
        **changes,
    }
    return Machine(
        instance(number, **values),
        InstanceAttributes("#!/bin/sh\necho secret\n", True, False, "terminate", "unlimited"),
        (
            volume(number, iops=3000, throughput=125, tags={NAME: f"web-{number}", "role": "web"}),
            replace(
                volume(number, size_gib=20, device="/dev/sdf", delete_on_termination=False),
                id=data,
                tags={NAME: "data", "role": "web"},
            ),
        ),
        (address(9, held_by=number),),
    )


def set_of(
    taken_of: Machine, hours_ago: float = 1, states: tuple[str, ...] = (), tags: Tags | None = None
) -> SnapshotSet:
    """A set of all disks of the machine, completed unless told."""
    taken = NOW - timedelta(hours=hours_ago)
    common = {
        NAME: taken_of.instance.name,
        SET: f"{taken_of.instance.name}@{taken:%Y%m%dT%H%M%SZ}",
        OF: taken_of.instance.id,
        VOLUMES: str(len(taken_of.volumes)),
        LAUNCH: "lt-00000001:7",
        RUN: f"{RUN_ID}/{taken_of.instance.id}/set",
        **spec_tags(spec_of(taken_of)),
        **(tags or {}),
    }
    return sets_in(
        Snapshot(
            SnapshotId(f"snap-{hours_ago:g}-{number}"),
            states[number] if number < len(states) else "completed",
            disk.id,
            disk.size_gib,
            taken,
            tags=common,
        )
        for number, disk in enumerate(taken_of.volumes)
    )[0]


def source(taken_of: Machine, tags: Tags | None = None) -> Source:
    """A complete set of the machine with its description."""
    return Source(set_of(taken_of, tags=tags), spec_of(taken_of), TemplateRef(TemplateId("lt-00000001"), 7))


def image_on(chosen: SnapshotSet, **tags: str) -> Image:
    """An image of ours that uses the set's first snapshot."""
    mapping = Mapping("/dev/xvda", chosen.snapshots[0].id)
    return Image(ImageId("ami-00000009"), "golden", "available", "x86_64", "/dev/xvda", (mapping,), tags=tags)
