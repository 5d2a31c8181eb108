"""Columns as data: what `ls` of each kind shows, in which order, and what `--columns` may name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Generic, TypeVar

from ec2kit.errors import UsageError

Row = TypeVar("Row")


@dataclass(frozen=True)
class Column(Generic[Row]):
    """A column of a list: its name is the header, the JSON key, and what `--columns` names.

    Columns are only ever appended to a list: scripts count on their places.
    """

    name: str
    value: Callable[[Row], Any]
    """The value of a row, for JSON and, as text, for everything else."""
    shown: Callable[[Row], str] | None = None
    """What a table on a terminal shows instead (an age for a time)."""
    styles: Mapping[str, str] = field(default_factory=dict)
    """The colour of a cell in a table by its text: `{"running": "green"}`."""
    extra: bool = False
    """Only in JSON and when `--columns` names it."""


def choose(columns: Sequence[Column[Row]], names: Sequence[str]) -> tuple[Column[Row], ...]:
    """Given what `--columns` names (none: those not extra), return the columns in that order.

    Raises `UsageError` with the nearest name for one that does not exist.
    """
    if not names:
        return tuple(column for column in columns if not column.extra)
    known = {column.name: column for column in columns}
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            raise UsageError(
                f"there is no column '{name}'",
                hint=f"did you mean `{near[0]}`?" if near else f"the columns are: {', '.join(known)}",
            )
    return tuple(known[name] for name in names)


STATE_STYLES: Mapping[str, str] = {
    "running": "green",
    "available": "green",
    "completed": "green",
    "done": "green",
    "good": "green",
    "pending": "yellow",
    "stopping": "yellow",
    "shutting-down": "yellow",
    "stopped": "dim",
    "terminated": "dim",
    "unchanged": "dim",
    "skipped": "yellow",
    "error": "red",
    "failed": "red",
    "bad": "red",
}
"""The colours of states, the same in every table."""
