"""Where every enrolled machine stands, and those that a recovery has set aside. Pure.

`blocked` tells what would keep a recovery from beginning now, whether or not the machine has failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ec2kit.costs.standing import Cost
from ec2kit.model.disks import Volume
from ec2kit.model.instances import Instance, State
from ec2kit.model.money import Money
from ec2kit.model.periods import format_age
from ec2kit.model.tags import REPLACED_BY, REPLACES, STATE
from ec2kit.probes.application import probes_of
from ec2kit.probes.words import format_check
from ec2kit.recovery.candidates import NoCandidate, choose
from ec2kit.recovery.enrolled import Vanished
from ec2kit.recovery.failures import Course, failure_of
from ec2kit.recovery.holds import active_holds
from ec2kit.recovery.judge import Condition
from ec2kit.recovery.objections import Scene, objections
from ec2kit.recovery.policy import Rung, describe
from ec2kit.recovery.storm import Watched
from ec2kit.recovery.watch import policy_or_watch
from ec2kit.snapshots.sets import SnapshotSet


@dataclass(frozen=True)
class Standing:
    """One line of `recovery status`."""

    id: str
    name: str
    verdict: str
    reasons: tuple[str, ...] = ()
    last_rung: str = ""
    failures: int = 0
    course: str = ""
    holds: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    set_name: str = ""
    set_age: str = ""
    policy: str = ""
    probes: str = ""
    replaces: str = ""
    replaced_by: str = ""
    kept_gib: int | None = None
    kept_month: Money | None = None
    """What what is kept costs a month, where that is known."""


@dataclass(frozen=True)
class Aside:
    """A quarantined or not yet verified half of a recovery, with its volumes."""

    instance: Instance
    volumes: tuple[Volume, ...] = ()
    cost: Cost | None = None
    """What it costs as it stands; None when no prices can be read."""


def standings(
    watched: Sequence[Watched], scene: Scene, sets: Sequence[SnapshotSet], now: datetime
) -> tuple[Standing, ...]:
    """Given enrolled machines, what surrounds them and their sets (newest first), return how each stands."""
    by_machine: dict[str, list[SnapshotSet]] = {}
    for each in sets:
        by_machine.setdefault(each.of, []).append(each)
    return tuple(_standing(each, scene, by_machine, now) for each in watched)


def _standing(
    watched: Watched, scene: Scene, sets: Mapping[str, list[SnapshotSet]], now: datetime
) -> Standing:
    instance, judgement = watched.instance, watched.judgement
    policy, trouble = policy_or_watch(instance)
    own = [*sets.get(instance.id, ()), *sets.get(instance.tags.get(REPLACES, ""), ())]
    newest = next((each for each in own if each.complete and not each.bad), None)
    holds = tuple(map(str, active_holds(instance.tags, now).values()))
    blocked = [*(f"held: {hold}" for hold in holds), *objections(instance, scene)]
    if policy.last.reaches(Rung.REPLACE):
        chosen = choose(own, policy.max_age, now)
        blocked += [f"cannot be replaced: {chosen.reason}"] if isinstance(chosen, NoCandidate) else []
    if not policy.last.reaches(Rung.RESTART):
        blocked.append(f"it is protected up to '{policy.last}': told, and not touched")
    return replace(
        _base(instance),
        verdict=str(judgement.condition),
        reasons=judgement.reasons,
        last_rung=str(policy.last),
        holds=holds,
        blocked=(*blocked, *((trouble,) if trouble else ())),
        set_name=newest.name if newest else "",
        set_age=format_age(newest.taken, now) if newest else "",
        policy=describe(policy),
    )


def asides(aside: Iterable[Aside]) -> Iterator[Standing]:
    """Given the halves that recoveries have set aside, yield how each stands and what it keeps."""
    for each in aside:
        instance = each.instance
        kept = sum(volume.size_gib for volume in each.volumes)
        word = instance.tags.get(STATE, "")
        volumes = f"{len(each.volumes)} volume{'' if len(each.volumes) == 1 else 's'}"
        reasons = [str(instance.state), f"{volumes}, {kept} GiB kept and billed{_monthly(each.cost)}"]
        if word == "quarantined" and instance.state in (State.PENDING, State.RUNNING):
            reasons.append("it runs although it is quarantined: stop it")
        if word == "twin":
            reasons.append("a replacement that is not verified: nobody watches it")
        failure = failure_of(instance.tags)
        hint = f"ec2kit recovery retire {instance.id}" if word == "quarantined" else ""
        if failure is not None and failure.course is Course.FAILED:
            hint = f"ec2kit recovery ack {instance.id}"
        yield replace(
            _base(instance),
            verdict=word,
            reasons=tuple(reasons),
            blocked=(hint,) if hint else (),
            kept_gib=kept,
            kept_month=each.cost.monthly if each.cost else None,
        )


def _monthly(cost: Cost | None) -> str:
    if cost is None or not cost.parts:
        return ""
    known = f", {cost.monthly} a month" if cost.monthly else ""
    return known + (f", no price known for {', '.join(cost.unpriced)}" if cost.unpriced else "")


def vanished(gone: Iterable[Vanished]) -> Iterator[Standing]:
    """Given enrolled machines that AWS no longer shows, yield them too."""
    for each in gone:
        yield Standing(
            each.id, each.name, str(Condition.GONE), ("it was enrolled, and AWS no longer shows it",)
        )


def _base(instance: Instance) -> Standing:
    failure = failure_of(instance.tags)
    return Standing(
        instance.id,
        instance.name,
        "",
        failures=failure.number if failure else 0,
        course=str(failure.course) if failure else "",
        probes=format_check(probes_of(instance)),
        replaces=instance.tags.get(REPLACES, ""),
        replaced_by=instance.tags.get(REPLACED_BY, ""),
    )
