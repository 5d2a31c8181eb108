"""What may go because its time is over: everything with an `ec2kit:expires` that has passed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ec2kit.engine.plan import Plan, Planned, Refusal
from ec2kit.engine.steps import (
    DeleteSnapshot,
    DeleteVolume,
    DeregisterImage,
    ReleaseAddress,
    Step,
    TerminateInstance,
)
from ec2kit.errors import UsageError
from ec2kit.model.disks import Image, Snapshot, Volume
from ec2kit.model.instances import Address, Instance
from ec2kit.model.periods import format_age, parse_time
from ec2kit.model.tags import EXPIRES, KEEP, Tags, name_of

if TYPE_CHECKING:
    from ec2kit.aws import Aws

Thing = Instance | Volume | Snapshot | Image | Address


@dataclass(frozen=True)
class Expiring:
    """Everything in a region that says when it expires, expired or not."""

    instances: tuple[Instance, ...] = ()
    volumes: tuple[Volume, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    images: tuple[Image, ...] = ()
    addresses: tuple[Address, ...] = ()


def observe_expiring(aws: Aws) -> Expiring:
    """Ask AWS for everything with the tag; instances that are gone already are left out."""
    tagged = {"tag-key": (EXPIRES,)}
    return Expiring(
        tuple(each for each in aws.instances.describe(filters=tagged) if not each.state.is_gone),
        aws.volumes.describe(filters=tagged),
        aws.snapshots.describe(filters=tagged),
        aws.images.describe(filters=tagged),
        aws.addresses.describe(tagged),
    )


def plan_removal(found: Expiring, now: datetime) -> Plan:
    """Given what expires some day, return the plan that removes what has expired.

    What something else still uses goes after it, and stays when that stays: a snapshot after its image, a
    volume and an address after their instance. Protected things and unreadable times are refused.
    """
    steps: dict[str, Planned] = {}
    refused: list[Refusal] = []
    for thing in _in_order(found):
        why = _reason(thing.tags, now)
        if why is None:
            continue
        user = _user(thing)
        if refusal := _refusal(thing, why, user, steps):
            refused.append(refusal)
            continue
        needs = tuple(steps[each].key for each in _users_before(thing, user, steps))
        steps[_id(thing)] = Planned(
            f"remove/{_id(thing)}", _step(thing), needs, why, name_of(thing.tags, _id(thing))
        )
    return Plan(tuple(steps.values()), tuple(refused), why_empty="nothing has expired")


def _in_order(found: Expiring) -> Iterator[Thing]:
    yield from found.instances
    yield from found.images
    yield from found.snapshots
    yield from found.volumes
    yield from found.addresses


def _reason(tags: Tags, now: datetime) -> str | None:
    """Why the thing goes, None when its time has not come, or a sentence that begins with `no time`."""
    try:
        expires = parse_time(tags[EXPIRES])
    except UsageError as error:
        return f"no time can be read from {EXPIRES}: {error.message}"
    return f"expired {format_age(expires, now)} ago" if expires <= now else None


def _refusal(thing: Thing, why: str, user: str, steps: dict[str, Planned]) -> Refusal | None:
    if why.startswith("no time"):
        return Refusal(EXPIRES, _id(thing), why)
    if KEEP in thing.tags:
        return Refusal(KEEP, _id(thing), "it is protected")
    if user and user not in steps:
        return Refusal("in use", _id(thing), f"{user} uses it")
    return None


def _user(thing: Thing) -> str:
    """The instance that a volume or an address is at."""
    if isinstance(thing, Volume):
        return thing.instance or ""
    if isinstance(thing, Address):
        return thing.instance or thing.interface or ""
    return ""


def _users_before(thing: Thing, user: str, steps: dict[str, Planned]) -> list[str]:
    """The ids in the plan that go before this one."""
    if isinstance(thing, Snapshot):
        return [id for id, planned in steps.items() if isinstance(planned.step, DeregisterImage)]
    return [user] if user else []


def _step(thing: Thing) -> Step:
    match thing:
        case Instance():
            return TerminateInstance(thing.id)
        case Volume():
            return DeleteVolume(thing.id)
        case Snapshot():
            return DeleteSnapshot(thing.id)
        case Image():
            return DeregisterImage(thing.id)
        case Address():
            return ReleaseAddress(thing.allocation, public_ip=thing.public_ip)


def _id(thing: Thing) -> str:
    return thing.allocation if isinstance(thing, Address) else thing.id
