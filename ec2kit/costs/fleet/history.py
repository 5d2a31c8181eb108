"""What ec2kit's own history says of launches, starts, stops and ends. Pure, given the journal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from ec2kit.costs.fleet.hours import Pool
from ec2kit.costs.fleet.seen import Event, Turn, in_order
from ec2kit.engine.book import is_spent, is_unchanged
from ec2kit.engine.steps.instance import StartInstance, StopInstance, TerminateInstance
from ec2kit.engine.steps.launch import RunInstance
from ec2kit.model.runs import Journal, StepRecord

ALL = 1_000_000
"""Runs: more than a history has."""
_TURNS = {
    StartInstance.kind: Turn.STARTED,
    StopInstance.kind: Turn.STOPPED,
    TerminateInstance.kind: Turn.ENDED,
}


def events_in(journal: Journal, region: str) -> tuple[tuple[Event, ...], datetime | None]:
    """Given a region's journal, return what happened to machines, and when the history begins (None: there is none).

    Raises `Ec2kitError` when it cannot be read.
    """
    runs = journal.runs(limit=ALL)
    found = [event for run in runs for event in _events(journal.steps(run.id), region)]
    return tuple(in_order(found)), min((run.started for run in runs), default=None)


def _events(records: Iterable[StepRecord], region: str) -> Iterator[Event]:
    for record in records:
        if record.result is None or is_spent(record):
            continue
        if record.kind == RunInstance.kind:
            yield _launch(record, region)
        # What was so already tells nothing of when it became so.
        elif record.kind in _TURNS and not is_unchanged(record.result):
            yield Event(record.at, str(record.args["instance"]), _TURNS[record.kind])


def _launch(record: StepRecord, region: str) -> Event:
    """Nothing in the history tells the platform: it is taken for Linux until EC2 shows the machine."""
    result = record.result
    tenancy = (record.args.get("request") or {}).get("tenancy") or "default"
    pool = Pool(region, str(result.get("zone", "")), str(result.get("type", "")), tenancy=tenancy)
    return Event(record.at, str(result["instance_id"]), Turn.LAUNCHED, pool if pool.type else None)
