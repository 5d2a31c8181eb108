"""SQLite files: versions, damage, full disks, many processes."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ec2kit.errors import Ec2kitError, Exit
from ec2kit.host.sqlite import Database, Schema
from tests.host.children import ROOT, run_together

ONE = Schema("ledger", (("CREATE TABLE entries (number INTEGER)",),))
TWO = Schema("ledger", (*ONE.versions, ("ALTER TABLE entries ADD COLUMN word TEXT", "CREATE TABLE more (n)")))

# Opening is part of what must work at the same time: the first ones switch to WAL and make the tables.
WRITE = """
import sys
from pathlib import Path
from ec2kit.host.sqlite import Database
from tests.host.test_sqlite import ONE
for round in range(20):
    database = Database(Path(sys.argv[1]), ONE)
    database.write("INSERT INTO entries VALUES (?)", (round,))
    database.close()
"""

# On a file system of 1 MiB, or with files of at most 1 MiB: writes until nothing goes any more, then says how
# far it came and what it was told, and reads everything back once there is room.
FILL = """
import resource, signal, sys
from pathlib import Path
from ec2kit.errors import Ec2kitError
from ec2kit.host.sqlite import Database
from tests.host.test_sqlite import ONE
directory = Path(sys.argv[1])
if sys.argv[2] == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
database = Database(directory / "ledger.sqlite", ONE)
database.write("ALTER TABLE entries ADD COLUMN text")
written = 0
try:
    while True:
        database.write("INSERT INTO entries VALUES (?, ?)", (written, "x" * 10_000))
        written += 1
except Ec2kitError as error:
    print(int(error.exit_code), error.message)
    print(error.hint)
assert written > 20
rows = database.read("SELECT number, length(text) FROM entries ORDER BY number")
assert rows == [(number, 10_000) for number in range(written)], "what was written is there, and no more"
assert database.read("PRAGMA integrity_check") == [("ok",)]
"""


def test_a_file_is_private_durable_and_open_to_readers(tmp_path: Path) -> None:
    database = Database(tmp_path / "new" / "ledger.sqlite", ONE)
    try:
        assert stat.S_IMODE(database.path.stat().st_mode) == 0o600
        assert database.read("PRAGMA journal_mode") == [("wal",)]
        assert database.read("PRAGMA synchronous") == [(2,)]
        assert database.read("PRAGMA user_version") == [(1,)]
    finally:
        database.close()


def test_an_old_file_is_brought_up_to_date_with_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    old = Database(path, ONE)
    old.write("INSERT INTO entries VALUES (7)")
    old.close()
    new = Database(path, TWO)
    try:
        assert new.read("SELECT number, word FROM entries") == [(7, None)]
        assert new.read("SELECT n FROM more") == []
    finally:
        new.close()
    Database(path, TWO).close()


def test_a_newer_ec2kits_file_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 9")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(Ec2kitError) as caught:
        Database(path, ONE)
    assert caught.value.exit_code == Exit.FAILED
    assert caught.value.message == (
        f"the ledger '{path}' was written by a newer ec2kit (version 9, this one knows 1)"
    )
    assert caught.value.hint == "upgrade ec2kit, or set EC2KIT_STATE_DIR to another directory"
    assert path.read_bytes() == before


def test_a_block_that_raises_leaves_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "ledger.sqlite", ONE)

    def half_done() -> None:
        with database.writing() as connection:
            connection.execute("INSERT INTO entries VALUES (1)")
            raise ZeroDivisionError

    try:
        with pytest.raises(ZeroDivisionError):
            half_done()
        with pytest.raises(Ec2kitError, match="no such table"):
            database.write("INSERT INTO absent VALUES (1)")
        assert database.write("INSERT INTO entries VALUES (2)") == 1
        assert database.read("SELECT number FROM entries") == [(2,)]
    finally:
        database.close()


@pytest.mark.parametrize("damage", ["no database", "torn"])
def test_a_damaged_file_is_told_with_its_name(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    database = Database(path, ONE)
    database.write("INSERT INTO entries VALUES (1)")
    database.close()
    if damage == "no database":
        path.write_bytes(b"\x00not a database\x00" * 500)
    else:
        content = path.read_bytes()
        path.write_bytes(content[:100] + b"\xff" * (len(content) - 100))

    with pytest.raises(Ec2kitError, match="cannot be used: it is damaged") as caught:
        Database(path, ONE).read("SELECT * FROM entries")
    assert caught.value.hint.startswith(f"move '{path}' away")


def test_threads_take_turns(tmp_path: Path) -> None:
    database = Database(tmp_path / "ledger.sqlite", ONE)

    def write() -> None:
        for number in range(25):
            with database.writing() as connection:
                count = connection.execute("SELECT count(*) FROM entries").fetchone()[0]
                connection.execute("INSERT INTO entries VALUES (?)", (count,))
            database.read("SELECT max(number) FROM entries WHERE number >= ?", (number,))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    try:
        assert database.read("SELECT number FROM entries ORDER BY number") == [(n,) for n in range(100)]
    finally:
        database.close()


def test_processes_open_and_write_a_new_file_at_the_same_time(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"

    assert run_together(WRITE, 4, str(path)) == [0, 0, 0, 0]
    database = Database(path, ONE)
    try:
        assert database.read("SELECT count(*), count(DISTINCT number) FROM entries") == [(80, 20)]
    finally:
        database.close()


def filled(argv: list[str], directory: Path, how: str) -> list[str]:
    """Run FILL and return its two lines."""
    done = subprocess.run(
        [*argv, sys.executable, "-c", FILL, str(directory), how],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_limit_of_file_sizes_undoes_the_transaction_and_is_told(tmp_path: Path) -> None:
    told, hint = filled([], tmp_path, "limit")

    assert told == f"1 the ledger '{tmp_path}/ledger.sqlite' cannot be used: disk error, or a file size limit"
    assert hint == f"look at the disk of '{tmp_path}', or set EC2KIT_STATE_DIR to another directory"


def may_mount() -> bool:
    """Whether this user may have mounts of its own, which end with the process."""
    command = ["unshare", "--mount", "--map-root-user", "mount", "-t", "tmpfs", "none", "/mnt"]
    return (
        shutil.which("unshare") is not None
        and not subprocess.run(command, capture_output=True, check=False).returncode
    )


@pytest.mark.skipif(not may_mount(), reason="needs leave to mount a file system")
def test_a_full_disk_undoes_the_transaction_and_is_told(tmp_path: Path) -> None:
    mount = f"mount -t tmpfs -o size=1m none '{tmp_path}' && exec \"$@\""
    alone = ["unshare", "--mount", "--map-root-user", "sh", "-c", mount, "sh"]
    told, hint = filled(alone, tmp_path, "full")

    assert told == f"1 the ledger '{tmp_path}/ledger.sqlite' cannot be used: no space left"
    assert hint == f"free some space in '{tmp_path}', or set EC2KIT_STATE_DIR to another directory"
