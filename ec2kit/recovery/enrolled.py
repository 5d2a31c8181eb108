"""Who is looked after: pure reading of tags, and what is remembered of it between runs.

Enrolment is the tag `ec2kit:protect`. What was enrolled is remembered, so that a machine that disappears is a
finding and not an empty list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ec2kit.model.ids import InstanceId
from ec2kit.model.instances import Instance
from ec2kit.model.runs import EvidenceStore
from ec2kit.model.tags import PROTECT, STATE
from ec2kit.recovery.failures import Course, failure_of

PREFIX = "enrolled/"
SET_ASIDE = frozenset({"quarantined", "twin", "drill", "helper"})
"""States of instances that carry a role's tags and are not, or not yet, the machine itself."""


@dataclass(frozen=True)
class Vanished:
    """An enrolled machine that AWS no longer shows."""

    id: InstanceId
    name: str


def is_enrolled(instance: Instance) -> bool:
    """Whether this instance is looked after: tagged, and not set aside, unless its recovery is under way."""
    if PROTECT not in instance.tags:
        return False
    failure = failure_of(instance.tags)
    under_way = failure is not None and failure.course is Course.RECOVERING
    return under_way or instance.tags.get(STATE, "") not in SET_ASIDE


def remember(store: EvidenceStore, enrolled: Iterable[Instance]) -> None:
    """Keep who is enrolled."""
    known = store.recall_all(PREFIX)
    for instance in enrolled:
        if known.get(PREFIX + instance.id) != instance.name:
            store.remember(PREFIX + instance.id, instance.name)


def forget(store: EvidenceStore, id: str) -> None:
    """The machine is no longer looked after: by order, or it was told once that it vanished."""
    store.forget(PREFIX + id)


def missing(store: EvidenceStore, shown: Iterable[Instance]) -> dict[InstanceId, str]:
    """The ids and names that were enrolled when last looked, and are not among those shown now."""
    ids = {instance.id for instance in shown}
    known = {
        InstanceId(key.removeprefix(PREFIX)): str(name) for key, name in store.recall_all(PREFIX).items()
    }
    return {id: name for id, name in known.items() if id not in ids}
