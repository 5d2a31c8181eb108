"""The page of faults, from the record that `tests/faults` keeps: `faults.json` beside the page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

RECORD = Path(__file__).parent / "reference" / "faults.json"
EVERYWHERE = (
    "throttled 3 times",
    "throttled for good",
    "500, then 503",
    "reset, then time-out",
    "answer lost",
    "not permitted",
    "credentials expired",
    "no endpoint",
)
"""The faults of requests, which every command can meet; the others have a table of their own."""


def faults() -> str:
    """Return the two tables of `faults.md`: requests that go wrong, and things that go wrong."""
    rows: dict[str, dict[str, str]] = json.loads(RECORD.read_text(encoding="utf-8"))
    requests = [(f"`{words}`", *(cells[fault] for fault in EVERYWHERE)) for words, cells in rows.items()]
    things = [
        (f"`{words}`", fault, text)
        for words, cells in rows.items()
        for fault, text in cells.items()
        if fault not in EVERYWHERE
    ]
    return (
        "## Requests that go wrong\n\n"
        + _table(("command", *EVERYWHERE), requests)
        + "\n\n## Things that go wrong\n\n"
        + _table(("command", "what is wrong", "how it ends"), things)
        + "\n"
    )


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
