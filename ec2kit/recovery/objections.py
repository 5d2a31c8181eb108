"""What forbids to begin a recovery, outside the machine's own holds: pure.

| objection                                   | a person at a terminal who names the machine |
|---------------------------------------------|----------------------------------------------|
| it is the machine that we run on            | still holds                                  |
| its Auto Scaling group replaces it          | still holds                                  |
| the pause for all, the machine's own pause  | is overridden, and said                      |
| the storm brake, and its cool-down          | only with `--ignore-storm`                   |
| the caps: 5 at once, 20 an hour             | still hold                                   |

A recovery that is under way is never held up by any of these: a half-done takeover is worse than either end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ec2kit.model.ids import InstanceId
from ec2kit.model.instances import Instance
from ec2kit.model.periods import format_duration, format_time, parse_time
from ec2kit.model.runs import EvidenceStore
from ec2kit.model.tags import FAILURE, HOLD_COOLDOWN, HOLD_FAILED
from ec2kit.recovery.failures import Course, Failure, failure_of
from ec2kit.recovery.holds import active_holds
from ec2kit.recovery.judge import Condition
from ec2kit.recovery.policy import Brake
from ec2kit.recovery.storm import Watched, cap, is_known
from ec2kit.recovery.watch import Watch

LAST_STORM = "storm/last"
"""Where the last storm's time is remembered, for the cool-down after it."""


@dataclass(frozen=True)
class Scene:
    """What surrounds the machines: the look, the calm after a storm, ourselves, and what a person overrides."""

    look: Watch
    calming: str = ""
    ours: InstanceId | None = None
    ignore_storm: bool = False
    a_person: bool = False


def objections(instance: Instance, scene: Scene) -> tuple[str, ...]:
    """Given a machine and the scene, return everything that forbids to begin with it."""
    found: list[str] = []
    if instance.id == scene.ours:
        found.append("it is the machine that this runs on")
    if instance.autoscaling_group:
        found.append(f"its Auto Scaling group {instance.autoscaling_group} replaces it")
    if scene.look.pause and not scene.a_person:
        found.append(f"recovery is paused for all: {scene.look.pause}")
    if not scene.ignore_storm and (storm := scene.look.storm or scene.calming):
        found.append(f"storm: {storm}")
    return tuple(found)


def begins(watched: Watched) -> bool:
    """Whether recovering the machine would be a new recovery, which the caps count."""
    failure = failure_of(watched.instance.tags)
    under_way = failure is not None and failure.course is Course.RECOVERING
    return watched.judgement.condition is Condition.FAILED and not under_way


def allot(
    chosen: Sequence[Watched], everything: Sequence[Watched], brake: Brake, now: datetime
) -> dict[str, str]:
    """Given the machines to recover and all watched ones, return which the caps keep from beginning now, and why."""
    counted = [_counted(each.instance, now) for each in everything]
    refused: dict[str, str] = {}
    for watched in chosen:
        if not begins(watched):
            continue
        if reason := cap(counted, brake):
            refused[watched.instance.id] = reason
        else:
            counted.append(_begun(watched.instance))
    return refused


def _counted(instance: Instance, now: datetime) -> Instance:
    """A cool-down that is over, and a failure that is no news, are no recovery of the last hour."""
    over = set() if HOLD_COOLDOWN in active_holds(instance.tags, now) else {HOLD_COOLDOWN}
    over |= {HOLD_FAILED} if is_known(instance, now) else set()
    return replace(instance, tags={key: value for key, value in instance.tags.items() if key not in over})


def _begun(instance: Instance) -> Instance:
    return replace(instance, tags={**instance.tags, FAILURE: str(Failure(1, Course.RECOVERING))})


def calm_after(store: EvidenceStore, look: Watch, brake: Brake) -> str:
    """Remember a storm, and return what is left of the cool-down after the last one, in words."""
    if look.storm:
        store.remember(LAST_STORM, format_time(look.at))
        return ""
    last = store.recall(LAST_STORM)
    if last is None:
        return ""
    until = parse_time(last) + brake.cool_down
    if look.at >= until:
        store.forget(LAST_STORM)
        return ""
    return f"one ended less than {format_duration(brake.cool_down)} ago; calm from {format_time(until)} on"
