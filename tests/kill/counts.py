"""The counts of the sweeps as docs/explanation/interruption.md has them: a line between two marks for each story."""

from __future__ import annotations

import os
from pathlib import Path

from tests.kill.sweep import Recorded

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "interruption.md"
WRITE = os.environ.get("GOLDENS") == "write"


def row(recorded: Recorded) -> str:
    """The line of one story: what it does, how often it can be cut, and what cuts leave."""
    numbers = (recorded.calls, recorded.writes, len(recorded.moments), len(recorded.states))
    return f"| `{recorded.story.line}` | {' | '.join(map(str, numbers))} |"


def check_row(recorded: Recorded) -> None:
    """The page has this story's line; GOLDENS=write in the environment writes it instead."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    mine = f"| `{recorded.story.line}` |"
    # The first such line: another table on the page counts the kills of the same commands.
    place = next(number for number, line in enumerate(lines) if line.startswith(mine))
    if WRITE:
        lines[place] = row(recorded)
        PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert lines[place] == row(recorded), "GOLDENS=write pytest tests/kill -k page"
