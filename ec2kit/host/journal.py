"""The journal in a SQLite file: runs, their steps, their stories, written before anything is done."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

from ec2kit.errors import Ec2kitError, NotFound
from ec2kit.host.columns import json_text, plain, read_json, read_time, time_text
from ec2kit.host.locks import FileLock
from ec2kit.host.paths import lock_file_name
from ec2kit.host.sqlite import Database, Schema
from ec2kit.model.ids import RunId
from ec2kit.model.runs import Event, Json, Run, RunState, StepRecord, StepState

SCHEMA = Schema(
    "journal",
    (
        (
            """CREATE TABLE runs (
                seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, intent TEXT NOT NULL, argv TEXT NOT NULL,
                who TEXT NOT NULL, host TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
                endpoint TEXT NOT NULL, plan TEXT NOT NULL, state TEXT NOT NULL, started TEXT NOT NULL,
                ended TEXT, exit INTEGER)""",
            "CREATE INDEX runs_by_start ON runs (started, seq)",
            "CREATE INDEX runs_by_intent ON runs (intent, started, seq)",
            """CREATE TABLE steps (
                seq INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES runs (id), key TEXT NOT NULL,
                attempt INTEGER NOT NULL, kind TEXT NOT NULL, needs TEXT NOT NULL, reason TEXT NOT NULL,
                args TEXT NOT NULL, token TEXT NOT NULL, state TEXT NOT NULL, result TEXT NOT NULL,
                request_id TEXT NOT NULL, at TEXT NOT NULL, UNIQUE (run, key, attempt))""",
            """CREATE TABLE events (
                seq INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES runs (id), at TEXT NOT NULL,
                text TEXT NOT NULL)""",
            "CREATE INDEX events_by_run ON events (run, seq)",
        ),
    ),
)

_RUN = "id, intent, argv, who, host, account, region, endpoint, plan, state, started, ended, exit"
_STEP = "run, key, attempt, kind, needs, reason, args, token, state, result, request_id, at"


class SqliteJournal:
    """`model.runs.Journal` in a file, for one endpoint, account and region; `lock_dir` has a lock for each run.

    Safe for threads and processes. Every write is on the disk when it returns; a write about a run that was
    never opened raises `NotFound`, and whatever the disk refuses raises `Ec2kitError` with a hint.
    """

    def __init__(self, path: Path, lock_dir: Path) -> None:
        self._database = Database(path, SCHEMA)
        self._locks = lock_dir

    def open_run(self, run: Run) -> None:
        """Write a new run; raises `Ec2kitError` when there is one with this id."""
        try:
            self._database.write(f"INSERT INTO runs ({_RUN}) VALUES ({_marks(_RUN)})", _run_values(run))
        except Ec2kitError as error:
            if isinstance(error.__cause__, sqlite3.IntegrityError):
                raise Ec2kitError(f"run '{run.id}' is in the journal already", resource=run.id) from error
            raise

    def store_plan(self, run: RunId, plan: Json) -> None:
        """Replace the run's stored plan."""
        self._change(run, "UPDATE runs SET plan = ? WHERE id = ?", (json_text(plan), run))

    def close_run(self, run: RunId, state: RunState, exit: int, at: datetime) -> None:
        """Write how the run ended."""
        values = (state.value, time_text(at), exit, run)
        self._change(run, "UPDATE runs SET state = ?, ended = ?, exit = ? WHERE id = ?", values)

    def write_step(self, record: StepRecord) -> None:
        """Write or replace the record of (run, key, attempt); its place in the order stays that of the first."""
        replaced = ", ".join(f"{name} = excluded.{name}" for name in _STEP.split(", ")[3:])
        statement = (
            f"INSERT INTO steps ({_STEP}) VALUES ({_marks(_STEP)}) "
            f"ON CONFLICT (run, key, attempt) DO UPDATE SET {replaced}"
        )
        self._change(record.run, statement, _step_values(record))

    def write_event(self, event: Event) -> None:
        """Add a line to the run's story."""
        statement = "INSERT INTO events (run, at, text) VALUES (?, ?, ?)"
        self._change(event.run, statement, (event.run, time_text(event.at), plain(event.text)))

    def run(self, run: RunId) -> Run | None:
        """The run, or None."""
        rows = self._database.read(f"SELECT {_RUN} FROM runs WHERE id = ?", (run,))
        return _run_of(rows[0]) if rows else None

    def runs(self, *, limit: int = 50, intent: str | None = None) -> tuple[Run, ...]:
        """The newest runs first, of one intent when given."""
        where, values = ("WHERE intent = ?", [intent]) if intent is not None else ("", [])
        query = f"SELECT {_RUN} FROM runs {where} ORDER BY started DESC, seq DESC LIMIT ?"
        return tuple(_run_of(row) for row in self._database.read(query, (*values, limit)))

    def steps(self, run: RunId) -> tuple[StepRecord, ...]:
        """The run's step records in the order they were first written."""
        rows = self._database.read(f"SELECT {_STEP} FROM steps WHERE run = ? ORDER BY seq", (run,))
        return tuple(_step_of(row) for row in rows)

    def events(self, run: RunId) -> tuple[Event, ...]:
        """The run's story in order."""
        rows = self._database.read("SELECT run, at, text FROM events WHERE run = ? ORDER BY seq", (run,))
        return tuple(Event(RunId(row[0]), read_time(row[1]), row[2]) for row in rows)

    def hold(self, run: RunId) -> AbstractContextManager[bool]:
        """Hold the run while this process lives; yields False when somebody living holds it, this process too."""
        return self._lock(run).hold()

    def is_held(self, run: RunId) -> bool:
        """Whether a living process holds the run."""
        return self._lock(run).is_held()

    def close(self) -> None:
        """Close the file; what is held stays held."""
        self._database.close()

    def _lock(self, run: RunId) -> FileLock:
        return FileLock(self._locks / lock_file_name("run", run))

    def _change(self, run: RunId, statement: str, values: Sequence[Any]) -> None:
        with self._database.writing() as connection:
            if not connection.execute("SELECT 1 FROM runs WHERE id = ?", (run,)).fetchone():
                raise NotFound(f"there is no run '{run}' in the journal", hint="ec2kit history", resource=run)
            connection.execute(statement, values)


