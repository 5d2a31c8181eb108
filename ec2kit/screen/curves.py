"""A small chart of two curves in plain characters, for a terminal and for mail."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

ROWS = 10
FIRST, SECOND, BOTH = "·", "━", "╳"


def curves_text(
    first: Sequence[Decimal],
    second: Sequence[Decimal],
    names: tuple[str, str],
    ends: tuple[str, str],
    label: str,
) -> str:
    """Given two curves of the same number of points from 0 up, what they are called, and what stands below their first
    and last point, return a chart: a column for each point, the highest value above, a legend below."""
    highest = max(*first, *second)
    if len(first) != len(second) or highest <= 0:
        raise ValueError("two curves of one length, with something above zero, make a chart")
    grid = [[" "] * len(first) for _ in range(ROWS)]
    for column, (one, other) in enumerate(zip(first, second, strict=True)):
        rows = [ROWS - 1 - int(value / highest * (ROWS - 1) + Decimal("0.5")) for value in (one, other)]
        grid[rows[1]][column] = SECOND
        grid[rows[0]][column] = BOTH if rows[0] == rows[1] else FIRST
    margin = len(label)
    lines = [
        f"{label if not number else '':>{margin}} │{''.join(row).rstrip()}" for number, row in enumerate(grid)
    ]
    lines.append(f"{'0':>{margin}} └{'─' * len(first)}")
    lines.append(f"{'':{margin}}  {ends[0]}{ends[1]:>{len(first) - len(ends[0])}}")
    lines.append(f"{'':{margin}}  {FIRST} {names[0]}   {SECOND} {names[1]}   {BOTH} both")
    return "\n".join(lines) + "\n"
