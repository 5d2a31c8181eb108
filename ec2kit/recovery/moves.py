"""What the next move can be: values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ec2kit.engine.plan import Plan

PAUSE = timedelta(seconds=10)
"""Between two looks while a recovery waits for a reply: EC2's own view of a boot changes no faster."""


@dataclass(frozen=True)
class Act:
    """Carry out this plan, then look again."""

    name: str
    why: str
    plan: Plan


@dataclass(frozen=True)
class Await:
    """Nothing to do but to look again after a pause."""

    why: str
    pause: timedelta = PAUSE


@dataclass(frozen=True)
class Done:
    """There is nothing (more) to do."""

    why: str


@dataclass(frozen=True)
class Blocked:
    """A rule forbids the next move; the machine stays as it is until the reason goes. `hint` is what to type."""

    why: str
    hint: str = ""


Move = Act | Await | Done | Blocked
