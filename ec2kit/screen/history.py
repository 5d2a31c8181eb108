"""Runs as rows, and one run with its steps and its story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ec2kit.model.periods import format_duration, format_time
from ec2kit.model.runs import Event, Run, StepRecord
from ec2kit.screen.columns import STATE_STYLES, Column
from ec2kit.screen.values import text_of


@dataclass(frozen=True)
class RunRow:
    """A run, with what only its journal and its holder can tell: `running`, `unfinished`, or its own state."""

    run: Run
    state: str
    typed: str


RUN_COLUMNS: tuple[Column[RunRow], ...] = (
    Column("id", lambda row: row.run.id),
    Column("started", lambda row: row.run.started),
    Column("state", lambda row: row.state, styles={**STATE_STYLES, "unfinished": "red", "running": "yellow"}),
    Column("exit", lambda row: row.run.exit),
    Column("who", lambda row: row.run.who),
    Column("command", lambda row: row.typed),
    Column("ended", lambda row: row.run.ended, extra=True),
    Column("host", lambda row: row.run.host, extra=True),
    Column("account", lambda row: row.run.account, extra=True),
    Column("region", lambda row: row.run.region, extra=True),
)


def run_json(row: RunRow, steps: Sequence[StepRecord], events: Sequence[Event]) -> dict[str, Any]:
    """Given a run and its records, return the documented JSON object."""
    return {
        **{column.name: column.value(row) for column in RUN_COLUMNS},
        "steps": [
            {
                "key": step.key,
                "attempt": step.attempt,
                "kind": step.kind,
                "needs": step.needs,
                "reason": step.reason,
                "args": step.args,
                "state": step.state,
                "result": step.result,
                "at": step.at,
            }
            for step in steps
        ],
        "events": [{"at": event.at, "text": event.text} for event in events],
    }


def run_pairs(row: RunRow, steps: Sequence[StepRecord], events: Sequence[Event]) -> list[tuple[str, str]]:
    """Given a run and its records, return labels and texts for a person."""
    run = row.run
    took = f", took {format_duration(run.ended - run.started)}" if run.ended else ""
    ended = f" (exit {run.exit})" if run.exit is not None else ""
    pairs = [
        ("run", run.id),
        ("command", row.typed),
        ("by", run.who),
        ("where", f"{run.region}, account {run.account}{', ' + run.endpoint if run.endpoint else ''}"),
        ("when", f"{format_time(run.started)}{took}"),
        ("state", f"{row.state}{ended}"),
    ]
    pairs += [("step", _step_text(step)) for step in steps]
    pairs += [("event", f"{format_time(event.at)} {event.text}") for event in events]
    return pairs


def _step_text(step: StepRecord) -> str:
    attempt = f", attempt {step.attempt + 1}" if step.attempt else ""
    made = {key: value for key, value in (step.result or {}).items() if value not in (None, "", [], {})}
    shown = f" -> {text_of(made)}" if made else ""
    reason = f" ({step.reason})" if step.reason else ""
    return f"{format_time(step.at)} {step.key}: {step.kind} {step.state}{attempt}{reason}{shown}"
