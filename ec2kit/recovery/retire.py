"""The plan that ends a quarantine: the old half goes, once its replacement is well. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ec2kit.engine.plan import Plan, Planned, Refusal
from ec2kit.engine.steps.attribute import ModifyInstance
from ec2kit.engine.steps.instance import TerminateInstance
from ec2kit.engine.steps.keep import KeepVolume
from ec2kit.engine.steps.tag import DeleteTags
from ec2kit.engine.steps.volume import DeleteVolume
from ec2kit.fleet.standing import called, keep_refusal
from ec2kit.inventory.standing import quarantined
from ec2kit.model.disks import Volume
from ec2kit.model.instances import Instance, State
from ec2kit.model.tags import CHECK, HOLD_COOLDOWN, HOLD_FAILED, HOLD_PAUSE, POLICY, PROTECT, STATE
from ec2kit.recovery.judge import Condition
from ec2kit.recovery.storm import Watched

DROPPED = (PROTECT, POLICY, CHECK, STATE, HOLD_PAUSE, HOLD_FAILED, HOLD_COOLDOWN)
"""All at once and last: a terminated machine is shown for an hour, and must not look like an enrolled one."""


@dataclass(frozen=True)
class Retiring:
    """A machine to retire, its replacement as judged (None: not found or not watched), its volumes."""

    instance: Instance
    replacement: Watched | None = None
    volumes: tuple[Volume, ...] = ()
    protected: bool = False
    """DisableApiTermination."""


def retire_plan(retiring: Sequence[Retiring], *, volumes: bool) -> Plan:
    """Given quarantined machines, return the plan that ends them; with `volumes` their disks go too.

    Refused: what is not quarantined, what is tagged `ec2kit:keep`, and what has no replacement that is well.
    """
    steps: list[Planned] = []
    refused: list[Refusal] = []
    notes: list[str] = []
    for each in retiring:
        refusal = _refusal(each)
        if refusal:
            refused.append(refusal)
            continue
        steps += _steps(each, volumes=volumes)
        notes += _notes(each, volumes=volumes)
    return Plan(tuple(steps), tuple(refused), notes=tuple(notes))


def _refusal(each: Retiring) -> Refusal | None:
    instance = each.instance
    if not quarantined(instance.tags):
        return Refusal(
            "quarantine", called(instance), "it is not quarantined: `ec2kit recovery status` lists what is"
        )
    if instance.state.is_gone:
        return Refusal("quarantine", called(instance), f"it is {instance.state} already")
    if refusal := keep_refusal(instance):
        return refusal
    if each.replacement is None:
        why = "its replacement is not there to be judged, so the disks may be all that is left of it"
        return Refusal(
            "replacement", called(instance), f"{why}: `ec2kit terminate {instance.id}` ends it all the same"
        )
    if each.replacement.judgement.condition is not Condition.HEALTHY:
        why = f"its replacement {called(each.replacement.instance)} is not well: {each.replacement.judgement}"
        return Refusal("replacement", called(instance), why)
    return None


def _steps(each: Retiring, *, volumes: bool) -> Iterator[Planned]:
    instance, subject = each.instance, each.instance.name
    first: list[str] = []
    for disk in instance.disks:
        if disk.delete_on_termination and not volumes and instance.state is State.STOPPED:
            first.append(f"{instance.id}/keep{disk.device}")
            yield Planned(first[-1], KeepVolume(instance.id, disk.device), (), "its disks stay", subject)
    if each.protected:
        first.append(f"{instance.id}/unprotect")
        step = ModifyInstance(instance.id, "disable_api_termination", False, True)
        yield Planned(first[-1], step, (), "its API termination protection is on", subject)
    end = f"{instance.id}/terminate"
    yield Planned(end, TerminateInstance(instance.id), tuple(first), "its replacement is well", subject)
    yield Planned(f"{instance.id}/untag", DeleteTags((instance.id,), DROPPED), (end,), "", subject)
    for volume in each.volumes if volumes else ():
        if not _goes_along(instance, volume):
            key = f"{instance.id}/delete-{volume.id}"
            yield Planned(key, DeleteVolume(volume.id), (end,), "--volumes", subject)


def _goes_along(instance: Instance, volume: Volume) -> bool:
    return any(disk.volume == volume.id and disk.delete_on_termination for disk in instance.disks)


def _notes(each: Retiring, *, volumes: bool) -> Iterator[str]:
    name = each.instance.name
    listed = ", ".join(f"{volume.id} ({volume.size_gib} GiB, {volume.device})" for volume in each.volumes)
    if volumes and listed:
        yield f"{name} goes, and with it {listed}: what they hold cannot be had back"
    elif listed:
        yield f"{name} goes; its volumes stay and are billed: {listed} (--volumes deletes them)"
    yield f"the snapshot sets of {name} stay"
