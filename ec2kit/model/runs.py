"""Runs, their steps and events, and the protocols of the places that remember them.

SQLite (in `host`) and, later, DynamoDB (in `aws`) implement these; one contract test suite holds for all.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from ec2kit.model.ids import RunId

Json = Any
"""What `json.loads` gives back."""


class RunState(StrEnum):
    """Where a run stands; `running` with a dead holder is an unfinished run."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    ABANDONED = "abandoned"


class StepState(StrEnum):
    """Where a journalled step stands; `intent` with a result is applied but not yet verified."""

    INTENT = "intent"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Run:
    """One command's work: what was typed, by whom, where, the stored plan, and how it ended."""

    id: RunId
    intent: str
    argv: tuple[str, ...]
    who: str
    host: str
    account: str
    region: str
    endpoint: str
    plan: Json
    state: RunState
    started: datetime
    ended: datetime | None = None
    exit: int | None = None


@dataclass(frozen=True)
class StepRecord:
    """One step of a run as journalled: the intent before the call, the result after it."""

    run: RunId
    key: str
    attempt: int
    kind: str
    needs: tuple[str, ...]
    reason: str
    args: Json
    token: str
    state: StepState
    at: datetime
    result: Json = None
    request_id: str = ""


@dataclass(frozen=True)
class Event:
    """A line of a run's story."""

    run: RunId
    at: datetime
    text: str


class Journal(Protocol):
    """Where runs are written down before they act (write ahead) and read back after a kill."""

    def open_run(self, run: Run) -> None:
        """Write a new run; raises `Ec2kitError` (exit 1, with a hint) when it cannot be written."""

    def store_plan(self, run: RunId, plan: Json) -> None:
        """Replace the run's stored plan."""

    def close_run(self, run: RunId, state: RunState, exit: int, at: datetime) -> None:
        """Write how the run ended."""

    def write_step(self, record: StepRecord) -> None:
        """Write or replace the record of (run, key, attempt), durably, before returning."""

    def write_event(self, event: Event) -> None:
        """Add a line to the run's story."""

    def run(self, run: RunId) -> Run | None:
        """The run, or None."""

    def runs(self, *, limit: int = 50, intent: str | None = None) -> tuple[Run, ...]:
        """The newest runs first, of one intent when given."""

    def steps(self, run: RunId) -> tuple[StepRecord, ...]:
        """The run's step records in the order they were first written."""

    def events(self, run: RunId) -> tuple[Event, ...]:
        """The run's story in order."""

    def hold(self, run: RunId) -> AbstractContextManager[bool]:
        """Hold the run while this process lives (an flock): yields False when a living process holds it."""

    def is_held(self, run: RunId) -> bool:
        """Whether a living process holds the run."""


@dataclass(frozen=True)
class Lease:
    """The right to work on one thing for a while; `token` changes with each holder (compare and set)."""

    name: str
    holder: str
    token: str
    expires: datetime


class Leases(Protocol):
    """One recovery at a time for a machine, N for a group."""

    def acquire(self, name: str, holder: str, ttl: timedelta, now: datetime) -> Lease | None:
        """Take the lease when free, expired or held by a dead process; None when somebody living has it."""

    def renew(self, lease: Lease, ttl: timedelta, now: datetime) -> Lease | None:
        """Prolong a lease still ours (same token, not expired); None when it was lost."""

    def release(self, lease: Lease) -> None:
        """Give it back; harmless when it is no longer ours."""

    def read(self, name: str) -> Lease | None:
        """Who has it, expired or not; None when nobody."""

    def held(self, prefix: str, now: datetime) -> tuple[Lease, ...]:
        """The unexpired leases whose name begins with `prefix`."""


@dataclass(frozen=True)
class EvidenceRow:
    """One sample as kept: verdict is good, bad or unknown."""

    machine: str
    kind: str
    at: datetime
    verdict: str
    reason: str = ""
    raw: Json = field(default=None)


class EvidenceStore(Protocol):
    """A ring of samples for each machine, and small remembered values (what was last said, who was enrolled)."""

    def add(self, rows: Iterable[EvidenceRow]) -> None:
        """Keep the samples; the oldest beyond the ring's size go."""

    def of(self, machine: str, since: datetime) -> tuple[EvidenceRow, ...]:
        """The machine's samples from `since` on, oldest first."""

    def remember(self, key: str, value: Json) -> None:
        """Keep a small JSON value under a key."""

    def recall(self, key: str) -> Json:
        """The value, or None."""

    def recall_all(self, prefix: str) -> dict[str, Json]:
        """All values whose key begins with `prefix`."""

    def forget(self, key: str) -> None:
        """Drop the value; harmless when there is none."""
