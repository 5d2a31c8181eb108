"""Locks that end with their process."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ec2kit.errors import Ec2kitError
from ec2kit.host.locks import FileLock, Holder
from tests.host.children import child, run_together

HOLD = """
import sys
from pathlib import Path
from ec2kit.host.locks import FileLock
lock = FileLock(Path(sys.argv[1]))
assert lock.acquire()
print("ready", flush=True)
sys.stdin.read()
"""

# Each adds one to a number, by reading and writing it: without exclusion some would be lost.
COUNT = """
import sys
from pathlib import Path
from ec2kit.host.locks import FileLock
number, left = Path(sys.argv[1]), 100
while left:
    with FileLock(number.with_suffix(".lock")).hold() as taken:
        if taken:
            number.write_text(str(int(number.read_text()) + 1))
            left -= 1
"""


def test_a_lock_is_taken_once_and_its_file_goes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "a.lock"
    one, other = FileLock(path), FileLock(path)

    assert not other.is_held()
    assert not path.parent.exists()
    assert one.acquire()
    assert not one.acquire()
    assert not other.acquire()
    assert one.is_held()
    assert other.holder() == Holder(os.getpid())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    other.release()
    assert one.is_held()
    one.release()
    one.release()
    assert list(path.parent.iterdir()) == []
    assert other.acquire()
    other.release()


def test_looking_does_not_make_anybody_busy(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    path.touch()
    looker = FileLock(path)
    for _ in range(100):
        assert not looker.is_held()
        with FileLock(path).hold() as taken:
            assert taken
            assert looker.is_held()
        path.touch()


def test_a_lock_of_a_living_process_is_kept_and_that_of_a_killed_one_is_free_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    lock = FileLock(path)
    with child(HOLD, str(path)) as process:
        assert not lock.acquire()
        assert lock.holder() == Holder(process.pid)
        process.kill()
        process.wait()
        assert path.exists()
        assert not lock.is_held()
        assert lock.holder() is None
        assert lock.acquire()
    lock.release()


def test_a_program_that_we_start_does_not_keep_our_lock(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    lock = FileLock(path)
    lock.acquire()
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE, close_fds=False
    ) as process:
        lock.release()
        path.touch()
        assert not FileLock(path).is_held()
        process.kill()


def test_an_error_gives_it_back(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "a.lock")
    with pytest.raises(ZeroDivisionError), lock.hold():
        raise ZeroDivisionError
    assert not lock.is_held()


def test_being_turned_away_releases_nothing(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "a.lock")
    with lock.hold() as first:
        with lock.hold() as second:
            assert (first, second) == (True, False)
        assert lock.is_held()


def test_processes_that_take_and_remove_it_all_the_time_exclude_each_other(tmp_path: Path) -> None:
    number = tmp_path / "number"
    number.write_text("0")

    assert run_together(COUNT, 3, str(number)) == [0, 0, 0]
    assert number.read_text() == "300"


def test_a_lock_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Ec2kitError) as caught:
        FileLock(tmp_path / "file" / "a.lock").acquire()
    assert "EC2KIT_STATE_DIR" in caught.value.hint
