"""`wait`: until machines are what somebody waits for. The same looks in a row as everywhere, one call for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ec2kit.errors import Ec2kitError
from ec2kit.model.instances import Instance, InstanceStatus, State
from ec2kit.model.waiting import Wait

if TYPE_CHECKING:
    from ec2kit.aws import Aws

BOUND = timedelta(minutes=10)
REACHED = "reached"
FINE = frozenset({"ok", "not-applicable"})
"""Words of EC2's checks that say nothing bad: the check of attached volumes does not apply to every type."""

Word = Callable[[Instance | None, InstanceStatus | None], str]
"""Given an instance as shown now (None: not at all) and its checks, the word that is compared."""


@dataclass(frozen=True)
class Goal:
    """One thing to wait for: the word that reaches it, the words after which it never comes."""

    word: Word
    wanted: frozenset[str]
    hopeless: frozenset[str] = frozenset()
    checks: bool = False


def _state(instance: Instance | None, _status: InstanceStatus | None) -> str:
    return instance.state.value if instance else "not shown"


def _checked(instance: Instance | None, status: InstanceStatus | None) -> str:
    if instance is None or instance.state is not State.RUNNING:
        return _state(instance, status)
    if status is None:
        return "without checks"
    words = {"system": status.system, "instance": status.instance, "ebs": status.ebs}
    bad = [f"{name} check {check.status}" for name, check in words.items() if check.status not in FINE]
    return ", ".join(bad) or "ok"


_GONE = frozenset({State.SHUTTING_DOWN.value, State.TERMINATED.value})
GOALS: Mapping[str, Goal] = {
    "running": Goal(_state, frozenset({"running"}), _GONE),
    "stopped": Goal(_state, frozenset({"stopped"}), _GONE),
    "terminated": Goal(_state, frozenset({"terminated", "not shown"})),
    "ok": Goal(_checked, frozenset({"ok"}), _GONE, checks=True),
    "gone": Goal(_state, frozenset({"terminated", "not shown"})),
}
"""What `--for` may name. A terminated instance stays visible for about an hour, so `gone` does not wait for that."""


def wait_for(goal: str, ids: Sequence[str], within: timedelta | None) -> Wait:
    """Given a goal, for how many and how long, return the wait as data."""
    what = f"{len(ids)} instances" if len(ids) > 1 else ids[0]
    return Wait(f"{what} to be {goal}", frozenset({REACHED}), bound=within or BOUND)


def look(aws: Aws, goal: Goal, ids: Sequence[str]) -> str:
    """One look at all of them: `reached`, or who is not there yet; raises `Ec2kitError` when it can never come."""
    shown = {str(instance.id): instance for instance in aws.instances.describe(ids)}
    statuses = (
        {str(status.id): status for status in aws.instances.statuses(list(shown))}
        if goal.checks and shown
        else {}
    )
    words = {id: goal.word(shown.get(id), statuses.get(id)) for id in ids}
    if lost := [id for id, word in words.items() if word in goal.hopeless]:
        raise Ec2kitError(
            f"{lost[0]} is {words[lost[0]]}, and will not be what is waited for", resource=lost[0]
        )
    late = [id for id, word in words.items() if word not in goal.wanted]
    if not late:
        return REACHED
    return words[late[0]] if len(ids) == 1 else _listed(late, words)


def _listed(ids: Sequence[str], words: Mapping[str, str], most: int = 3) -> str:
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return ", ".join(f"{id} {words[id]}" for id in ids[:most]) + more
