"""The plan of a snapshot set: the description first, then one call that takes all disks at one moment. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ec2kit.engine.plan import Plan, Planned, Refusal
from ec2kit.engine.steps.snapshot import CreateSnapshotSet
from ec2kit.inventory.description import spec_of, spec_tags
from ec2kit.inventory.machine import Machine
from ec2kit.model.disks import TemplateVersion
from ec2kit.model.instances import State
from ec2kit.model.periods import compact_time
from ec2kit.model.tags import CONSISTENCY, LAUNCH, MAX_TAGS, NAME, OF, RUN, SET, VOLUMES, Tags
from ec2kit.snapshots.describing import describe

MARKS = frozenset({NAME, SET, OF, VOLUMES, CONSISTENCY, LAUNCH, RUN})
"""The tags that every snapshot of a set has; the description may have the rest."""


@dataclass(frozen=True)
class Subject:
    """A machine to take a set of, and what its template says already.

    `label` is what its set and its template are named after: the machine's name, with the id when several
    machines of one command have that name.
    """

    machine: Machine
    versions: tuple[TemplateVersion, ...] = ()
    label: str = ""

    @property
    def name(self) -> str:
        """The label, else the machine's name."""
        return self.label or self.machine.instance.name


def create_plan(subjects: Sequence[Subject], now: datetime) -> Plan:
    """Given machines, return the plan that takes a set of each; those that cannot be taken are refused with why."""
    refused = {subject.name: reason for subject in subjects if (reason := why_not(subject.machine))}
    taken = [subject for subject in subjects if subject.name not in refused]
    gib = sum(volume.size_gib for subject in taken for volume in subject.machine.volumes)
    most = (
        f"at most {gib} GiB are stored and billed; blocks that a machine's last set has are not stored again"
    )
    return Plan(
        tuple(step for subject in taken for step in set_steps(subject, now)),
        tuple(Refusal("snapshot", name, reason) for name, reason in refused.items()),
        why_empty="" if taken else "no machine is selected that can be snapshotted",
        notes=(most,) if taken else (),
    )


def why_not(machine: Machine) -> str:
    """Given a machine, return why no set can be taken of it, or empty."""
    instance = machine.instance
    if instance.state not in (State.RUNNING, State.STOPPING, State.STOPPED):
        return f"it is {instance.state}"
    if instance.root_device_type != "ebs":
        return "its root disk is an instance store, which has no snapshots"
    if not instance.disks:
        return "it has no EBS volumes"
    if len(_description_tags(machine)) + len(MARKS) > MAX_TAGS:
        return f"the tags of its {len(instance.disks)} disks are too long to be kept on a snapshot"
    return ""


def set_steps(subject: Subject, now: datetime, after: tuple[str, ...] = ()) -> tuple[Planned, ...]:
    """Given a machine for which `why_not` is empty, return the steps of its set, to be done after others.

    The keys are `INSTANCE-ID/description`, when its template does not say it yet, and `INSTANCE-ID/set`.
    """
    machine, instance = subject.machine, subject.machine.instance
    description = describe(machine, subject.versions, subject.name)
    tags: dict[str, str] = {
        NAME: instance.name,
        OF: instance.id,
        CONSISTENCY: "crash",
        LAUNCH: description.reference,
        **_description_tags(machine),
    }
    step = CreateSnapshotSet(
        instance=instance.id,
        set=set_name(subject.name, now),
        volumes=len(instance.disks),
        description=f"{instance.name}: all disks at one moment, by ec2kit",
        tags=tags,
        size_gib=sum(volume.size_gib for volume in machine.volumes),
    )
    needs = (*after, *(planned.key for planned in description.steps))
    moment = "the disks are as after a power cut at one moment"
    return (*description.steps, Planned(f"{instance.id}/set", step, needs, moment, subject.name))


def _description_tags(machine: Machine) -> Tags:
    return spec_tags(spec_of(machine))


def set_name(machine_name: str, now: datetime) -> str:
    """Given a machine's name and AWS's time, return the set's name: `web-1@20260102T030405Z`."""
    return f"{machine_name}@{compact_time(now)}"
