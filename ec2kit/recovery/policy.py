"""What may be done for a machine, and when: built-in values, changed by the machine's own tags. Pure.

| setting   | built in | meaning                                                                |
|-----------|----------|------------------------------------------------------------------------|
| bad, of   | 3, 5     | bad samples among the last so many of a kind                            |
| over      | 3m       | for at least this long                                                 |
| grace     | 10m      | after a start, before a first reply, nothing is judged                  |
| restart   | 10m      | how long the restart rung may take until a reply                        |
| replace   | 30m      | how long the replacement may take until a reply                         |
| step      | 2m       | how long each way of stopping may take before the next harder one        |
| max-age   | 24h      | the oldest set that may be launched                                     |
| cool-down | 1h       | no other recovery of the machine after one that worked                  |

`of` ends at 30 and `over` at 15m: what would want more samples than are kept is refused, not waited for in silence.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import timedelta
from enum import StrEnum

from ec2kit.errors import UsageError
from ec2kit.model.periods import format_duration, parse_duration
from ec2kit.model.tags import POLICY, PROTECT, Tags

MOST_OF, LONGEST_OVER = 30, timedelta(minutes=15)
"""The ring keeps 400 samples of a machine: with six kinds of evidence, looked at twice a minute by `check` and
`recover`, half an hour. Within these bounds what a verdict wants is always there."""


class Rung(StrEnum):
    """How far recovery may go, in the order of the ladder; each includes those before it."""

    WATCH = "watch"
    REBOOT = "reboot"
    RESTART = "restart"
    ROOT = "root"
    REPLACE = "replace"

    def reaches(self, other: Rung) -> bool:
        """Whether a machine enrolled with this rung may be recovered by the other one."""
        order = list(Rung)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True)
class Policy:
    """The values that judging and acting go by, for one machine."""

    last: Rung = Rung.REPLACE
    bad: int = 3
    of: int = 5
    over: timedelta = timedelta(minutes=3)
    grace: timedelta = timedelta(minutes=10)
    restart: timedelta = timedelta(minutes=10)
    replace: timedelta = timedelta(minutes=30)
    step: timedelta = timedelta(minutes=2)
    max_age: timedelta = timedelta(hours=24)
    cool_down: timedelta = timedelta(hours=1)

    @property
    def window(self) -> timedelta:
        """How far back samples count: with one a minute, `of` of them and as much again for a cron that was late."""
        return max(self.over * 3, timedelta(minutes=2 * self.of))


@dataclass(frozen=True)
class Brake:
    """The storm brake and the caps: what keeps a sick monitor or a sick zone from being recovered to death."""

    count: int = 2
    share: float = 0.30
    zone: int = 3
    at_once: int = 5
    an_hour: int = 20
    cool_down: timedelta = timedelta(minutes=10)


def policy_of(tags: Tags) -> Policy | None:
    """Given an instance's tags, return its policy, or None when it is not enrolled.

    `ec2kit:protect` holds the last rung, `ec2kit:policy` may hold `bad=2 over=1m max-age=48h`. Raises
    `UsageError` for a rung, a setting or a value that does not exist.
    """
    word = tags.get(PROTECT)
    if word is None:
        return None
    if word not in set(Rung):
        raise UsageError(f"'{word}' is not a rung", hint=f"{PROTECT} is one of {', '.join(Rung)}")
    return _with_settings(Policy(last=Rung(word)), tags.get(POLICY, ""))


def _with_settings(policy: Policy, text: str) -> Policy:
    kinds = {field.name: field.type for field in fields(Policy) if field.name != "last"}
    changes: dict[str, int | timedelta] = {}
    for word in text.replace(",", " ").split():
        key, _, value = word.partition("=")
        name = key.replace("-", "_")
        if name not in kinds or not value:
            known = ", ".join(each.replace("_", "-") for each in kinds)
            raise UsageError(f"'{word}' is not a setting", hint=f"{POLICY} holds KEY=VALUE pairs of {known}")
        if kinds[name] == "int" and not (value.isdigit() and int(value) > 0):
            raise UsageError(f"'{word}' wants a whole number above 0")
        changes[name] = int(value) if kinds[name] == "int" else parse_duration(value)
    changed = replace(policy, **changes)  # type: ignore[arg-type]  # checked by field above
    if changed.bad > changed.of:
        raise UsageError(f"bad={changed.bad} is more than of={changed.of}", hint="it would never be reached")
    if changed.of > MOST_OF:
        raise UsageError(
            f"of={changed.of} is more samples than are kept", hint=f"of={MOST_OF} at most, and bad as well"
        )
    if changed.over > LONGEST_OVER:
        longest = format_duration(LONGEST_OVER)
        raise UsageError(
            f"over={format_duration(changed.over)} is longer than samples are kept",
            hint=f"over={longest} at most: it would never be reached",
        )
    return changed


def describe(policy: Policy) -> str:
    """Given a policy, return it in one line, as `recovery status` shows it."""
    return (
        f"up to {policy.last}; {policy.bad} bad of {policy.of} over {format_duration(policy.over)}, "
        f"grace {format_duration(policy.grace)}; sets up to {format_duration(policy.max_age)} old"
    )
