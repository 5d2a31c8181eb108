"""The run's page of the journal: each step's intent before the call, its result after it, how it ended.

What cannot be written raises `CannotWrite`, which ends the whole run: nothing is done that is not written first.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace

from ec2kit.engine.codec import encode_step
from ec2kit.engine.plan import Planned
from ec2kit.engine.steps.base import Attempt, Result
from ec2kit.engine.waiting import Clock
from ec2kit.errors import Ec2kitError, NoCapacity
from ec2kit.model.ids import RunId
from ec2kit.model.runs import Event, Journal, StepRecord, StepState

UNCHANGED = "unchanged"
"""The key in a journalled result that says: it was so already, undo leaves it alone."""
NO_CAPACITY = "no_capacity"
"""The key in a failed record's result that says: this place had none, nothing was made, the next one's turn."""


class CannotWrite(Exception):
    """The journal could not be written; `error` says why."""

    def __init__(self, error: Ec2kitError) -> None:
        super().__init__(error.message)
        self.error = error


class Book:
    """Reads a run's records once and keeps them up to date; used by many threads, each on its own steps."""

    def __init__(self, journal: Journal, run: RunId, clock: Clock) -> None:
        self._journal = journal
        self._run = run
        self._clock = clock
        self._lock = threading.Lock()
        self._last = last_records(journal.steps(run))

    def last(self, key: str) -> StepRecord | None:
        """The newest attempt's record of a step."""
        return self._last.get(key)

    def results(self) -> dict[str, Result]:
        """The results of the steps that are done, by key."""
        return {key: record.result for key, record in self._last.items() if record.state is StepState.DONE}

    def intent(self, planned: Planned, attempt: Attempt) -> None:
        """The call is about to be sent."""
        self._write(self._record(planned, attempt))

    def found(self, planned: Planned, attempt: Attempt, result: Result) -> None:
        """The effect was there before anything was sent."""
        self._write(replace(self._record(planned, attempt), result={**result, UNCHANGED: True}))

    def result(self, key: str, result: Result) -> None:
        """The call was answered; AWS may not show it yet."""
        self._write(replace(self._last[key], state=StepState.INTENT, result=dict(result)))

    def done(self, key: str) -> None:
        """AWS showed it."""
        self._write(replace(self._last[key], state=StepState.DONE))

    def failed(self, key: str, error: Ec2kitError) -> None:
        """The call was refused, or what it made ended badly (then the record keeps its result)."""
        record = replace(self._last[key], state=StepState.FAILED)
        if record.result is None and isinstance(error, NoCapacity):
            record = replace(record, result={NO_CAPACITY: error.message})
        self._write(record)
        self.event(f"{key} failed: {error.message}")

    def unknown(self, key: str) -> None:
        """The answer was lost; the settle time counts from now."""
        self._write(replace(self._last[key], state=StepState.UNKNOWN, at=self._clock.now()))

    def event(self, text: str) -> None:
        """A line of the run's story."""
        try:
            self._journal.write_event(Event(self._run, self._clock.now(), text))
        except Ec2kitError as error:
            raise CannotWrite(error) from error

    def _record(self, planned: Planned, attempt: Attempt) -> StepRecord:
        return StepRecord(
            run=self._run,
            key=planned.key,
            attempt=attempt.index,
            kind=planned.step.kind,
            needs=planned.needs,
            reason=planned.reason,
            args=encode_step(planned.step),
            token=attempt.token,
            state=StepState.INTENT,
            at=self._clock.now(),
        )

    def _write(self, record: StepRecord) -> None:
        try:
            self._journal.write_step(record)
        except Ec2kitError as error:
            raise CannotWrite(error) from error
        with self._lock:
            self._last[record.key] = record


def last_records(records: Iterable[StepRecord]) -> dict[str, StepRecord]:
    """Given a run's records, return the newest attempt of each step by key."""
    newest: dict[str, StepRecord] = {}
    for record in sorted(records, key=lambda each: each.attempt):
        newest[record.key] = record
    return newest


def is_unchanged(result: Mapping[str, object] | None) -> bool:
    """Whether a journalled result says that there was nothing to do."""
    return bool(result and result.get(UNCHANGED))


def is_spent(record: StepRecord) -> bool:
    """Whether this attempt's place and token are used up: there was no capacity, or what it made ended badly."""
    return record.state is StepState.FAILED and record.result is not None


def is_empty(record: StepRecord) -> bool:
    """Whether the record's call certainly changed nothing."""
    return record.state is StepState.FAILED and (record.result is None or NO_CAPACITY in record.result)
