"""Each command under each fault: an exit code and a message, never a traceback, and nothing twice.

The table is recorded in `docs/reference/faults.json`, from which the page beside it is made. FAULTS=write in the
environment records it anew; otherwise a cell that has changed fails.
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

import pytest

from docs.faults import EVERYWHERE, RECORD
from tests.faults.cells import COLUMNS, measure, measure_reading, undisturbed
from tests.faults.commands import COMMANDS, Command
from tests.faults.ground import Grounds

WRITE = os.environ.get("FAULTS") == "write"
ENDS = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
"""Documented ends of a command that nobody interrupts."""


@pytest.fixture(scope="session")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> Grounds:
    return Grounds(tmp_path_factory.mktemp("grounds"))


ROWS = [
    pytest.param(
        command,
        id=command.shown.removeprefix("ec2kit "),
        marks=[pytest.mark.deep] if command.rarely else [],
    )
    for command in COMMANDS
]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("command", ROWS)
def test_a_row(command: Command, grounds: Grounds, tmp_path: Path) -> None:
    ground = grounds.of(command.ground)
    clean = None if command.reads else undisturbed(command, ground, tmp_path / "clean")
    texts: dict[str, str] = {}
    for number, fault in enumerate((*COLUMNS, *command.things)):
        home = tmp_path / str(number)
        cell, said = (
            measure_reading(command, fault, ground, home)
            if clean is None
            else measure(command, fault, clean, ground, home)
        )
        assert "Traceback" not in said, f"{fault}\n{said}"
        assert cell.exit in ENDS, f"{fault}\n{said}"
        assert "MORE" not in cell.text, f"{fault}\n{said}"
        texts[fault] = cell.text
    if WRITE:
        _record(command.shown, texts)
    assert texts == recorded()[command.shown]


@pytest.mark.skipif(WRITE, reason="the rows are being written beside this")
def test_the_record_has_these_rows_and_no_others() -> None:
    assert list(recorded()) == [command.shown for command in COMMANDS]


def test_the_page_has_these_columns() -> None:
    assert EVERYWHERE == COLUMNS


def recorded() -> dict[str, dict[str, str]]:
    """The table as it is on the page: by command and fault."""
    rows: dict[str, dict[str, str]] = json.loads(RECORD.read_text(encoding="utf-8"))
    return rows


def _record(shown: str, texts: dict[str, str]) -> None:
    with RECORD.open("a+", encoding="utf-8") as file:
        # The rows are measured side by side.
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        known = json.loads(file.read() or "{}") | {shown: texts}
        file.truncate(0)
        rows = {command.shown: known[command.shown] for command in COMMANDS if command.shown in known}
        json.dump(rows, file, indent=1, ensure_ascii=False)
        file.write("\n")
