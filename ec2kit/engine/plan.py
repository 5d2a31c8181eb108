"""A plan: steps with what they depend on and why they are there. Pure values; nothing here acts.

Capabilities make plans, `screen` shows them, `engine.execute` carries them out. An empty plan says why.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter

from ec2kit.engine.steps.base import Step


@dataclass(frozen=True)
class Planned:
    """One step in a plan; `key` is unique in the plan and part of the client token, so it never depends on time."""

    key: str
    step: Step
    needs: tuple[str, ...] = ()
    reason: str = ""
    subject: str = ""
    """The machine (name or id) that a bulk report counts this step for."""


@dataclass(frozen=True)
class Refusal:
    """An item that a safety rule keeps out of the plan: which rule, what, and why."""

    rule: str
    resource: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """What will be done, what is refused, and what is unchanged already (with the reason)."""

    steps: tuple[Planned, ...] = ()
    refused: tuple[Refusal, ...] = ()
    unchanged: tuple[tuple[str, str], ...] = ()
    why_empty: str = ""
    notes: tuple[str, ...] = ()
    """Sentences a person should read before saying yes: what stays billed, what is lost."""

    @classmethod
    def of(cls, *steps: Step, reason: str = "") -> Plan:
        """A plan of steps one after the other."""
        planned: list[Planned] = []
        for number, step in enumerate(steps, 1):
            needs = (planned[-1].key,) if planned else ()
            planned.append(Planned(f"{number}-{step.kind}", step, needs, reason, step.target()))
        return cls(tuple(planned))

    def __post_init__(self) -> None:
        """Refuses duplicate keys, needs that are not in the plan, and circles (a mistake of ours: `ValueError`)."""
        keys = [planned.key for planned in self.steps]
        known = set(keys)
        if len(known) != len(keys):
            raise ValueError(f"duplicate step keys: {sorted({key for key in keys if keys.count(key) > 1})}")
        for planned in self.steps:
            if missing := set(planned.needs) - known:
                raise ValueError(f"step {planned.key} needs {sorted(missing)}, which the plan does not have")
        try:
            self.graph().prepare()
        except CycleError as error:
            raise ValueError(f"the plan goes in a circle: {error.args[1]}") from error

    def __bool__(self) -> bool:
        return bool(self.steps)

    def graph(self) -> TopologicalSorter[str]:
        """The order of the keys as a fresh sorter."""
        return TopologicalSorter({planned.key: planned.needs for planned in self.steps})

    def step(self, key: str) -> Planned:
        """The planned step with this key; raises `KeyError`."""
        return next(planned for planned in self.steps if planned.key == key)

    def and_then(self, later: Plan) -> Plan:
        """This plan with another one after it: the later one's first steps need all of this one's last steps."""
        needed = {need for planned in self.steps for need in planned.needs}
        last = tuple(planned.key for planned in self.steps if planned.key not in needed)
        followers = tuple(p if p.needs else replace(p, needs=last) for p in later.steps)
        return replace(combine(self, replace(later, steps=())), steps=self.steps + followers)


def combine(*plans: Plan) -> Plan:
    """Given independent plans, return one plan that holds all their steps, side by side."""
    steps = tuple(planned for plan in plans for planned in plan.steps)
    return Plan(
        steps=steps,
        refused=tuple(refusal for plan in plans for refusal in plan.refused),
        unchanged=tuple(item for plan in plans for item in plan.unchanged),
        why_empty="" if steps else next((plan.why_empty for plan in plans if plan.why_empty), ""),
        notes=tuple(dict.fromkeys(note for plan in plans for note in plan.notes)),
    )
