"""Leases in a SQLite file, each with a lock that ends with its holder's process.

The row decides between living processes: whoever wrote it, in one transaction, has the lease until it
expires. The lock says whether that process lives; it carries the lease's token in its name, so a holder that
was too slow and lost its lease keeps only its own lock, not its successor's.
"""

from __future__ import annotations

import secrets
import threading
from datetime import datetime, timedelta
from pathlib import Path

from ec2kit.host.columns import plain, read_time, time_text
from ec2kit.host.locks import FileLock
from ec2kit.host.paths import lock_file_name
from ec2kit.host.sqlite import Database, Schema
from ec2kit.model.runs import Lease

SCHEMA = Schema(
    "leases file",
    (
        (
            """CREATE TABLE leases (
                name TEXT PRIMARY KEY, holder TEXT NOT NULL, token TEXT NOT NULL, expires TEXT NOT NULL)""",
        ),
    ),
)

_COLUMNS = "name, holder, token, expires"


class SqliteLeases:
    """`model.runs.Leases` for the processes of this machine; safe for threads, raises `Ec2kitError`s only."""

    def __init__(self, path: Path, lock_dir: Path) -> None:
        self._database = Database(path, SCHEMA)
        self._directory = lock_dir
        self._guard = threading.Lock()
        self._ours: dict[str, FileLock] = {}

    def acquire(self, name: str, holder: str, ttl: timedelta, now: datetime) -> Lease | None:
        """Take the lease when free, expired or held by a dead process; None when somebody living has it."""
        lease = Lease(name, plain(holder), secrets.token_hex(16), now + ttl)
        lock = self._lock_of(lease)
        lock.acquire()
        taken = False
        try:
            with self._database.writing() as connection:
                row = connection.execute(f"SELECT {_COLUMNS} FROM leases WHERE name = ?", (name,)).fetchone()
                before = _lease_of(row) if row else None
                if before and before.expires > now and self._lives(before):
                    return None
                statement = f"INSERT OR REPLACE INTO leases ({_COLUMNS}) VALUES (?, ?, ?, ?)"
                connection.execute(statement, (name, lease.holder, lease.token, time_text(lease.expires)))
            taken = True
        finally:
            if not taken:
                lock.release()
        with self._guard:
            self._ours[lease.token] = lock
        if before:
            self._clean_up(before)
        return lease

    def renew(self, lease: Lease, ttl: timedelta, now: datetime) -> Lease | None:
        """Prolong a lease still ours (same token, not expired); None when it was lost."""
        expires = now + ttl
        changed = self._database.write(
            "UPDATE leases SET expires = ? WHERE name = ? AND token = ? AND expires > ?",
            (time_text(expires), lease.name, lease.token, time_text(now)),
        )
        return Lease(lease.name, lease.holder, lease.token, expires) if changed else None

    def release(self, lease: Lease) -> None:
        """Give it back; harmless when it is no longer ours."""
        self._database.write("DELETE FROM leases WHERE name = ? AND token = ?", (lease.name, lease.token))
        # After the row: a living row whose lock is gone would read as a dead holder's.
        with self._guard:
            lock = self._ours.pop(lease.token, None)
        if lock:
            lock.release()

    def read(self, name: str) -> Lease | None:
        """Who has it, expired or not; None when nobody."""
        rows = self._database.read(f"SELECT {_COLUMNS} FROM leases WHERE name = ?", (name,))
        return _lease_of(rows[0]) if rows else None

    def held(self, prefix: str, now: datetime) -> tuple[Lease, ...]:
        """The unexpired leases of living holders whose name begins with `prefix`, by name."""
        query = f"SELECT {_COLUMNS} FROM leases WHERE substr(name, 1, ?) = ? AND expires > ? ORDER BY name"
        rows = self._database.read(query, (len(prefix), prefix, time_text(now)))
        return tuple(lease for lease in map(_lease_of, rows) if self._lives(lease))

    def close(self) -> None:
        """Close the file; what is held stays held while the process lives."""
        self._database.close()

    def _lives(self, lease: Lease) -> bool:
        return self._lock_of(lease).is_held()

    def _lock_of(self, lease: Lease) -> FileLock:
        return FileLock(self._directory / lock_file_name("lease", f"{lease.name}.{lease.token}"))

    def _clean_up(self, before: Lease) -> None:
        """Remove the lock file of a dead holder; a living one's stays its own."""
        lock = self._lock_of(before)
        if lock.acquire():
            lock.release()


def _lease_of(row: tuple[str, str, str, str]) -> Lease:
    name, holder, token, expires = row
    return Lease(name, holder, token, read_time(expires))
