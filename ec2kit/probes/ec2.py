"""EC2's own checks and states as samples, for the ring and for `recovery status`. Pure.

Judging reads the checks themselves, with their ImpairedSince; these samples are what is kept of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from ec2kit.model.evidence import Kind, Sample, Verdict
from ec2kit.model.ids import InstanceId
from ec2kit.model.instances import Instance, InstanceStatus, State

_VERDICTS = {"ok": Verdict.GOOD, "impaired": Verdict.BAD}


def status_samples(statuses: Iterable[InstanceStatus], now: datetime) -> Iterable[Sample]:
    """Given EC2's checks, return a sample of each that tells something: `initializing` and the like do not."""
    for status in statuses:
        checks = (
            (Kind.EC2_SYSTEM, status.system),
            (Kind.EC2_INSTANCE, status.instance),
            (Kind.EC2_EBS, status.ebs),
        )
        for kind, check in checks:
            if check.status in _VERDICTS:
                yield Sample(status.id, kind, now, _VERDICTS[check.status], check.status)


def state_samples(instances: Mapping[InstanceId, Instance], now: datetime) -> Iterable[Sample]:
    """Given instances by id, return a sample of each one's state: running is good, stopped or ended is bad."""
    for id, instance in instances.items():
        if instance.state is State.RUNNING:
            yield Sample(id, Kind.EC2_STATE, now, Verdict.GOOD, instance.state)
        elif instance.state in (State.STOPPED, State.TERMINATED):
            yield Sample(
                id, Kind.EC2_STATE, now, Verdict.BAD, f"{instance.state} {instance.state_reason}".rstrip()
            )