def _marks(columns: str) -> str:
    return ", ".join("?" for _ in columns.split(", "))


def _run_values(run: Run) -> tuple[Any, ...]:
    return (
        *(run.id, run.intent, json_text(run.argv), plain(run.who), run.host, run.account, run.region),
        *(run.endpoint, json_text(run.plan), run.state.value, time_text(run.started)),
        *(time_text(run.ended) if run.ended else None, run.exit),
    )


def _run_of(row: Sequence[Any]) -> Run:
    id, intent, argv, who, host, account, region, endpoint, plan, state, started, ended, exit = row
    return Run(
        RunId(id),
        intent,
        tuple(read_json(argv)),
        who,
        host,
        account,
        region,
        endpoint,
        read_json(plan),
        RunState(state),
        read_time(started),
        read_time(ended) if ended else None,
        exit,
    )


def _step_values(record: StepRecord) -> tuple[Any, ...]:
    return (
        *(record.run, record.key, record.attempt, record.kind, json_text(record.needs)),
        *(plain(record.reason), json_text(record.args), record.token, record.state.value),
        *(json_text(record.result), record.request_id, time_text(record.at)),
    )


def _step_of(row: Sequence[Any]) -> StepRecord:
    run, key, attempt, kind, needs, reason, args, token, state, result, request_id, at = row
    return StepRecord(
        run=RunId(run),
        key=key,
        attempt=attempt,
        kind=kind,
        needs=tuple(read_json(needs)),
        reason=reason,
        args=read_json(args),
        token=token,
        state=StepState(state),
        at=read_time(at),
        result=read_json(result),
        request_id=request_id,
    )
