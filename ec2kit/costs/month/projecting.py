"""What the month will come to. Pure.

By AWS's forecast where there is one; or else the days that are wholly billed go on as the last seven of them, and the
interval is that of a mean of days that vary as those did (Student's t).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import fmean, stdev

from ec2kit.costs.month.billing import DAY, LEVEL, Told
from ec2kit.model.bills import Foreseen
from ec2kit.model.money import Money

LAST = 7
"""Days, so that each day of the week counts once."""
LEAST = 3
"""Days from which on there is something to say."""
LAG = timedelta(days=1)
"""A day is billed as a whole a day after its end (Cost Management User Guide: data are refreshed once in 24 h)."""
T_90 = (3.078, 1.886, 1.638, 1.533, 1.476, 1.440)
"""Student's t for 1 to 6 degrees of freedom, nine tenths below it: four fifths are between it and its negative."""


@dataclass(frozen=True)
class Projection:
    """What the month comes to, cash; without bounds where nothing says how far off it may be."""

    amount: Money
    method: str
    low: Money | None = None
    high: Money | None = None
    level: int = LEVEL
    """Per cent: how likely it is between the bounds."""


def project(told: Told) -> Projection | None:
    """Given what Cost Explorer said, return what its month will come to; None when that cannot be told yet."""
    by_day = {each.days.start: each.cash.amount for each in told.by_day}
    currency = told.by_day[0].cash.currency if told.by_day else ""
    if told.foreseen:
        return _by_forecast(told, by_day, currency)
    return _by_trend(told, by_day, currency)


def _by_forecast(told: Told, by_day: Mapping[date, Decimal], currency: str) -> Projection:
    so_far = _sum(amount for day, amount in by_day.items() if told.month.start <= day < told.today)

    def with_sum(values: Sequence[Decimal]) -> Money:
        return Money(so_far + sum(values, Decimal(0)), currency)

    rest = _rest(told.foreseen, told.today)
    return Projection(
        with_sum([each.mean for each in rest]),
        "AWS's forecast from today on, added to what is billed before; the days' bounds added up, which is rather wide",
        with_sum([each.low for each in rest]),
        with_sum([each.high for each in rest]),
    )


def _rest(foreseen: Sequence[Foreseen], today: date) -> list[Foreseen]:
    return [each for each in foreseen if each.day >= today]


def _by_trend(told: Told, by_day: Mapping[date, Decimal], currency: str) -> Projection | None:
    whole = told.today - LAG
    # On the first of a month AWS bills what is for all of it.
    usual = [day for day in sorted(by_day) if day < whole and day.day != 1]
    # Before anything was used there was no cost to go by.
    begun = next((day for day in usual if by_day[day]), None)
    last = [by_day[day] for day in usual if begun is not None and day >= begun][-LAST:]
    if len(last) < LEAST:
        return None
    so_far = _sum(amount for day, amount in by_day.items() if told.month.start <= day < whole)
    left = (told.month.end - max(whole, told.month.start)) // DAY
    middle = so_far + sum(last, Decimal(0)) / len(last) * left
    around = _around([float(amount) for amount in last], left)
    return Projection(
        Money(middle, currency),
        f"the last {len(last)} days that are billed as a whole, going on",
        Money(max(so_far, middle - around), currency),
        Money(middle + around, currency),
    )


def _around(days: Sequence[float], left: int) -> Decimal:
    """How far the sum of `left` days may be from as many times the mean of those seen: the days vary, and their mean is
    not quite known."""
    count = len(days)
    variance = left + left * left / count
    spread = T_90[count - 2] * stdev(days, fmean(days)) * variance**0.5
    return Decimal(str(round(spread, 6)))


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
