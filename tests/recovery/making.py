"""Small machines, checks and samples for the tests of judging and deciding."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ec2kit.model.disks import Snapshot
from ec2kit.model.evidence import Kind, Sample, Verdict
from ec2kit.model.ids import ImageId, InstanceId, InstanceType, SnapshotId, VolumeId, Zone
from ec2kit.model.instances import CheckState, Disk, Instance, InstanceStatus, State
from ec2kit.model.tags import NAME, OF, PROTECT, SET, VOLUMES
from ec2kit.snapshots.sets import SnapshotSet, sets_in

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OK = CheckState("ok")


def instance(id: str = "i-00000001", **changes: Any) -> Instance:
    """A running, enrolled instance that was started a day ago."""
    tags = {NAME: "web-1", PROTECT: "replace", **changes.pop("tags", {})}
    values: dict[str, Any] = {
        "state": State.RUNNING,
        "type": InstanceType("t3.micro"),
        "image": ImageId("ami-00000001"),
        "zone": Zone("eu-west-1a"),
        "launched": NOW - timedelta(days=1),
        "root_device": "/dev/xvda",
        "disks": (Disk("/dev/xvda", VolumeId("vol-00000001"), True),),
        **changes,
    }
    return Instance(id=InstanceId(id), tags=tags, **values)


def status(of: Instance, **checks: CheckState) -> InstanceStatus:
    """EC2's checks of an instance, ok unless given."""
    system, inside, ebs = (checks.get(name, OK) for name in ("system", "instance", "ebs"))
    return InstanceStatus(of.id, of.state, of.zone, system, inside, ebs)


def impaired(minutes: float) -> CheckState:
    """A check that has been impaired for so many minutes."""
    return CheckState("impaired", NOW - minutes * MINUTE)


def sample(kind: Kind, minutes_ago: float, verdict: Verdict, reason: str = "") -> Sample:
    """One sample of the machine `i-00000001`."""
    return Sample(InstanceId("i-00000001"), kind, NOW - minutes_ago * MINUTE, verdict, reason)


def bad(kind: Kind, *minutes_ago: float, reason: str = "no reply in 5 s") -> tuple[Sample, ...]:
    """Bad samples at these times."""
    return tuple(sample(kind, ago, Verdict.BAD, reason) for ago in minutes_ago)


def good(kind: Kind, *minutes_ago: float) -> tuple[Sample, ...]:
    """Good samples at these times."""
    return tuple(sample(kind, ago, Verdict.GOOD, "200") for ago in minutes_ago)


def snapshot_set(
    hours_ago: float, *states: str, count: int | None = None, tags: dict[str, str] | None = None
) -> SnapshotSet:
    """A set of `web-1` taken so long ago, a snapshot for each state."""
    taken = NOW - timedelta(hours=hours_ago)
    common = {
        SET: f"web-1@{taken:%Y%m%dT%H%M%SZ}",
        OF: "i-00000001",
        VOLUMES: str(count or len(states)),
        **(tags or {}),
    }
    snapshots = [
        Snapshot(
            SnapshotId(f"snap-{hours_ago}-{n}"), state, VolumeId(f"vol-0000000{n + 1}"), 8, taken, tags=common
        )
        for n, state in enumerate(states)
    ]
    return sets_in(snapshots)[0]
