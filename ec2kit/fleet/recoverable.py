"""Whether a machine could be brought back, and if not, everything that stands in the way. Pure.

| what                                   | enrolled up to restart | enrolled up to replace |
|----------------------------------------|------------------------|------------------------|
| a recovery tag that cannot be read     | no                     | no                     |
| a hold, quarantine                     | no                     | no                     |
| an Auto Scaling group                  | no                     | no                     |
| instance-store root                    | no                     | no                     |
| no complete, good set within the age   | (not needed)           | no                     |
| the newest set's description           | (not needed)           | no, when unreadable    |
| image with a billing code              | (not needed)           | no                     |
| no probe                               | yes, but               | yes, but               |

What is not enrolled, or only watched, is not recoverable; the rest is judged as if it were enrolled up to replace.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ec2kit.errors import Ec2kitError
from ec2kit.inventory.description import spec_from_tags
from ec2kit.inventory.standing import quarantined
from ec2kit.model.instances import Instance
from ec2kit.model.periods import format_age, format_duration
from ec2kit.model.tags import CHECK, LAUNCH
from ec2kit.snapshots.sets import SnapshotSet


@dataclass(frozen=True)
class Enrolment:
    """What recovery may do for a machine: whether it may act at all, and replace it; what holds it back now."""

    acts: bool = False
    replaces: bool = False
    max_age: timedelta = timedelta(hours=24)
    holds: tuple[str, ...] = ()
    problem: str = ""
    """Why the machine's tags say nothing that can be understood."""


@dataclass(frozen=True)
class Recoverable:
    """The answer: `reasons` say why, `caveats` what is not covered although the answer is yes."""

    yes: bool
    reasons: tuple[str, ...]
    caveats: tuple[str, ...] = ()

    def __str__(self) -> str:
        answer = f"{'yes' if self.yes else 'no'}, because {'; '.join(self.reasons)}"
        return f"{answer} (but {'; '.join(self.caveats)})" if self.caveats else answer


def recoverable(
    instance: Instance, enrolment: Enrolment, sets: Sequence[SnapshotSet], billing_code: bool, now: datetime
) -> Recoverable:
    """Given an instance, how it is enrolled, its sets (newest first) and whether its image has a billing code,
    return whether recovery could bring it back, with every reason against it."""
    against = list(_against(instance, enrolment))
    if enrolment.replaces or not enrolment.acts:
        # What is not enrolled is judged as `protect` would enrol it, so that everything is said at once.
        against += _against_replacing(sets, enrolment, billing_code, now, name=instance.name)
    if against:
        return Recoverable(False, tuple(against))
    how = "it may be restarted with the same disks"
    if enrolment.replaces:
        newest = usable(sets)[0]
        how = f"the set {newest.name}, {format_age(newest.taken, now)} old, is complete and described"
    caveats = () if instance.tags.get(CHECK) else ("it has no probe: only what EC2's own checks see counts",)
    return Recoverable(True, (how,), caveats)


def usable(sets: Sequence[SnapshotSet]) -> tuple[SnapshotSet, ...]:
    """Those that are complete and not marked bad, newest first."""
    return tuple(each for each in sets if each.complete and not each.bad)


def _against(instance: Instance, enrolment: Enrolment) -> Iterator[str]:
    if enrolment.problem:
        yield enrolment.problem
    elif not enrolment.acts:
        yield f"it is not enrolled for recovery: `ec2kit protect {instance.name}`"
    if instance.state.is_gone:
        yield f"it is {instance.state}"
    if quarantined(instance.tags):
        yield "it is quarantined"
    yield from enrolment.holds
    if instance.autoscaling_group:
        yield f"its Auto Scaling group {instance.autoscaling_group} replaces it"
    if instance.root_device_type != "ebs":
        yield "its root disk is an instance store"


def _against_replacing(
    sets: Sequence[SnapshotSet], enrolment: Enrolment, billing_code: bool, now: datetime, *, name: str
) -> Iterator[str]:
    if billing_code:
        yield "its image has a billing code, which a machine from snapshots would lose"
    found = usable(sets)
    if not found:
        yield _no_set(sets, name)
        return
    newest = found[0]
    if now - newest.taken > enrolment.max_age:
        age = format_age(newest.taken, now)
        yield f"its newest complete set is {age} old, and at most {format_duration(enrolment.max_age)} are allowed"
    if problem := _unreadable(newest):
        yield f"the description in the set {newest.name} cannot be used: {problem}"


def _no_set(sets: Sequence[SnapshotSet], name: str) -> str:
    if not sets:
        return f"it has no snapshot set: `ec2kit snapshot create {name}`"
    newest = sets[0]
    state = f"marked bad ({newest.bad})" if newest.bad else "not complete"
    return f"none of its {len(sets)} sets can be used: {newest.name} is {state}"


def _unreadable(newest: SnapshotSet) -> str:
    tags = newest.snapshots[0].tags
    try:
        spec = spec_from_tags(tags)
    except Ec2kitError as error:
        return error.message
    if spec is None:
        return "it has none"
    return "" if tags.get(LAUNCH) else "it names no launch template"
