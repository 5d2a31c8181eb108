"""A small chart of one bar for each day, in plain characters, for a terminal and for mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

ROWS = 6
EIGHTHS = " ▁▂▃▄▅▆▇█"
MARGIN = 4
"""Characters beside the highest value's label and the axis."""
MOST = 200
"""Bars; more are not told apart."""


def bars_text(days: Sequence[tuple[date, Decimal]], label: str, width: int) -> str:
    """Given days and what each has, and what stands beside the highest, return a chart that fits the width: a bar
    for each day, for each so many days where they are too many; days that are missing have none, and those below
    zero neither.

    Raises `ValueError` when nothing is above zero.
    """
    amounts, step = _spread(days, max(1, min(MOST, width - len(label) - MARGIN)))
    highest = max(amounts, default=Decimal(0))
    if highest <= 0:
        raise ValueError("something above zero makes a chart")
    wide = 2 if len(amounts) * 2 <= width - len(label) - MARGIN else 1
    heights = [int(max(amount, Decimal(0)) / highest * ROWS * 8 + Decimal("0.5")) for amount in amounts]
    lines = []
    for row in range(ROWS - 1, -1, -1):
        cells = (EIGHTHS[min(8, max(0, height - row * 8))].ljust(wide) for height in heights)
        lines.append(f"{label if row == ROWS - 1 else '':>{len(label)}} │{''.join(cells)}".rstrip())
    lines.append(f"{'0':>{len(label)}} └{'─' * (len(amounts) * wide)}")
    first, last = min(day for day, _ in days), max(day for day, _ in days)
    each = "" if step == 1 else f", a bar for {step} days"
    between = first.isoformat() if first == last else f"{first.isoformat()} to {last.isoformat()}"
    lines.append(f"{'':{len(label)}}  {between}{each}")
    return "\n".join(lines) + "\n"


def _spread(days: Sequence[tuple[date, Decimal]], most: int) -> tuple[list[Decimal], int]:
    """Every day between the first and the last, or sums of so many days that there are no more than `most`."""
    by_day = dict(days)
    first, last = min(by_day), max(by_day)
    count = (last - first).days + 1
    step = -(-count // most)
    amounts = [Decimal(0)] * -(-count // step)
    for day, amount in by_day.items():
        amounts[(day - first) // timedelta(days=step)] += amount
    return amounts, step
