"""The registry in a SQLite file, for one machine and any number of processes on it.

WAL and synchronous=FULL: what was answered is on the disk. BEGIN IMMEDIATE: whoever writes has the lock before it
reads, so nothing is decided from what another is about to change.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from hostname_service.errors import Unavailable
from hostname_service.model import Attested, AuditEntry, Binding, MachineKey, Seen
from hostname_service.registry.places import check_directory, make_private
from hostname_service.registry.port import Order
from hostname_service.registry.rows import (
    Row,
    audit_of_row,
    audit_row,
    binding_of_row,
    binding_row,
    moment,
    order_of_row,
    order_row,
    seen_of_row,
    seen_row,
    stored,
)
from hostname_service.registry.rules import KEPT, SPENT, changed, first_seen, reserved
from hostname_service.registry.schema import STEPS, bring_up, version

BUSY = 5.0
"""Seconds that a write waits for another's: a claim has a deadline, and the machine asks again."""


class SqliteRegistry:
    """A file of SQLite; implements `port.Registry`. Each thread has a connection of its own, opened at its first use,
    so one object serves all threads of a process; a process that forks opens its own object afterwards."""

    def __init__(self, path: Path, *, busy: float = BUSY, trace: Callable[[str], None] | None = None) -> None:
        """Open the file, or make it with mode 0600. `busy` is how many seconds a write waits; `trace` is told of
        each statement before it runs.

        Raises `BadConfig` when the directory is not safe or the file is of a newer service, `Unavailable` when it
        cannot be read or written.
        """
        self.path, self.busy, self.trace = path, busy, trace
        self._threads = threading.local()
        check_directory(path)
        with self._translated():
            make_private(path)
            connection = self._connection()
            if version(connection) != len(STEPS):
                with self._writing() as connection:
                    bring_up(connection, str(path))

    def close(self) -> None:
        """Close the connection of this thread; the others close with their threads."""
        connection = self._threads.__dict__.pop("connection", None)
        if connection is not None:
            connection.close()

    def attest(self, attested: Attested) -> Seen:
        """Trust on first use; see `port.Registry`."""
        with self._writing() as connection:
            kept = self._seen(connection, attested.document.machine)
            seen = first_seen(kept, attested)
            if seen != kept:
                _put(connection, "seen", seen_row(seen))
            return seen

    def seen(self, machine: MachineKey) -> Seen | None:
        """What was kept of a machine."""
        with self._translated():
            return self._seen(self._connection(), machine)

    def forget(self, machine: MachineKey) -> bool:
        """An operator's reset."""
        with self._writing() as connection:
            sql = "DELETE FROM seen WHERE account = ? AND instance_id = ?"
            return connection.execute(sql, _key(machine)).rowcount > 0

    def spend(self, machine: MachineKey) -> None:
        """The machine's name was let go."""
        with self._writing() as connection:
            sql = "UPDATE seen SET source = ? WHERE account = ? AND instance_id = ?"
            connection.execute(sql, (SPENT, *_key(machine)))

    def binding(self, fqdn: str) -> Binding | None:
        """Who holds a name."""
        with self._translated():
            return self._binding(self._connection(), fqdn)

    def binding_of(self, machine: MachineKey) -> Binding | None:
        """Which name a machine holds."""
        with self._translated():
            return self._binding_of(self._connection(), machine)

    def reserve(self, wanted: Binding, over: MachineKey | None = None) -> Binding:
        """Give the name to the machine; see `port.Registry`."""
        with self._writing() as connection:
            row = self._binding(connection, wanted.fqdn)
            has = self._binding_of(connection, wanted.machine)
            now = reserved(row, has.fqdn if has else "", wanted, over)
            if now != row:
                _put(connection, "bindings", binding_row(now))
            return now

    def change(self, was: Binding, now: Binding) -> Binding:
        """Compare and set."""
        with self._writing() as connection:
            row = changed(self._binding(connection, was.fqdn), was, now)
            _put(connection, "bindings", binding_row(row))
            return row

    def remove(self, was: Binding) -> bool:
        """Delete the row if name, machine and state are still those of `was`."""
        with self._writing() as connection:
            sql = "DELETE FROM bindings WHERE fqdn = ? AND account = ? AND instance_id = ? AND state = ?"
            key = (stored(was.fqdn), *_key(was.machine), was.state.value)
            return connection.execute(sql, key).rowcount > 0

    def names(self, after: str = "", limit: int = 1000) -> Sequence[Binding]:
        """A page of all bindings in order of name."""
        sql = "SELECT * FROM bindings WHERE fqdn > ? ORDER BY fqdn LIMIT ?"
        with self._translated():
            return [binding_of_row(row) for row in self._connection().execute(sql, (stored(after), limit))]

    def order(self, order: Order) -> None:
        """Write down an operator's word."""
        with self._writing() as connection:
            row = order_row(order)
            sql = "DELETE FROM orders WHERE instance_id = ? OR fqdn = ?"
            connection.execute(sql, (row["instance_id"], row["fqdn"]))
            _put(connection, "orders", row)

    def order_for(self, instance_id: str) -> Order | None:
        """The word that there is for a machine."""
        with self._translated():
            sql = "SELECT * FROM orders WHERE instance_id = ?"
            row = self._connection().execute(sql, (stored(instance_id),)).fetchone()
            return order_of_row(row) if row else None

    def withdraw(self, order: Order) -> None:
        """Remove a word that was carried out, if it is still this one."""
        with self._writing() as connection:
            sql = "DELETE FROM orders WHERE instance_id = ? AND fqdn = ? AND by_whom = ? AND at = ?"
            row = order_row(order)
            connection.execute(sql, (row["instance_id"], row["fqdn"], row["by_whom"], row["at"]))

    def audit(self, entry: AuditEntry) -> None:
        """Append a line."""
        with self._writing() as connection:
            _put(connection, "audit", audit_row(entry))

    def audits(self, fqdn: str = "", instance_id: str = "", limit: int = 100) -> Sequence[AuditEntry]:
        """The newest lines first."""
        asked = {"fqdn": stored(fqdn), "instance_id": stored(instance_id)}
        asked = {column: value for column, value in asked.items() if value}
        # The names of the columns are ours; the values are parameters.
        where = " AND ".join(f"{column} = :{column}" for column in asked) or "1"
        sql = f"SELECT * FROM audit WHERE {where} ORDER BY line DESC LIMIT :most"
        with self._translated():
            return [audit_of_row(row) for row in self._connection().execute(sql, {**asked, "most": limit})]

    def heartbeat(self, now: datetime) -> None:
        """The service lives; and lines of the audit that are older than `KEPT` go."""
        with self._writing() as connection:
            _put(connection, "heartbeat", {"one": 1, "at": moment(now)})
            connection.execute("DELETE FROM audit WHERE at < ?", (moment(now - KEPT),))

    def last_heartbeat(self) -> datetime | None:
        """When it was last written."""
        with self._translated():
            row = self._connection().execute("SELECT at FROM heartbeat").fetchone()
            return datetime.fromisoformat(row["at"]) if row else None

    def _seen(self, connection: sqlite3.Connection, machine: MachineKey) -> Seen | None:
        sql = "SELECT * FROM seen WHERE account = ? AND instance_id = ?"
        row = connection.execute(sql, _key(machine)).fetchone()
        return seen_of_row(row) if row else None

    def _binding(self, connection: sqlite3.Connection, fqdn: str) -> Binding | None:
        row = connection.execute("SELECT * FROM bindings WHERE fqdn = ?", (stored(fqdn),)).fetchone()
        return binding_of_row(row) if row else None

    def _binding_of(self, connection: sqlite3.Connection, machine: MachineKey) -> Binding | None:
        sql = "SELECT * FROM bindings WHERE account = ? AND instance_id = ?"
        row = connection.execute(sql, _key(machine)).fetchone()
        return binding_of_row(row) if row else None

    def _connection(self) -> sqlite3.Connection:
        """The connection of this thread."""
        connection: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self.path, timeout=self.busy, isolation_level=None)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.set_trace_callback(self.trace)
            self._threads.connection = connection
        return connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the lock from its first statement."""
        with self._translated():
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                # After a commit there is nothing left to roll back; after a full disk SQLite may have done it itself.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise Unavailable("registry", f"the registry in {self.path} does not answer: {error}") from error


def _key(machine: MachineKey) -> tuple[str, str]:
    return stored(machine.account), stored(machine.instance_id)


def _put(connection: sqlite3.Connection, table: str, row: Row) -> None:
    """Write a row whose columns are named by `rows`, over the one with the same primary key."""
    key = {"bindings": "fqdn", "orders": "instance_id", "heartbeat": "one", "seen": "account, instance_id"}
    values = ", ".join(f":{column}" for column in row)
    # Not `INSERT OR REPLACE`: that would quietly put out the row of another name with the same machine.
    sets = ", ".join(f"{column} = excluded.{column}" for column in row)
    anew = f" ON CONFLICT ({key[table]}) DO UPDATE SET {sets}" if table in key else ""
    connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({values}){anew}", row)
