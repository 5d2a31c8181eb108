"""SQLite files that survive a kill and a power cut, with errors that say what to do.

WAL with synchronous=FULL: a transaction that was committed is on the disk, and readers never wait.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ec2kit.errors import Ec2kitError
from ec2kit.host.files import ensure_file

BUSY_SECONDS = 10.0
"""How long a writer waits for another process; each transaction of ours takes milliseconds."""
_WAL_TRIES = 50

_ELSEWHERE = "set EC2KIT_STATE_DIR to another directory"
_DAMAGED = (
    "it is damaged",
    "move '{file}' away: what it held is lost, and the tags in AWS still hold the rest",
)
_TROUBLE: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_FULL: ("no space left", "free some space in '{directory}', or " + _ELSEWHERE),
    sqlite3.SQLITE_IOERR: (
        "disk error, or a file size limit",
        "look at the disk of '{directory}', or " + _ELSEWHERE,
    ),
    sqlite3.SQLITE_READONLY: ("it is read-only", "run as the owner of '{directory}', or " + _ELSEWHERE),
    sqlite3.SQLITE_PERM: ("permission denied", "run as the owner of '{directory}', or " + _ELSEWHERE),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", "run as the owner of '{directory}', or " + _ELSEWHERE),
    sqlite3.SQLITE_BUSY: ("another ec2kit keeps writing to it", "wait for the other one, and try again"),
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}
"""What SQLite's primary result codes mean for a person, and what to do."""


@dataclass(frozen=True)
class Schema:
    """What a file holds, by name, and how it came to be: the statements of version 1, of 2, and so on."""

    holds: str
    versions: tuple[tuple[str, ...], ...]

    @property
    def version(self) -> int:
        """The newest version that this ec2kit knows."""
        return len(self.versions)


class Database:
    """One open file. Safe for threads, which take turns, and for processes; raises `Ec2kitError`s only."""

    def __init__(self, path: Path, schema: Schema) -> None:
        self.path = path
        self._schema = schema
        self._lock = threading.RLock()
        ensure_file(path)
        with self._translated():
            self._connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def read(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self._lock, self._translated():
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction, alone among all processes, on the disk when the block has ended; undone if it raises."""
        with self._lock, self._translated():
            # IMMEDIATE: a transaction that reads first and writes later could not wait for another writer.
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk ends the transaction by itself (sqlite.org/lang_transaction.html).
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def write(self, statement: str, values: Sequence[Any] = ()) -> int:
        """One statement in a transaction of its own; returns how many rows it changed."""
        with self.writing() as connection:
            return connection.execute(statement, values).rowcount

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _prepare(self) -> None:
        # Before anything is changed: a newer ec2kit's file stays as it is.
        known = self._known_version()
        if self._pragma("journal_mode") != "wal":
            self._switch_to_wal()
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        if known < self._schema.version:
            self._migrate()

    def _switch_to_wal(self) -> None:
        """SQLite does not wait when two processes switch at once, so we wait for a write lock and try again."""
        for tries_left in reversed(range(_WAL_TRIES)):
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if _primary_code(error) != sqlite3.SQLITE_BUSY or not tries_left:
                    raise
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("ROLLBACK")

    def _migrate(self) -> None:
        with self.writing() as connection:
            # Asked again: another process may have migrated while we waited.
            for version in range(self._known_version(), self._schema.version):
                for statement in self._schema.versions[version]:
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {self._schema.version}")

    def _known_version(self) -> int:
        version = int(self._pragma("user_version"))
        if version > self._schema.version:
            raise Ec2kitError(
                f"the {self._schema.holds} '{self.path}' was written by a newer ec2kit "
                f"(version {version}, this one knows {self._schema.version})",
                hint=f"upgrade ec2kit, or {_ELSEWHERE}",
                resource=str(self.path),
            )
        return version

    def _pragma(self, name: str) -> Any:
        return self._connection.execute(f"PRAGMA {name}").fetchone()[0]

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._error(error) from error

    def _error(self, error: sqlite3.Error) -> Ec2kitError:
        why, hint = _TROUBLE.get(_primary_code(error), (str(error), f"look at '{{file}}', or {_ELSEWHERE}"))
        return Ec2kitError(
            f"the {self._schema.holds} '{self.path}' cannot be used: {why}",
            hint=hint.format(file=self.path, directory=self.path.parent),
            resource=str(self.path),
        )


def _primary_code(error: sqlite3.Error) -> int:
    """The low byte of an extended result code (sqlite.org/rescode.html); 0 for Python's own errors."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
