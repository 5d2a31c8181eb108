"""The plan that deletes the sets that a policy does not want, each with its reason. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ec2kit.engine.plan import Plan, Planned
from ec2kit.inventory.standing import being_recovered
from ec2kit.model.tags import KEEP
from ec2kit.snapshots.delete import Uses, delete_plan, people_using
from ec2kit.snapshots.leftovers import LATE
from ec2kit.snapshots.retention import Candidate, Policy, decide
from ec2kit.snapshots.sets import SetState, SnapshotSet


def candidate_of(each: SnapshotSet, uses: Uses, now: datetime) -> Candidate:
    """Given a set, return what retention must know of it.

    Sets are judged for each machine. Those marked bad, which are kept for a person to look at, are judged among
    themselves: they push no good one out, and no good one them.
    """
    holds = [KEEP] if any(KEEP in snapshot.tags for snapshot in each.snapshots) else []
    holds += [f"used by {image.id}" for image in people_using(each, uses.images)]
    holds += [f"{each.of} is being recovered"] if being_recovered(uses.machines.get(each.of, {})) else []
    broken = "" if each.complete else f"it is {each.state}"
    if each.state is SetState.PENDING:
        holds.append("AWS is still copying it")
    elif broken and now - each.taken < LATE:
        holds.append("AWS may not show all of it yet")
    group = f"{each.machine} ({each.of})" + (", marked bad" if each.bad else "")
    key = _key(each)
    return Candidate(
        key, each.taken, group, tuple(holds), broken, each.drilled and not each.bad, each.size_gib
    )


def prune_plan(sets: Sequence[SnapshotSet], uses: Uses, policy: Policy, now: datetime) -> Plan:
    """Given the sets to judge, what sets are good for and a policy, return the plan.

    What is kept is in it as unchanged, with its reasons: always the newest complete set of each machine and the
    newest that was drilled.
    """
    decisions = decide([candidate_of(each, uses, now) for each in sets], policy, now)
    by_key = {_key(each): each for each in sets}
    why = {by_key[each.candidate.id].name: each.why for each in decisions}
    going = [by_key[each.candidate.id] for each in decisions if not each.keep]
    plan = delete_plan(going, uses)
    kept = tuple((by_key[each.candidate.id].name, each.why) for each in decisions if each.keep)
    return replace(
        plan,
        steps=tuple(_explained(planned, why) for planned in plan.steps),
        unchanged=kept,
        why_empty="" if plan else "the policy keeps all of them" if kept else "there are no sets",
    )


def _key(each: SnapshotSet) -> str:
    """Two machines of one name may have taken a set in one second."""
    return f"{each.name} {each.of}".strip()


def _explained(planned: Planned, why: dict[str, str]) -> Planned:
    return replace(planned, reason=why.get(planned.subject, planned.reason))
