"""What to keep and what to delete of things taken again and again, with the reason for each. Pure.

Images and snapshot sets are judged alike: a policy names how many of the newest, of the hours, of the days and so
on it wants, and a candidate is kept when any rule wants it. A candidate of each group (a machine, a recipe) is
judged only against others of its group.

| rule | keeps |
|---|---|
| last N | the N newest |
| hourly, daily, weekly, monthly, yearly N | the newest of each of the N latest such periods that have any |
| within D | all that are less than D older than the newest |
| always | the newest good one, the newest that was drilled, what is held, what is dated in the future |

Periods are UTC and half-open (a day is [00:00, 24:00)), weeks are ISO 8601's. One that never became good (a set that
lacks a snapshot) counts for nothing and goes, unless it is held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

from ec2kit.errors import UsageError
from ec2kit.model.periods import format_duration, format_time


@dataclass(frozen=True)
class Policy:
    """How much to keep; 0 and None are rules that keep nothing. Raises `UsageError` when no rule keeps anything,
    and for less than nothing."""

    last: int = 0
    hourly: int = 0
    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    yearly: int = 0
    within: timedelta | None = None

    def __post_init__(self) -> None:
        """A policy that keeps nothing would delete all but the newest, which nobody asked for by typing nothing."""
        given = [getattr(self, rule.name) for rule in fields(self)]
        if any(isinstance(number, int) and number < 0 for number in given):
            raise UsageError("a policy keeps 0 or more of something, not less")
        if not any(given):
            hint = "say what to keep, as `--keep-daily 7 --keep-weekly 4` or `--keep-within 30d`"
            raise UsageError("the policy keeps nothing", hint=hint)


@dataclass(frozen=True)
class Candidate:
    """Something that may be kept or deleted."""

    id: str
    taken: datetime
    group: str = ""
    holds: tuple[str, ...] = ()
    """Why it is kept whatever the policy says: `used by i-…`, `ec2kit:keep`."""
    broken: str = ""
    """Why it is good for nothing: it counts for no rule."""
    drilled: bool = False
    size_gib: int = 0


@dataclass(frozen=True)
class Decision:
    """What becomes of a candidate: `reasons` are those for keeping it, or those for deleting it."""

    candidate: Candidate
    keep: bool
    reasons: tuple[str, ...]

    @property
    def why(self) -> str:
        """The reasons as one text."""
        return "; ".join(self.reasons)


@dataclass(frozen=True)
class _Period:
    name: str
    label: Callable[[datetime], str]


def _week(taken: datetime) -> str:
    year, week, _ = taken.isocalendar()
    return f"{year:04d}-W{week:02d}"


PERIODS: tuple[_Period, ...] = (
    _Period("hourly", lambda taken: f"{taken:%Y-%m-%dT%H}:00Z"),
    _Period("daily", lambda taken: f"{taken:%Y-%m-%d}"),
    _Period("weekly", _week),
    _Period("monthly", lambda taken: f"{taken:%Y-%m}"),
    _Period("yearly", lambda taken: f"{taken:%Y}"),
)
"""Each rule that counts periods, and the name of the period that a moment in UTC is in."""


def decide(candidates: Iterable[Candidate], policy: Policy, now: datetime) -> tuple[Decision, ...]:
    """Given candidates, a policy and the time, return what becomes of each, by group and newest first.

    The result does not depend on the order of the candidates. A larger policy keeps all that a smaller one keeps,
    and what is left after deleting is all kept when it is judged again.
    """
    groups: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault(candidate.group, []).append(candidate)
    return tuple(
        decision for _, members in sorted(groups.items()) for decision in _judge(members, policy, now)
    )


def _judge(members: Sequence[Candidate], policy: Policy, now: datetime) -> list[Decision]:
    ordered = sorted(members, key=lambda each: (each.taken, each.id), reverse=True)
    good = [each for each in ordered if not each.broken and each.taken <= now]
    rules = [*_by_count(good, policy), *(_by_period(period, good, policy) for period in PERIODS)]
    return [_decision(each, rules, _always(each, good, now)) for each in ordered]


@dataclass(frozen=True)
class _Rule:
    """What a rule keeps, by id with the reason; and why it does not keep another."""

    kept: Mapping[str, str]
    why_not: Callable[[Candidate], str]


def _by_count(good: Sequence[Candidate], policy: Policy) -> Iterable[_Rule]:
    if policy.last:
        kept = {each.id: f"last {number}" for number, each in enumerate(good[: policy.last], 1)}
        yield _Rule(kept, lambda _: f"not among the last {policy.last}")
    if policy.within and good:
        since, span = good[0].taken - policy.within, format_duration(policy.within)
        kept = {each.id: f"within {span}" for each in good if each.taken > since}
        yield _Rule(kept, lambda _: f"older than {span} before the newest")


def _by_period(period: _Period, good: Sequence[Candidate], policy: Policy) -> _Rule:
    most: int = getattr(policy, period.name)
    newest: dict[str, Candidate] = {}
    for each in good:
        newest.setdefault(period.label(each.taken.astimezone(UTC)), each)
    chosen = dict(list(newest.items())[:most])

    def why_not(candidate: Candidate) -> str:
        label = period.label(candidate.taken.astimezone(UTC))
        if not most:
            return ""
        return (
            f"{period.name} {label} is {chosen[label].id}"
            if label in chosen
            else f"beyond {most} {period.name}"
        )

    return _Rule({each.id: f"{period.name} {label}" for label, each in chosen.items()}, why_not)


def _always(candidate: Candidate, good: Sequence[Candidate], now: datetime) -> list[str]:
    reasons = list(candidate.holds)
    if good and candidate == good[0]:
        reasons.insert(0, "newest")
    if candidate == next((each for each in good if each.drilled), None):
        reasons.append("newest drilled")
    if candidate.taken > now:
        reasons.append(f"dated {format_time(candidate.taken)}, in the future")
    return reasons


def _decision(candidate: Candidate, rules: Sequence[_Rule], always: Sequence[str]) -> Decision:
    wanted = [rule.kept[candidate.id] for rule in rules if candidate.id in rule.kept]
    if always or wanted:
        return Decision(candidate, True, (*always, *wanted))
    if candidate.broken:
        return Decision(candidate, False, (candidate.broken,))
    return Decision(candidate, False, tuple(why for rule in rules if (why := rule.why_not(candidate))))
