"""Which snapshot set a replacement may start from: pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ec2kit.model.periods import format_age, format_duration
from ec2kit.snapshots.sets import SnapshotSet


@dataclass(frozen=True)
class NoCandidate:
    """Why no set will do."""

    reason: str


def choose(sets: Iterable[SnapshotSet], max_age: timedelta, now: datetime) -> SnapshotSet | NoCandidate:
    """Given a machine's sets, return the one to start from, or why there is none.

    Complete, not marked bad, within `max_age`; of those the newest, but a drilled one goes before an undrilled
    one of the same hour, because it is known to boot and costs little more.
    """
    everything = list(sets)
    if not everything:
        return NoCandidate("there is no snapshot set of it")
    usable = [each for each in everything if each.complete and not each.bad]
    if not usable:
        return NoCandidate(
            f"none of its {len(everything)} sets is complete and good ({_why_not(everything[0])})"
        )
    newest = max(usable, key=lambda each: each.taken)
    if now - newest.taken > max_age:
        age, bound = format_age(newest.taken, now), format_duration(max_age)
        return NoCandidate(f"its newest set '{newest.name}' is {age} old, and the policy allows {bound}")
    near = [each for each in usable if each.drilled and newest.taken - each.taken < timedelta(hours=1)]
    return max(near, key=lambda each: each.taken, default=newest)


def _why_not(newest: SnapshotSet) -> str:
    if newest.bad:
        return f"'{newest.name}' is marked bad: {newest.bad}"
    states = sorted({snapshot.state for snapshot in newest.snapshots})
    return (
        f"'{newest.name}' has {len(newest.snapshots)} of {newest.expected} snapshots, {' and '.join(states)}"
    )
