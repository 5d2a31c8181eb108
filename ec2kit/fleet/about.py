"""Everything that `show` tells of a machine, as one value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ec2kit.fleet.recoverable import Enrolment, Recoverable, recoverable
from ec2kit.inventory.machine import Machine, observe_machine
from ec2kit.model.instances import Instance, InstanceAttributes, InstanceStatus
from ec2kit.model.network import SecurityGroup
from ec2kit.model.tags import Tags
from ec2kit.snapshots.observe import sets_of
from ec2kit.snapshots.sets import SnapshotSet

if TYPE_CHECKING:
    from ec2kit.aws import Aws

Enrol = Callable[[Tags, datetime], Enrolment]
"""Reads how a machine is enrolled from its tags: recovery's knowledge, given in by the caller."""


@dataclass(frozen=True)
class About:
    """A machine with its checks, groups, sets (newest first) and whether it could be brought back."""

    machine: Machine
    enrolment: Enrolment
    recoverable: Recoverable
    status: InstanceStatus | None = None
    groups: tuple[SecurityGroup, ...] = ()
    sets: tuple[SnapshotSet, ...] = ()
    now: datetime | None = None


def about(aws: Aws, instance: Instance, enrol: Enrol) -> About:
    """Given an instance, ask AWS for everything about it (12 calls); a terminated one has little left to tell."""
    gone = instance.state.is_gone
    machine = Machine(instance, InstanceAttributes()) if gone else observe_machine(aws, instance)
    sets = sets_of(aws, [instance.id])
    statuses = () if gone else aws.instances.statuses([instance.id])
    groups = aws.network.groups({"group-id": list(instance.groups)}) if instance.groups else ()
    now = aws.now()
    enrolment = enrol(instance.tags, now)
    return About(
        machine,
        enrolment,
        recoverable(instance, enrolment, sets, _billing_code(machine), now),
        next(iter(statuses), None),
        groups,
        sets,
        now,
    )


def _billing_code(machine: Machine) -> bool:
    """Whether RegisterImage would lose a billing code; the instance tells it when its image is gone."""
    if machine.image is not None:
        return machine.image.has_billing_code
    return machine.instance.usage_operation not in ("", "RunInstances")
