"""Files that are whole or as before, private, with errors that say what to do."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from ec2kit.errors import Ec2kitError, Exit, UsageError
from ec2kit.host.files import (
    SHARED_DIRECTORY,
    atomic_write,
    ensure_directory,
    ensure_file,
    read_text,
    storage_error,
    storing,
    sweep_writes,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deep" / "file"
    atomic_write(path, b"one")
    atomic_write(path, b"two")

    assert path.read_bytes() == b"two"
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]
    assert mode(path) == 0o600
    assert mode(path.parent) == mode(path.parent.parent) == 0o700


def test_what_cannot_be_written_leaves_the_old_and_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.mkdir()
    (path / "inside").touch()

    with pytest.raises(Ec2kitError) as caught:
        atomic_write(path, b"new")
    assert caught.value.exit_code == Exit.FAILED
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_directory_for_a_group_has_files_for_the_group(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(SHARED_DIRECTORY)
    atomic_write(shared / "file", b"")
    ensure_file(shared / "below" / "other")

    assert mode(shared / "file") == mode(shared / "below" / "other") == 0o660
    assert mode(shared / "below") == SHARED_DIRECTORY


def test_making_what_exists_changes_nothing(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    ensure_directory(tmp_path)
    path = tmp_path / "file"
    path.write_bytes(b"kept")
    path.chmod(0o640)
    ensure_file(path)

    assert (mode(tmp_path), mode(path), path.read_bytes()) == (0o750, 0o640, b"kept")


def test_a_file_in_the_place_of_a_directory_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(Ec2kitError, match="not a directory") as caught:
        ensure_directory(tmp_path / "file" / "below")
    assert "EC2KIT_STATE_DIR" in caught.value.hint


@pytest.mark.parametrize(
    "number, words",
    [
        (errno.ENOSPC, "no space left"),
        (errno.EDQUOT, "no space left"),
        (errno.EROFS, "the file system is read-only"),
        (errno.EACCES, "permission denied"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_the_systems_errors_are_told_with_the_directory_and_a_way_out(
    number: int, words: str, tmp_path: Path
) -> None:
    error = storage_error(OSError(number, os.strerror(number)), tmp_path / "journal.sqlite")

    assert error.message == f"'{tmp_path / 'journal.sqlite'}' cannot be written: {words}"
    assert error.exit_code == Exit.FAILED
    assert "EC2KIT_STATE_DIR" in error.hint
    assert number == errno.EROFS or f"'{tmp_path}'" in error.hint


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    with pytest.raises(Ec2kitError, match="no space left"), storing(tmp_path / "file"):
        Path("/dev/full").write_bytes(b"x")


def test_what_killed_writers_left_goes_and_nothing_else(tmp_path: Path) -> None:
    for name in (".[a].json.x1", ".[a].json.x2", ".a.json.x3", "[a].json", "[a].json.old"):
        (tmp_path / name).touch()
    sweep_writes(tmp_path / "[a].json")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".a.json.x3", "[a].json", "[a].json.old"]


def test_text_is_read(tmp_path: Path) -> None:
    (tmp_path / "ü").write_text("grün\n", encoding="utf-8")
    assert read_text(tmp_path / "ü") == "grün\n"


def test_what_is_no_text_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")

    with pytest.raises(UsageError, match="there is no file"):
        read_text(tmp_path / "missing")
    with pytest.raises(UsageError, match="is not text in UTF-8"):
        read_text(tmp_path / "binary")
    with pytest.raises(UsageError, match="is a directory"):
        read_text(tmp_path)
