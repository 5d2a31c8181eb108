"""One line or cell of a report, changed."""

from __future__ import annotations

from collections.abc import Callable

from tests.costs.usage import made


def line(text: str, number: int, change: Callable[[str], str]) -> str:
    """A text of which one line is changed; 1 is the header."""
    lines = text.split("\n")
    lines[number - 1] = change(lines[number - 1])
    return "\n".join(lines)


def cost(text: str, number: int, value: str) -> str:
    return cell(text, number, "lineItem/UnblendedCost", value)


def cell(text: str, number: int, column: str, value: str) -> str:
    """A CUR of which one cell is changed."""
    at = made.CUR_COLUMNS.index(column)

    def changed(row: str) -> str:
        cells = row.split(",")
        return ",".join([*cells[:at], value, *cells[at + 1 :]])

    return line(text, number, changed)
