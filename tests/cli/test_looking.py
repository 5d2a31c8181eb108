"""What only looks, or does not get as far as changing anything: whole screens against one sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.practice import COMMANDS
from tests.cli.screens import Shell, changing, check_golden
from tests.sandbox.seeded import Seeded

READING = [
    ("list", "ls"),
    ("list_json", "ls -o json --columns name,state"),
    ("list_ids", "ls -q web-1 web-2"),
    ("stop_dry_run", "stop web-1 web-2 --dry-run"),
    ("stop_dry_run_table", "stop web-1 web-2 --dry-run -o table"),
    ("stop_dry_run_json", "stop web-1 --dry-run -o json"),
    ("stop_without_terminal", "stop web-1"),
    ("stop_unknown", "stop web-9 -y"),
    ("stop_unknown_json", "stop web-9 -y -o json"),
    ("stop_n", "stop -n web-1"),
    ("stop_unknown_column", "stop web-1 -y --columns nmae"),
    ("history_empty", "history"),
    ("mark_above_brake", "mark color"),
    ("bad_max", "mark color --max many"),
]


@pytest.fixture(scope="module")
def sandbox() -> Seeded:
    return Seeded()


@pytest.fixture
def shell(sandbox: Seeded, tmp_path: Path) -> Shell:
    return Shell(tmp_path, sandbox, commands=COMMANDS)


@pytest.mark.parametrize("name,line", READING)
def test_screen(shell: Shell, name: str, line: str) -> None:
    check_golden(name, shell.run(line))


def test_dry_run_makes_no_changing_call(shell: Shell, sandbox: Seeded) -> None:
    made = changing(sandbox)

    assert shell.run("stop web-1 --dry-run").exit == 0
    assert shell.run("allocate --dry-run").exit == 0
    assert made == []


def test_stdin_is_read_for_a_dash_and_counts_as_typed(shell: Shell) -> None:
    screen = shell.run("ls - web-3 -q", stdin="web-1\trunning\n\nweb-2 x\n")

    assert len(screen.stdout.splitlines()) == 3
    assert shell.run("ls -").exit == 2


def test_completion_knows_what_was_listed_last(shell: Shell) -> None:
    shell.run("ls")

    assert shell.run("completion --words -- history show web").stdout.split() == [
        "web-1",
        "web-2",
        "web-3",
        "web-4",
    ]
