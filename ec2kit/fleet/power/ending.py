"""The plan of terminate, and what a person should know before: what goes, what stays billed. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ec2kit.engine.plan import Plan, Planned, Refusal
from ec2kit.engine.steps.instance import TerminateInstance
from ec2kit.fleet.standing import called, keep_refusal, quarantine_refusal, recovery_refusal, subjects
from ec2kit.model.disks import Volume
from ec2kit.model.instances import Address, Instance
from ec2kit.model.periods import format_age
from ec2kit.model.tags import PROTECT
from ec2kit.snapshots.create import Subject, set_name, set_steps, why_not
from ec2kit.snapshots.sets import SnapshotSet


@dataclass(frozen=True)
class Ending:
    """A machine to terminate with all that hangs on it; `last` is there when a last set is to be taken first."""

    instance: Instance
    protected: bool = False
    """DisableApiTermination."""
    volumes: tuple[Volume, ...] = ()
    addresses: tuple[Address, ...] = ()
    sets: tuple[SnapshotSet, ...] = ()
    last: Subject | None = None


def terminate_plan(endings: Sequence[Ending], now: datetime) -> Plan:
    """Given machines, return the plan that ends them, each after its last set where that is asked for."""
    names = subjects(ending.instance for ending in endings)
    steps: list[Planned] = []
    refused: list[Refusal] = []
    unchanged: list[tuple[str, str]] = []
    notes: list[str] = []
    for ending in endings:
        instance = ending.instance
        if instance.state.is_gone:
            unchanged.append((called(instance), f"it is {instance.state} already"))
        elif refusal := _refusal(ending):
            refused.append(refusal)
        else:
            steps += _steps(ending, names[instance.id], now)
            notes += what_follows(ending, now)
    why = "" if steps else "no selected machine is there to terminate"
    return Plan(tuple(steps), tuple(refused), tuple(unchanged), why, tuple(notes))


def what_follows(ending: Ending, now: datetime) -> Iterator[str]:
    """Given a machine, yield what goes with it, what stays and is billed, and what is lost."""
    instance, name = ending.instance, ending.instance.name
    going = {disk.volume for disk in instance.disks if disk.delete_on_termination}
    gone = [volume for volume in ending.volumes if volume.id in going]
    if gone:
        yield f"{name} goes, and with it {_volumes(gone)}"
    yield from _stays_billed(ending, going, now)
    usable = [each for each in ending.sets if each.complete and not each.bad]
    if gone and not ending.last:
        if usable:
            yield f"what {name} wrote since its last set, {format_age(usable[0].taken, now)} ago, is lost"
        else:
            yield f"no snapshot set of {name} is complete and good: its data is lost (--snapshot takes one first)"
    if instance.autoscaling_group:
        yield f"the Auto Scaling group {instance.autoscaling_group} will launch another for {name}"
    if PROTECT in instance.tags:
        yield f"{name} is enrolled: terminated by your order, it will not be recovered"


def _stays_billed(ending: Ending, going: Collection[str], now: datetime) -> Iterator[str]:
    name = ending.instance.name
    for volume in ending.volumes:
        if volume.id not in going:
            yield f"stays billed: {_volumes([volume])} of {name}"
    for address in ending.addresses:
        yield f"stays billed: Elastic IP {address.public_ip} of {name} (`ec2kit eip release {address.public_ip}`)"
    if ending.sets:
        yield f"stays billed: {len(ending.sets)} snapshot set{'s' if len(ending.sets) > 1 else ''} of {name}"
    if ending.last:
        yield f"stays billed: {set_name(ending.last.name, now)}, the last set of {name}, taken first"


def _refusal(ending: Ending) -> Refusal | None:
    instance = ending.instance
    if refusal := recovery_refusal(instance) or quarantine_refusal(instance) or keep_refusal(instance):
        return refusal
    if ending.protected:
        return Refusal("termination protection", called(instance), "its API termination protection is on")
    if ending.last and (reason := why_not(ending.last.machine)):
        return Refusal("snapshot", called(instance), f"no last set can be taken: {reason}")
    return None


def _steps(ending: Ending, subject: str, now: datetime) -> list[Planned]:
    instance = ending.instance
    last = [replace(step, subject=subject) for step in set_steps(ending.last, now)] if ending.last else []
    end = TerminateInstance(instance.id)
    needs = (last[-1].key,) if last else ()
    return [*last, Planned(f"terminate/{instance.id}", end, needs, "", subject)]


def _volumes(volumes: Iterable[Volume]) -> str:
    return ", ".join(f"{volume.id} ({volume.size_gib} GiB, {volume.device})" for volume in volumes)
