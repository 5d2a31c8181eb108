"""The plan of `snapshot restore` to a new instance: pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from ec2kit.aws.requests import Place
from ec2kit.engine.plan import Plan, Planned, Refusal
from ec2kit.engine.steps.base import later
from ec2kit.engine.steps.image import DeregisterImage
from ec2kit.fleet.restore import Source, Target, restore_steps
from ec2kit.model.instances import Instance
from ec2kit.model.periods import compact_time, format_age, format_time
from ec2kit.model.tags import HOSTNAME, KEEP, NAME, OF, PROTECT
from ec2kit.snapshots.sets import SetState, SnapshotSet

IDENTITY = frozenset({PROTECT, KEEP, HOSTNAME})
"""The tags that only one living machine may have: a copy that had them would be recovered, or called, as the
other one."""

WHY_NOT = {
    SetState.PENDING: "AWS is still copying it: `ec2kit snapshot ls {name}` shows how far it is",
    SetState.INCOMPLETE: "snapshots of it are missing",
    SetState.ERROR: "a snapshot of it ended in error",
}


@dataclass(frozen=True)
class Wanted:
    """What a person wants made of a set; `is_copy` when its machine, or one of its name, lives."""

    name: str
    places: tuple[Place, ...]
    is_copy: bool = False


def refusals(chosen: SnapshotSet) -> tuple[Refusal, ...]:
    """Given a set, return why nothing can be made of it, if so."""
    if chosen.complete:
        return ()
    return (Refusal("snapshot", chosen.name, WHY_NOT[chosen.state].format(name=chosen.name)),)


def wanted(source: Source, name: str, places: tuple[Place, ...], living: Sequence[Instance]) -> Wanted:
    """Given a set, the name typed (empty: none), where to and who lives, return what is to be made.

    Without a name it is the machine's own if nobody living has it, else the first free one of `NAME-restored`,
    `NAME-restored-2` and so on.
    """
    own, taken = source.spec.name, {each.name for each in living}
    is_copy = own in taken or any(each.id == source.spec.instance for each in living)
    return Wanted(name or _free_name(own, taken), places, is_copy)


def _free_name(own: str, taken: set[str]) -> str:
    later_names = (f"{own}-restored" + (f"-{number}" if number > 1 else "") for number in count(1))
    return own if own not in taken else next(name for name in later_names if name not in taken)


def instance_plan(source: Source, wish: Wanted, living: Iterable[Instance], now: datetime) -> Plan:
    """Given a set and what is to be made of it, return the plan, or why not.

    The image that a launch wants is given up again afterwards: nobody needs it, and it would hold the snapshots.
    """
    refused = list(refusals(source.set))
    if source.spec.billing_code:
        why = "its image carries a billing code (RHEL, SUSE, Windows, marketplace), which an image of snapshots loses"
        refused.append(Refusal("licence", source.set.name, why))
    if holder := next((each for each in living if each.name == wish.name), None):
        refused.append(Refusal("name", wish.name, f"{holder.id} has that name: choose another with --name"))
    if refused:
        return Plan(refused=tuple(refused), why_empty="the set cannot be restored to this")
    target = Target(
        image_name=image_name(wish.name, now),
        tags={NAME: wish.name},
        places=wish.places,
        image_tags={OF: source.spec.instance},
        subject=wish.name,
        leave=IDENTITY if wish.is_copy else frozenset(),
    )
    steps = restore_steps(source, target)
    give_up = Planned(
        "deregister",
        DeregisterImage(later("image", "image_id")),
        ("instance",),
        "only the launch needed it, and it would hold the snapshots",
        wish.name,
    )
    return Plan((*steps, give_up), notes=tuple(_notes(source, wish, now)))


def image_name(name: str, now: datetime) -> str:
    """Given the new machine's name, return the image's (3 to 128 of AWS's allowed characters)."""
    allowed = re.sub(r"[^A-Za-z0-9()\[\] ./'@_-]", "-", name)[:96]
    return f"ec2kit-restore-{allowed}-{compact_time(now)}"


def _notes(source: Source, wish: Wanted, now: datetime) -> Iterable[str]:
    spec = source.spec
    yield state_of_disks(source.set, now)
    if source.set.bad:
        yield f"the set is marked bad: {source.set.bad}"
    if spec.address:
        yield f"the address stays where it is: `ec2kit eip assign {spec.address} {wish.name}` moves it"
    if PROTECT in spec.tags and not wish.is_copy:
        yield f"it is enrolled for recovery and has no set of its own yet: `ec2kit snapshot create {wish.name}`"
    left = sorted(IDENTITY & spec.tags.keys()) if wish.is_copy else []
    if left:
        yield f"{spec.name} lives, so its copy does not get {', '.join(left)}"


def state_of_disks(chosen: SnapshotSet, now: datetime) -> str:
    """Given a set, return what a person must know of disks made from it."""
    return (
        f"the disks are as of {format_time(chosen.taken)}, {format_age(chosen.taken, now)} ago, "
        "and slow at the first read of each block, which comes from S3"
    )
