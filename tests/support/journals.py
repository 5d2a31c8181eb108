"""A journal in memory, with the same contract as the one on the disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from ec2kit.errors import Ec2kitError, NotFound
from ec2kit.model.ids import RunId
from ec2kit.model.runs import Event, Json, Run, RunState, StepRecord


@dataclass
class MemoryJournal:
    """A `Journal`. `die` lets the holder of a run end as if it had been killed."""

    _runs: dict[RunId, Run] = field(default_factory=dict)
    _steps: dict[RunId, dict[tuple[str, int], StepRecord]] = field(default_factory=dict)
    _events: dict[RunId, list[Event]] = field(default_factory=dict)
    _held: set[RunId] = field(default_factory=set)

    def open_run(self, run: Run) -> None:
        if run.id in self._runs:
            raise Ec2kitError(f"run '{run.id}' is in the journal already", resource=run.id)
        self._runs[run.id] = run

    def store_plan(self, run: RunId, plan: Json) -> None:
        self._runs[run] = replace(self._known(run), plan=plan)

    def close_run(self, run: RunId, state: RunState, exit: int, at: datetime) -> None:
        self._runs[run] = replace(self._known(run), state=state, exit=exit, ended=at)

    def write_step(self, record: StepRecord) -> None:
        self._known(record.run)
        self._steps.setdefault(record.run, {})[record.key, record.attempt] = record

    def write_event(self, event: Event) -> None:
        self._known(event.run)
        self._events.setdefault(event.run, []).append(event)

    def run(self, run: RunId) -> Run | None:
        return self._runs.get(run)

    def runs(self, *, limit: int = 50, intent: str | None = None) -> tuple[Run, ...]:
        chosen = [run for run in self._runs.values() if intent is None or run.intent == intent]
        chosen.sort(key=lambda run: run.started)
        return tuple(chosen[::-1][:limit])

    def steps(self, run: RunId) -> tuple[StepRecord, ...]:
        return tuple(self._steps.get(run, {}).values())

    def events(self, run: RunId) -> tuple[Event, ...]:
        return tuple(self._events.get(run, ()))

    def hold(self, run: RunId) -> AbstractContextManager[bool]:
        return self._hold(run)

    def is_held(self, run: RunId) -> bool:
        return run in self._held

    def die(self, run: RunId) -> None:
        """Nobody holds the run any more."""
        self._held.discard(run)

    @contextmanager
    def _hold(self, run: RunId) -> Iterator[bool]:
        if run in self._held:
            yield False
            return
        self._held.add(run)
        try:
            yield True
        finally:
            self._held.discard(run)

    def _known(self, run: RunId) -> Run:
        if run not in self._runs:
            raise NotFound(f"there is no run '{run}' in the journal", hint="ec2kit history", resource=run)
        return self._runs[run]
