"""The plan of `snapshot restore --as root`: another root disk for an instance that exists. Pure.

The machine keeps its id, its addresses and its other disks; the old root disk is kept beside it.
"""

from __future__ import annotations

from datetime import datetime

from ec2kit.aws.requests import VolumeRequest
from ec2kit.engine.plan import Plan, Planned, Refusal
from ec2kit.engine.steps.base import Step, later
from ec2kit.engine.steps.instance import StartInstance, StopInstance
from ec2kit.engine.steps.keep import KeepVolume
from ec2kit.engine.steps.tag import SetTags
from ec2kit.engine.steps.volume import AttachVolume, CreateVolume, DetachVolume
from ec2kit.fleet.restore import Source, disk_snapshots
from ec2kit.fleet.restore_plan import refusals, state_of_disks
from ec2kit.fleet.standing import called, keep_refusal, quarantine_refusal, recovery_refusal, state_refusal
from ec2kit.model.disks import Volume
from ec2kit.model.instances import Instance, State
from ec2kit.model.tags import DEVICE, NAME, SET


def root_plan(source: Source, instance: Instance, old: Volume | None, now: datetime) -> Plan:
    """Given a set, an instance and the volume at its root device (None: detached), return the plan, or why not.

    The new volume is there before the instance stops, so that it is down for as short as can be. A root volume can
    only be detached while the instance is stopped (EC2, "Detach an Amazon EBS volume").
    """
    if refused := (*refusals(source.set), *_instance_refusals(source, instance)):
        return Plan(refused=refused, why_empty="the root disk cannot be replaced")
    subject, device, runs = instance.name, instance.root_device, instance.state is State.RUNNING
    steps: list[Planned] = []

    def then(key: str, step: Step, reason: str = "") -> None:
        """The next step, after the one before."""
        needs = (steps[-1].key,) if steps else ()
        steps.append(Planned(f"root/{key}", step, needs, reason, subject))

    then("volume", CreateVolume(_request(source, instance)), "before the instance stops: it is down for less")
    new = later("root/volume", "volume_id")
    if runs:
        then("stop", StopInstance(instance.id), "a root disk can only be changed while stopped")
    if old is not None:
        name = f"{instance.name} root before {source.set.name}"
        then("keep-old", SetTags((old.id,), {NAME: name[:255]}, {old.id: old.tags}), "the old disk is kept")
        then("detach", DetachVolume(old.id, instance.id, device))
    then("attach", AttachVolume(new, instance.id, device))
    then("mark", KeepVolume(instance.id, device, keep=not _goes(source, instance)), "as before")
    if runs:
        then("start", StartInstance(instance.id), "it ran before")
    return Plan(tuple(steps), notes=_notes(source, instance, old, now))


def _request(source: Source, instance: Instance) -> VolumeRequest:
    disk, snapshot = disk_snapshots(source)[0]
    return VolumeRequest(
        zone=instance.zone,
        size_gib=max(disk.size_gib, snapshot.size_gib),
        snapshot=snapshot.id,
        type=disk.type,
        iops=disk.iops,
        throughput=disk.throughput,
        tags={NAME: instance.name, **disk.tags, SET: source.set.name, DEVICE: instance.root_device},
    )


def _instance_refusals(source: Source, instance: Instance) -> tuple[Refusal, ...]:
    found = [recovery_refusal(instance), quarantine_refusal(instance), keep_refusal(instance)]
    if instance.state not in (State.RUNNING, State.STOPPED):
        found.append(state_refusal(instance, "it must be running or stopped"))
    if instance.autoscaling_group:
        why = f"the Auto Scaling group '{instance.autoscaling_group}' would replace it when it stops"
        found.append(Refusal("autoscaling", called(instance), why))
    if instance.root_device_type != "ebs":
        found.append(Refusal("state", called(instance), "its root disk is an instance store"))
    if source.spec.architecture != instance.architecture:
        why = f"it is {instance.architecture}, and the set is of a machine that is {source.spec.architecture}"
        found.append(Refusal("architecture", called(instance), why))
    return tuple(refusal for refusal in found if refusal)


def _goes(source: Source, instance: Instance) -> bool:
    """Whether the root disk went with the instance; where none is attached, whether it did in the set's machine."""
    attached = [d.delete_on_termination for d in instance.disks if d.device == instance.root_device]
    described = [d.delete_on_termination for d in source.spec.disks if d.device == source.spec.root_device]
    return (attached + described)[0]


def _notes(source: Source, instance: Instance, old: Volume | None, now: datetime) -> tuple[str, ...]:
    notes = [state_of_disks(source.set, now)]
    if source.set.bad:
        notes.append(f"the set is marked bad: {source.set.bad}")
    if source.spec.instance != instance.id:
        notes.append(f"the set is of another machine: {source.spec.name} ({source.spec.instance})")
    if old is not None:
        notes.append(f"the old root disk {old.id} ({old.size_gib} GiB) is kept, and stays billed")
    return tuple(notes)
