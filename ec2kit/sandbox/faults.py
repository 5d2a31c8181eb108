"""Requests that go wrong: which ones, how, how often, and a record of each time.

A fault is about the request (throttled, reset, answered late or never). What is wrong with a resource is a condition
(`conditions`, made by `breaks`).
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from random import Random
from typing import Literal

from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.shapes import AwsError, broken, throttled

Kind = Literal["throttle", "error", "500", "503", "reset", "delay", "timeout", "lose-answer", "no-capacity"]

# An afternoon's worth: `status` shows the newest.
FIRINGS_KEPT = 1_000


@dataclass(frozen=True)
class Effect:
    """What happens to a request: `code` for an error, `delay` for a late answer."""

    kind: Kind
    code: str = ""
    delay: timedelta = timedelta(0)

    @property
    def ends_the_call(self) -> bool:
        """Whether the request is not handled at all."""
        return self.kind not in ("delay", "lose-answer")

    def error(self, call: Call) -> AwsError | None:
        """The error that `call` is answered with, or None if it gets another fate."""
        if self.kind == "throttle":
            return throttled(call)
        if self.kind in ("500", "503"):
            return broken(call, int(self.kind))
        if self.kind == "no-capacity":
            text = "We currently do not have sufficient capacity in the Availability Zone you requested."
            return AwsError("InsufficientInstanceCapacity", text)
        return AwsError(self.code) if self.kind == "error" else None

    def __str__(self) -> str:
        if self.kind == "delay":
            return f"delay:{self.delay.total_seconds():g}s"
        return f"error:{self.code}" if self.kind == "error" else self.kind


@dataclass(frozen=True)
class Spell:
    """When and how often: the first `after` matching requests pass, then at most `times`, each with `probability`.

    `at` is how long after it was made it begins, `lasts` how long it holds then (None: until mended).
    """

    times: int | None = None
    after: int = 0
    probability: float = 1.0
    at: timedelta = timedelta(0)
    lasts: timedelta | None = None


@dataclass
class Fault:
    """One fault and how far it has come. `on` is a pattern such as `ec2:Run*`."""

    id: str
    on: str
    effect: Effect
    spell: Spell
    begins: datetime
    when: Mapping[str, str] = field(default_factory=dict)
    seen: int = 0
    fired: int = 0

    @property
    def ends(self) -> datetime | None:
        """When it stops by itself."""
        return None if self.spell.lasts is None else self.begins + self.spell.lasts

    def is_spent(self, now: datetime) -> bool:
        """Whether it will never fire again."""
        if self.spell.times is not None and self.fired >= self.spell.times:
            return True
        return self.ends is not None and now >= self.ends

    def fires(self, now: datetime, rng: Random) -> bool:
        """Whether it fires for a request that matches; counts the request."""
        if now < self.begins or self.is_spent(now):
            return False
        self.seen += 1
        if self.seen <= self.spell.after:
            return False
        # The dice are thrown only where chance is asked for: other faults must not change their order.
        if self.spell.probability < 1 and rng.random() >= self.spell.probability:
            return False
        self.fired += 1
        return True


@dataclass(frozen=True)
class Firing:
    """One time that a fault did something to a call."""

    fault: str
    effect: str
    call: str
    at: datetime


Facts = Callable[[Call], Mapping[str, str]]
"""Given a call, what it is about beyond its parameters: `zone`, `type`, `resources` (ids and names)."""


class FaultBook:
    """The faults of a world, in the order in which they were made."""

    def __init__(self) -> None:
        self.faults: dict[str, Fault] = {}
        self.firings: deque[Firing] = deque(maxlen=FIRINGS_KEPT)

    def add(self, fault: Fault) -> None:
        """Let `fault` fire from now on."""
        self.faults[fault.id] = fault

    def remove(self, fault_id: str) -> bool:
        """Take a fault away; False if there is none of this id."""
        return self.faults.pop(fault_id, None) is not None

    def strike(self, call: Call, now: datetime, rng: Random, facts: Facts) -> list[tuple[str, Effect]]:
        """What happens to `call`: delays and a lost answer may come together, and the first refusal is the last."""
        struck: list[tuple[str, Effect]] = []
        for fault in self.faults.values():
            if not fnmatchcase(call.name, fault.on) or not matches(fault.when, call, facts):
                continue
            if fault.fires(now, rng):
                struck.append((fault.id, fault.effect))
                self.firings.append(Firing(fault.id, str(fault.effect), call.name, now))
                if fault.effect.ends_the_call:
                    break
        return struck


def matches(when: Mapping[str, str], call: Call, facts: Facts) -> bool:
    """Whether a call has every value that `when` asks for.

    `az` or `zone`, `type` and `resource` are looked up; any other key is the name of a parameter as sent, or its last
    part (`InstanceType`, `ImageId`). Values are patterns.
    """
    if not when:
        return True
    known = facts(call)
    return all(_matches_one(key, pattern, call, known) for key, pattern in when.items())


def _matches_one(key: str, pattern: str, call: Call, known: Mapping[str, str]) -> bool:
    key = {"az": "zone", "instance": "resource", "volume": "resource"}.get(key, key)
    if key in ("zone", "type", "resource"):
        return any(fnmatchcase(value, pattern) for value in known.get(key, "").split(",") if value)
    values = [value for name, value in call.params.items() if name == key or name.endswith(f".{key}")]
    return any(fnmatchcase(value, pattern) for value in values)
