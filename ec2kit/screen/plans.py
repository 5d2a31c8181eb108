"""A plan as a person reads it before saying yes, as rows for a pipe, and as JSON for a program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ec2kit.costs.planned import PlanCost
from ec2kit.engine.plan import Plan, Planned
from ec2kit.engine.steps.base import CannotUndo
from ec2kit.screen.amounts import cost_json, monthly_text, plan_cost_lines
from ec2kit.screen.columns import Column
from ec2kit.screen.paper import Format, Paper
from ec2kit.screen.rows import json_text, rows_text
from ec2kit.screen.values import json_dump, one_line


@dataclass(frozen=True)
class Place:
    """Where a plan acts; `sandbox` is empty on real AWS."""

    account: str
    region: str
    sandbox: str = ""

    def __str__(self) -> str:
        where = f"{self.region}, account {self.account}"
        return f"sandbox {self.sandbox}, {where}" if self.sandbox else where


@dataclass(frozen=True)
class Priced:
    """What a plan costs, and when that is told: prices have an age."""

    cost: PlanCost
    now: datetime


class _NotYet(Mapping[str, Any]):
    """Stands for the result of a step that did not run: every field reads `(its name)`."""

    def __getitem__(self, name: str) -> str:
        return f"({name.replace('_', ' ')})"

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def undo_text(planned: Planned) -> str:
    """Given a planned step, return how it would be taken back, or why it cannot be."""
    back = planned.step.undo(_NotYet())
    if isinstance(back, CannotUndo):
        return f"cannot be undone: {back.reason}"
    return "; ".join(step.describe() for step in back)


def target_text(planned: Planned) -> str:
    """Given a planned step, return what it is about: an id, a name, or `<field of step>` for what is not there yet."""
    return str(planned.step.target())


def sentence(planned: Planned) -> str:
    """Given a planned step, return what it does, with the machine's name when the step knows only its id."""
    text = planned.step.describe()
    named = f" ({planned.subject})" if planned.subject and planned.subject not in text else ""
    return f"{text}{named}"


PLAN_COLUMNS: tuple[Column[Planned], ...] = (
    Column("target", target_text),
    Column("kind", lambda planned: planned.step.kind),
    Column("what", sentence),
    Column("reason", lambda planned: planned.reason),
    Column("key", lambda planned: planned.key),
    Column("needs", lambda planned: planned.needs),
)


def plan_json(plan: Plan, place: Place, run: str, priced: Priced | None = None) -> dict[str, Any]:
    """Given a plan, return the documented JSON object; `run` is empty while there is none."""
    costs = priced.cost.steps if priced else {}
    return {
        "account": place.account,
        "region": place.region,
        "sandbox": place.sandbox or None,
        "run": run or None,
        "steps": [
            {
                "key": planned.key,
                "kind": planned.step.kind,
                "target": target_text(planned),
                "what": sentence(planned),
                "reason": planned.reason,
                "needs": list(planned.needs),
                "undo": undo_text(planned),
                "cost_month": costs[planned.key].monthly if planned.key in costs else None,
            }
            for planned in plan.steps
        ],
        "refused": [
            {"rule": item.rule, "resource": item.resource, "reason": item.reason} for item in plan.refused
        ],
        "unchanged": [{"resource": resource, "reason": reason} for resource, reason in plan.unchanged],
        "notes": list(plan.notes),
        "cost": cost_json(priced.cost.whole, priced.now) if priced and costs else None,
    }


def plan_lines(plan: Plan, place: Place, priced: Priced | None = None) -> Iterator[str]:
    """Given a plan, yield the lines that a person reads: the place, the steps in order, what is left out, notes."""
    costs = priced.cost.steps if priced else {}
    yield f"plan for {place}:"
    for number, planned in enumerate(plan.steps, 1):
        reason = f": {planned.reason}" if planned.reason else ""
        priced_step = costs.get(planned.key)
        cost = f" ({monthly_text(priced_step)})" if priced_step and priced_step.monthly else ""
        yield f"  {number}. {sentence(planned)}{reason}{cost}"
    yield from (f"  {line}" for line in lines_beside(plan, priced))


def lines_beside(plan: Plan, priced: Priced | None = None) -> Iterator[str]:
    """Given a plan, yield what its steps do not say: that there are none, what is left out and why, notes, the cost.

    Rows in a pipe are the steps alone: these lines are said beside them.
    """
    if not plan.steps:
        yield f"nothing to do{': ' + plan.why_empty if plan.why_empty else ''}"
    for item in plan.refused:
        yield f"refused: {item.resource}: {item.reason} ({item.rule})"
    for resource, reason in plan.unchanged:
        yield f"unchanged: {resource}: {reason}"
    for note in plan.notes:
        yield f"note: {note}"
    yield from plan_cost_lines(priced.cost, priced.now) if priced else ()


def plan_text(
    plan: Plan, place: Place, paper: Paper, *, run: str = "", priced: Priced | None = None
) -> Iterator[str]:
    """Given a plan, yield it in the format asked for; TSV, CSV and ids list its steps."""
    if paper.format is Format.TABLE:
        yield from (f"{one_line(line)}\n" for line in plan_lines(plan, place, priced))
    elif paper.format is Format.JSON:
        yield json_text(plan_json(plan, place, run, priced))
    elif paper.format is Format.JSONL:
        yield from (json_line(step) for step in plan_json(plan, place, run, priced)["steps"])
    else:
        yield from rows_text(PLAN_COLUMNS, plan.steps, paper)


def json_line(value: Any) -> str:
    """Given a JSON value, return it on one line that ends in a newline."""
    return json_dump(value) + "\n"
