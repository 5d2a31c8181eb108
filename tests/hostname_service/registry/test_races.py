"""Many at once: each name to one machine, whoever is killed while it writes."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hostname_service.errors import Held, Later, ServiceError
from hostname_service.model import BindingState
from hostname_service.registry.port import Registry
from hostname_service.registry.sqlite import SqliteRegistry
from tests.hostname_service.registry.ground import everything, half, line, machine, sqlite_path, wanted
from tests.hostname_service.registry.racing import steps

pytestmark = pytest.mark.slow


def child(*words: object) -> subprocess.Popen[str]:
    """A process of `racing`."""
    told = [sys.executable, "-m", "tests.hostname_service.registry.racing", *map(str, words)]
    root = Path(__file__).parents[3]
    return subprocess.Popen(told, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("names", [150, pytest.param(1000, marks=pytest.mark.deep)])
def test_four_processes_bind_each_name_exactly_once(tmp_path: Path, names: int) -> None:
    path = sqlite_path(tmp_path)
    racers = [child("race", path, me, names) for me in range(4)]
    won: list[int] = []
    try:
        for racer in racers:
            assert racer.stdout is not None
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("go\n")
            racer.stdin.flush()
        for racer in racers:
            out, _ = racer.communicate(timeout=100)
            won += map(int, out.split())
            assert racer.returncode == 0
    finally:
        for racer in racers:
            racer.kill()
            racer.communicate()
    assert sorted(won) == list(range(names))
    registry = SqliteRegistry(path)
    rows = registry.names(limit=names + 1)
    assert {row.fqdn for row in rows} == {wanted(f"web-{number}", 0).fqdn for number in range(names)}
    assert len({row.machine for row in rows}) == len(rows) == names


def run_together(many: int, work: Callable[[int], None]) -> None:
    """Run it in so many threads that begin at once."""
    gate = threading.Barrier(many)

    def begin(number: int) -> None:
        gate.wait()
        work(number)

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_64_machines_race_for_one_name(pair: tuple[Registry, Registry]) -> None:
    ends: list[str] = []

    def claim(number: int) -> None:
        try:
            pair[number % 2].reserve(wanted("web-1", number))
            ends.append("won")
        except ServiceError as error:
            ends.append(error.reason)

    run_together(64, claim)
    assert sorted(ends) == ["held"] * 63 + ["won"]
    [row] = pair[0].names()
    holders = [machine(number) for number in range(64) if pair[1].binding_of(machine(number))]
    assert holders == [row.machine]


def test_one_machine_that_asks_for_many_names_at_once_gets_one(pair: tuple[Registry, Registry]) -> None:
    ends: list[str] = []

    def claim(number: int) -> None:
        try:
            ends.append(pair[number % 2].reserve(wanted(f"web-{number}", 1)).fqdn)
        except Held as held:
            ends.append(held.reason)

    run_together(8, claim)
    assert ends.count("has-name") == 7
    assert len(pair[0].names()) == 1
    assert half(pair[0]) == []


def test_a_name_is_taken_from_its_holder_by_one_of_many(pair: tuple[Registry, Registry]) -> None:
    pair[0].reserve(wanted("web-1", 0))
    ends: list[str] = []

    def claim(number: int) -> None:
        try:
            pair[number % 2].reserve(wanted("web-1", number + 1), over=machine(0))
            ends.append("won")
        except Held as held:
            ends.append(held.reason)

    run_together(8, claim)
    assert sorted(ends) == ["held"] * 7 + ["won"]
    assert half(pair[0]) == []
    assert pair[0].binding_of(machine(0)) is None


@pytest.mark.kill
def test_killed_at_any_statement_a_transaction_is_done_or_not(tmp_path: Path) -> None:
    """The process is ended at each statement in turn, until one run goes through. What it had answered is there, and
    nothing of what it had not."""
    cut, ended = 0, False
    while not ended:
        cut += 1
        directory = tmp_path / str(cut)
        directory.mkdir()
        path = sqlite_path(directory)
        SqliteRegistry(path).close()
        answered, ended = _run_cut(path, cut)
        expected = sqlite_path(_made(directory / "expected"))
        other = SqliteRegistry(expected)
        for step in steps(other)[:answered]:
            step()
        left = SqliteRegistry(path)
        assert everything(left) == everything(other), f"cut at statement {cut}"
        assert half(left) == []
        left.close()
        other.close()
    assert cut > 3 * len(steps(other)), "each transaction has at least three statements"


def _made(directory: Path) -> Path:
    directory.mkdir()
    return directory


def _run_cut(path: Path, cut: int) -> tuple[int, bool]:
    """Run the steps in a fork that kills itself at a statement: how many were answered, and whether it got through."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        left = [cut]

        def count(statement: str) -> None:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        for step in steps(SqliteRegistry(path, trace=count)):
            step()
            os.write(writing, b".")
        os._exit(0)
    os.close(writing)
    _, status = os.waitpid(pid, 0)
    with os.fdopen(reading, "rb") as stream:
        return len(stream.read()), status == 0


@pytest.mark.kill
@pytest.mark.parametrize("after", [1, 2, 3, 5, 8, 13, 40])
def test_killed_at_any_moment_all_that_was_answered_is_there(tmp_path: Path, after: int) -> None:
    """The moment is not chosen by us: the signal is sent while the child goes on writing."""
    path = sqlite_path(tmp_path)
    running = child("churn", path)
    assert running.stdout is not None
    told = [running.stdout.readline() for _ in range(after)]
    running.send_signal(signal.SIGKILL)
    told += running.stdout.readlines()
    running.communicate()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    registry = SqliteRegistry(path)
    assert half(registry) == []
    last: dict[int, str] = {}
    for said in told:
        word, _, number = said.strip().partition(" ")
        last[int(number)] = word
    ended = max(last)
    for turn, word in last.items():
        row = registry.binding(wanted(f"web-{turn}", turn).fqdn)
        if word == "removed":
            assert row is None
        elif turn < ended:
            assert row == wanted(f"web-{turn}", turn, state=BindingState.BOUND)
        elif word == "reserved":
            assert row is not None
    lines = {entry.reason for entry in registry.audits(limit=10_000)}
    assert {f"turn-{turn}" for turn, word in last.items() if word != "reserved"} <= lines
    following = registry.reserve(wanted("after", 100_000))
    assert registry.change(following, replace(following, dns_done=True)).dns_done


def test_a_lock_that_stays_is_told_as_away_and_nothing_is_written(tmp_path: Path) -> None:
    path = sqlite_path(tmp_path)
    registry = SqliteRegistry(path, busy=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ServiceError) as away:
        registry.audit(line("late"))
    assert (away.value.status, away.value.reason) == (503, "registry")
    assert registry.names() == [], "readers are not kept out"
    other.execute("ROLLBACK")
    other.close()
    registry.audit(line("in time"))
    assert [entry.reason for entry in registry.audits()] == ["in time"]
    assert not isinstance(away.value, Later)
