"""Samples and small remembered values in a SQLite file: what cron runs tell each other."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from ec2kit.host.columns import json_text, plain, read_json, read_time, time_text
from ec2kit.host.sqlite import Database, Schema
from ec2kit.model.runs import EvidenceRow, Json

RING = 400
"""Samples kept of a machine: half an hour of six kinds of evidence twice a minute, which is twice what the longest
policy looks back at."""

SCHEMA = Schema(
    "evidence file",
    (
        (
            """CREATE TABLE samples (
                seq INTEGER PRIMARY KEY, machine TEXT NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL,
                verdict TEXT NOT NULL, reason TEXT NOT NULL, raw TEXT NOT NULL)""",
            "CREATE INDEX samples_by_machine ON samples (machine, at, seq)",
            "CREATE TABLE remembered (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
        ),
    ),
)

_COLUMNS = "machine, kind, at, verdict, reason, raw"
_BEYOND_RING = """DELETE FROM samples WHERE machine = ?1 AND seq IN (
    SELECT seq FROM samples WHERE machine = ?1 ORDER BY at DESC, seq DESC LIMIT -1 OFFSET ?2)"""


class SqliteEvidence:
    """`model.runs.EvidenceStore` in a file; safe for threads and processes, raises `Ec2kitError`s only."""

    def __init__(self, path: Path, ring: int = RING) -> None:
        self._database = Database(path, SCHEMA)
        self._ring = ring

    def add(self, rows: Iterable[EvidenceRow]) -> None:
        """Keep the samples, all or none; the oldest of a machine beyond the ring's size go."""
        values = [
            (row.machine, row.kind, time_text(row.at), row.verdict, plain(row.reason), json_text(row.raw))
            for row in rows
        ]
        if not values:
            return
        with self._database.writing() as connection:
            connection.executemany(f"INSERT INTO samples ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", values)
            machines = sorted({row[0] for row in values})
            connection.executemany(_BEYOND_RING, [(machine, self._ring) for machine in machines])

    def of(self, machine: str, since: datetime) -> tuple[EvidenceRow, ...]:
        """The machine's samples from `since` on, oldest first."""
        query = f"SELECT {_COLUMNS} FROM samples WHERE machine = ? AND at >= ? ORDER BY at, seq"
        rows = self._database.read(query, (machine, time_text(since)))
        return tuple(
            EvidenceRow(machine, kind, read_time(at), verdict, reason, read_json(raw))
            for machine, kind, at, verdict, reason, raw in rows
        )

    def remember(self, key: str, value: Json) -> None:
        """Keep a small JSON value under a key."""
        statement = "INSERT OR REPLACE INTO remembered (key, value) VALUES (?, ?)"
        self._database.write(statement, (key, json_text(value)))

    def recall(self, key: str) -> Json:
        """The value, or None."""
        rows = self._database.read("SELECT value FROM remembered WHERE key = ?", (key,))
        return read_json(rows[0][0]) if rows else None

    def recall_all(self, prefix: str) -> dict[str, Json]:
        """All values whose key begins with `prefix`, by key."""
        query = "SELECT key, value FROM remembered WHERE substr(key, 1, ?) = ? ORDER BY key"
        return {key: read_json(value) for key, value in self._database.read(query, (len(prefix), prefix))}

    def forget(self, key: str) -> None:
        """Drop the value; harmless when there is none."""
        self._database.write("DELETE FROM remembered WHERE key = ?", (key,))

    def close(self) -> None:
        """Close the file."""
        self._database.close()
