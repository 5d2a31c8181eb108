"""What AWS does and moto does not: one small module for each theme, installed once a process.

A rule module has `install()`, which changes moto through `patching`. One whose states move with time also has
`settle(now)`. The order of `RULES` is the order of installation: a later rule wraps an earlier one.
"""

from datetime import datetime
from typing import Protocol


class Rule(Protocol):
    """A module that changes moto."""

    def install(self) -> None: ...


class TimedRule(Protocol):
    """A module whose states move on as time passes."""

    def settle(self, now: datetime) -> None: ...


RULES: tuple[Rule, ...] = ()

TIMED: tuple[TimedRule, ...] = ()


def install() -> None:
    """Install every rule; doing it again is harmless."""
    for rule in RULES:
        rule.install()


def settle(now: datetime) -> None:
    """Move every state that is due by `now` on. Called under the lock at the start of each request."""
    for rule in TIMED:
        rule.settle(now)
