"""The tables of the SQLite registry, and how an older file becomes one of today. `user_version` counts the steps."""

from __future__ import annotations

import sqlite3

from hostname_service.errors import BadConfig

STEPS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE bindings (
            fqdn TEXT PRIMARY KEY, account TEXT NOT NULL, instance_id TEXT NOT NULL, region TEXT NOT NULL,
            addresses TEXT NOT NULL, pending_time TEXT NOT NULL, state TEXT NOT NULL, since TEXT NOT NULL,
            dns_done INTEGER NOT NULL, previous TEXT NOT NULL, signed_key TEXT NOT NULL,
            UNIQUE (account, instance_id)
        ) WITHOUT ROWID""",
        """CREATE TABLE seen (
            account TEXT NOT NULL, instance_id TEXT NOT NULL, pending_time TEXT NOT NULL, source TEXT NOT NULL,
            first TEXT NOT NULL, PRIMARY KEY (account, instance_id)
        ) WITHOUT ROWID""",
        """CREATE TABLE orders (
            instance_id TEXT PRIMARY KEY, fqdn TEXT NOT NULL UNIQUE, by_whom TEXT NOT NULL, at TEXT NOT NULL
        ) WITHOUT ROWID""",
        """CREATE TABLE audit (
            line INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, deed TEXT NOT NULL, reason TEXT NOT NULL,
            fqdn TEXT NOT NULL, account TEXT NOT NULL, instance_id TEXT NOT NULL, source TEXT NOT NULL,
            message TEXT NOT NULL
        )""",
        "CREATE INDEX audit_by_name ON audit (fqdn, line)",
        "CREATE INDEX audit_by_machine ON audit (instance_id, line)",
        "CREATE INDEX audit_by_time ON audit (at)",
        "CREATE TABLE heartbeat (one INTEGER PRIMARY KEY CHECK (one = 1), at TEXT NOT NULL)",
    ),
)
"""A step is never changed once it was released: whoever needs another column appends a step."""


def version(connection: sqlite3.Connection) -> int:
    """How many steps a file has behind it."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def bring_up(connection: sqlite3.Connection, name: str) -> None:
    """Take the steps that are missing, inside the transaction of the caller.

    Raises `BadConfig` for a file of a newer service: what that keeps is not known here, so nothing is touched.
    """
    there = version(connection)
    if there > len(STEPS):
        raise BadConfig(
            f"registry: {name} has schema {there} of a newer hostname service, this one knows {len(STEPS)};"
            " hint: run the newer one, or restore the copy from before it"
        )
    for step in STEPS[there:]:
        for statement in step:
            connection.execute(statement)
    # A pragma takes no parameters; the number is ours.
    connection.execute(f"PRAGMA user_version = {len(STEPS)}")
