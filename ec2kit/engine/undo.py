"""The way back: what a run did, newest first, as a plan of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ec2kit.engine.book import is_empty, is_unchanged, last_records
from ec2kit.engine.codec import Kinds, decode_step
from ec2kit.engine.plan import Plan, Planned, Refusal
from ec2kit.engine.resolve import resolve
from ec2kit.engine.steps import KINDS
from ec2kit.engine.steps.base import CannotUndo, Result, Step
from ec2kit.model.runs import StepRecord


def changed_something(records: Sequence[StepRecord]) -> bool:
    """Whether a run of these steps has changed anything: `undo last` passes over one that has not."""
    return any(not is_empty(record) and not is_unchanged(record.result) for record in records)


def undo_plan(records: Sequence[StepRecord], kinds: Kinds = KINDS) -> Plan:
    """Given a run's step records, return the plan that takes back what they did, each after what needed it.

    What cannot be taken back is refused with its reason. What was so before the run is left alone.
    """
    results = {
        key: record.result for key, record in last_records(records).items() if record.result is not None
    }
    steps: list[Planned] = []
    refused: list[Refusal] = []
    undone: dict[str, tuple[str, ...]] = {}
    for record in reversed(records):
        if is_empty(record) or is_unchanged(record.result):
            continue
        after = tuple(
            key for other in records if record.key in other.needs for key in undone.get(other.key, ())
        )
        made = _undo(record, results, kinds)
        if isinstance(made, Refusal):
            refused.append(made)
            continue
        for number, step in enumerate(made):
            key = f"undo/{record.key}/{record.attempt}" + (f".{number}" if number else "")
            steps.append(Planned(key, step, after, f"takes back {record.key}", step.target()))
            after = (key,)
        undone[record.key] = undone.get(record.key, ()) + after
    return Plan(
        tuple(steps),
        tuple(refused),
        why_empty="" if steps else "the run changed nothing that can be taken back",
    )


def _undo(record: StepRecord, results: Mapping[str, Result], kinds: Kinds) -> tuple[Step, ...] | Refusal:
    if record.result is None:
        return Refusal("undo", record.key, "it is not known what this step did: resume the run first")
    if record.kind not in kinds:
        return Refusal("undo", record.key, f"this ec2kit does not know steps of kind '{record.kind}'")
    step = resolve(decode_step(record.args, kinds), results)
    made = step.undo(record.result)
    if isinstance(made, CannotUndo):
        return Refusal("undo", step.target(), made.reason)
    return made
