"""What only the file has: its place, its mode, its schema, and a disk that is full."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from hostname_service.errors import BadConfig, Unavailable
from hostname_service.registry.rules import KEPT
from hostname_service.registry.schema import STEPS
from hostname_service.registry.sqlite import SqliteRegistry
from tests.hostname_service.registry.ground import BEGAN, line, sqlite_path, wanted
from tests.hostname_service.registry.test_races import child
from tests.support.users import as_nobody


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_file_and_its_journals_are_for_its_owner_only(tmp_path: Path) -> None:
    path = sqlite_path(tmp_path)
    registry = SqliteRegistry(path)
    registry.reserve(wanted("web-1", 1))
    assert {entry.name: mode(entry) for entry in path.parent.iterdir()} == {
        "names.sqlite": 0o600,
        "names.sqlite-wal": 0o600,
        "names.sqlite-shm": 0o600,
    }


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = sqlite_path(tmp_path)
    path.touch(0o644)
    path.chmod(0o644)
    SqliteRegistry(path).close()
    assert mode(path) == 0o600


def test_a_directory_that_others_can_write_is_refused(tmp_path: Path) -> None:
    path = sqlite_path(tmp_path)
    path.parent.chmod(0o770)
    with pytest.raises(BadConfig, match="hint: chmod go-w"):
        SqliteRegistry(path)
    assert not path.exists()


def test_no_directory_a_link_and_a_directory_in_its_place_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="is not a directory"):
        SqliteRegistry(tmp_path / "none" / "names.sqlite")
    path = sqlite_path(tmp_path)
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadConfig, match="not a regular file"):
        SqliteRegistry(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(BadConfig, match="not a regular file"):
        SqliteRegistry(path)


def test_it_is_written_to_the_disk_before_it_is_answered(tmp_path: Path) -> None:
    told: list[str] = []
    registry = SqliteRegistry(sqlite_path(tmp_path), trace=told.append)
    registry.reserve(wanted("web-1", 1))
    connection = registry._connection()
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert "BEGIN IMMEDIATE" in told


def test_a_file_of_a_newer_service_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = sqlite_path(tmp_path)
    SqliteRegistry(path).reserve(wanted("web-1", 1))
    newer = sqlite3.connect(path)
    newer.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    newer.close()
    with pytest.raises(BadConfig, match=f"schema {len(STEPS) + 1} of a newer hostname service"):
        SqliteRegistry(path)
    again = sqlite3.connect(path)
    assert again.execute("PRAGMA user_version").fetchone()[0] == len(STEPS) + 1
    assert again.execute("SELECT count(*) FROM bindings").fetchone()[0] == 1
    again.close()


def test_an_open_again_keeps_what_is_there(tmp_path: Path) -> None:
    path = sqlite_path(tmp_path)
    row = SqliteRegistry(path).reserve(wanted("web-1", 1))
    assert SqliteRegistry(path).binding(row.fqdn) == row


def test_what_is_no_database_is_away_and_not_overwritten(tmp_path: Path) -> None:
    path = sqlite_path(tmp_path)
    path.write_bytes(b"these are somebody's notes, not a database\n" * 50)
    before = path.read_bytes()
    with pytest.raises(Unavailable, match="not a database"):
        SqliteRegistry(path)
    assert path.read_bytes() == before


def test_a_full_disk_is_away_and_what_was_written_stays(tmp_path: Path) -> None:
    path = sqlite_path(tmp_path)
    out, _ = child("fill", path, 400_000).communicate(timeout=60)
    reason, number, still = out.split()
    assert (reason, still) == ("registry", "True")
    registry = SqliteRegistry(path)
    assert len(registry.audits(limit=1000)) == int(number) > 0
    assert registry.binding(wanted("db", 1).fqdn) is not None


def test_a_file_that_can_only_be_read_is_away(tmp_path: Path) -> None:
    """Whoever is root can write every file, so SQLite itself is told to refuse."""
    registry = SqliteRegistry(sqlite_path(tmp_path))
    registry._connection().execute("PRAGMA query_only = 1")
    with pytest.raises(Unavailable, match="readonly"):
        registry.audit(line("none"))
    assert registry.audits() == []


def test_a_file_without_the_right_to_write_is_away() -> None:
    with TemporaryDirectory() as directory:
        # pytest's own directories are closed to others.
        Path(directory).chmod(0o755)
        path = sqlite_path(Path(directory))
        SqliteRegistry(path).close()
        path.chmod(0o444)
        with as_nobody(), pytest.raises(Unavailable):
            SqliteRegistry(path).audit(line("none"))


def test_lines_of_the_audit_go_when_they_are_old(tmp_path: Path) -> None:
    registry = SqliteRegistry(sqlite_path(tmp_path))
    registry.audit(line("old", -10))
    registry.audit(line("young", 10))
    registry.heartbeat(BEGAN + KEPT)
    assert [entry.reason for entry in registry.audits()] == ["young"]
    registry.heartbeat(BEGAN + KEPT + timedelta(seconds=11))
    assert registry.audits() == []
