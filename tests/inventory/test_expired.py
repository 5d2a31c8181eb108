"""What `gc` removes, in which order, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ec2kit.inventory.expired import Expiring, plan_removal
from ec2kit.model.disks import Image, Snapshot, Volume
from ec2kit.model.ids import AllocationId, ImageId, InstanceId, InstanceType, SnapshotId, VolumeId, Zone
from ec2kit.model.instances import Address, Instance, State
from ec2kit.model.periods import format_time
from ec2kit.model.tags import EXPIRES, KEEP

NOW = datetime(2026, 1, 2, tzinfo=UTC)
PAST = {EXPIRES: format_time(NOW - timedelta(hours=2))}
FUTURE = {EXPIRES: format_time(NOW + timedelta(seconds=1))}
ZONE = Zone("eu-west-1a")
INSTANCE = Instance(
    InstanceId("i-1"), State.RUNNING, InstanceType("t3.small"), ImageId("ami-9"), ZONE, NOW, PAST
)
VOLUME = Volume(VolumeId("vol-1"), "available", 8, ZONE, tags=PAST)
SNAPSHOT = Snapshot(SnapshotId("snap-1"), "completed", VolumeId("vol-1"), 8, NOW, tags=PAST)
IMAGE = Image(ImageId("ami-1"), "drill", "available", "x86_64", "/dev/xvda", tags=PAST)
ADDRESS = Address(AllocationId("eipalloc-1"), "203.0.113.9", tags=PAST)


def test_everything_expired_goes_after_what_uses_it() -> None:
    plan = plan_removal(
        Expiring(
            (INSTANCE,),
            (replace(VOLUME, instance=INSTANCE.id),),
            (SNAPSHOT,),
            (IMAGE,),
            (replace(ADDRESS, instance=INSTANCE.id),),
        ),
        NOW,
    )

    assert {planned.key.removeprefix("remove/"): planned.needs for planned in plan.steps} == {
        "i-1": (),
        "ami-1": (),
        "snap-1": ("remove/ami-1",),
        "vol-1": ("remove/i-1",),
        "eipalloc-1": ("remove/i-1",),
    }
    assert {planned.reason for planned in plan.steps} == {"expired 2h ago"}
    assert plan.refused == ()


def test_nothing_goes_before_its_time() -> None:
    plan = plan_removal(Expiring(volumes=(replace(VOLUME, tags=FUTURE),)), NOW)

    assert not plan
    assert plan.why_empty == "nothing has expired"


@pytest.mark.parametrize(
    "volume,rule",
    [
        (replace(VOLUME, tags={**PAST, KEEP: "me"}), KEEP),
        (replace(VOLUME, tags={EXPIRES: "tomorrow"}), EXPIRES),
        (replace(VOLUME, instance=InstanceId("i-2")), "in use"),
    ],
)
def test_what_is_protected_unclear_or_in_use_is_refused(volume: Volume, rule: str) -> None:
    plan = plan_removal(Expiring(volumes=(volume,)), NOW)

    assert not plan.steps
    assert [refusal.rule for refusal in plan.refused] == [rule]
