"""`ec2kit cost compare`: what is printed, for people and for programs, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.screens import Shell, check_golden

SMALL = "cost compare --on-demand 0.025 --upfront 54 --hourly 0.01"
AS_SOLD = "cost compare --on-demand 0.10 --upfront 263 --hourly 0.03 --billing all"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.mark.parametrize(
    "name, line",
    [
        ("small", SMALL),
        ("three_years", "cost compare --on-demand 0.025 --upfront 82 --hourly 0.01 --term 3y"),
        ("as_sold_today", AS_SOLD),
        ("too_little_used", f"{AS_SOLD} --utilization 40%"),
        ("never", "cost compare --on-demand 0.01 --upfront 54 --hourly 0.01"),
        ("too_late", "cost compare --on-demand 0.012 --upfront 54 --hourly 0.01"),
    ],
)
def test_screen(name: str, line: str, tmp_path: Path) -> None:
    check_golden(f"cost/compare_{name}", Shell(tmp_path, terminal=True).run(line))


def test_a_program_reads_exact_amounts(shell: Shell) -> None:
    found = json.loads(shell.run(f"{SMALL} -o json").stdout)

    assert found["on_demand"]["total"] == {"amount": "219.00", "currency": "USD"}
    assert found["reserved"]["total"] == {"amount": "141.60", "currency": "USD"}
    assert found["saving"]["share"] == pytest.approx(0.353425)
    assert found["break_even"]["used"] == {"pays": True, "hours": 3600.0, "days": 150.0, "share": 0.410959}
    assert found["break_even"]["all"]["hours"] == 5664.0


def test_a_pipe_gets_lines_and_no_chart(shell: Shell) -> None:
    lines = shell.run(SMALL).stdout.splitlines()

    assert "saving\t77.40 USD, 35.3 %" in lines
    assert all(line.count("\t") == 1 for line in lines)


@pytest.mark.parametrize(
    "words, told",
    [
        ("", "on-demand"),
        ("--on-demand 0 --upfront 5", "price on demand is zero"),
        ("--on-demand 0.1", "the reservation costs nothing"),
        ("--on-demand free --upfront 5", "'free' is no amount for --on-demand"),
        ("--on-demand 0.1 --upfront=-5", "'-5' is no amount for --upfront"),
        ("--on-demand 0.1 --upfront 5 --utilization 70", "'70' is more than the whole term"),
        ("--on-demand 0.1 --upfront 5 --term 2y", "'2y' is not one of '1y', '3y'"),
    ],
)
def test_what_is_refused(shell: Shell, words: str, told: str) -> None:
    screen = shell.run(f"cost compare {words}")

    assert (screen.exit, screen.stdout) == (2, "")
    assert told in screen.stderr
