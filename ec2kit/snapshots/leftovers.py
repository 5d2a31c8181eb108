"""What a run that was given up left behind: sets that can never become complete. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from ec2kit.engine.plan import Plan, Planned
from ec2kit.engine.steps.snapshot import DeleteSnapshot
from ec2kit.model.ids import RunId
from ec2kit.model.tags import KEEP
from ec2kit.snapshots.sets import SetState, SnapshotSet

LATE = timedelta(minutes=10)
"""How long a snapshot of a set may stay unseen: EC2 allows itself up to five minutes ("Eventual consistency")."""


def leftovers(
    sets: Iterable[SnapshotSet], given_up: Callable[[RunId], bool], now: datetime
) -> tuple[SnapshotSet, ...]:
    """Given sets and which runs were given up, return the sets of those runs that can never become complete.

    A set that AWS is still copying will be a good one, and stays; so does what a person protected.
    """
    return tuple(
        each
        for each in sets
        if each.run and _is_broken(each, now) and not _is_kept(each) and given_up(each.run)
    )


def _is_broken(each: SnapshotSet, now: datetime) -> bool:
    if each.state is SetState.INCOMPLETE:
        return now - each.taken > LATE
    return each.state is SetState.ERROR


def _is_kept(each: SnapshotSet) -> bool:
    return any(KEEP in snapshot.tags for snapshot in each.snapshots)


def clean_plan(broken: Iterable[SnapshotSet]) -> Plan:
    """Given sets that can never become complete, return the plan that deletes them."""
    steps = tuple(
        Planned(
            f"{snapshot.id}/delete",
            DeleteSnapshot(snapshot.id),
            reason=f"{each.run} was given up, and the set is {each.state}",
            subject=each.name,
        )
        for each in broken
        for snapshot in each.snapshots
    )
    return Plan(steps, why_empty="" if steps else "no run left anything behind")
