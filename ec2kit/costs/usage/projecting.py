"""What the last month of a report will come to: what is billed already, and its days to come as the weeks before. Pure.

Each day to come is taken to cost what the same weekday cost in the last two weeks (in the last one, or as all days
seen, when there are no more). Four fifths of the time the month ends between the bounds: the days vary about their
weekday's cost, and the level itself wanders; both are estimated from the days seen, the second from how far the
weeks are apart. The back-test in the tests measures the coverage on generated years.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from math import sqrt
from statistics import fmean

WEEK = 7
MOST_WEEKS = 8
"""What is longer ago says little of this month."""
LEAST = 3
"""Days from which on there is something to say."""
LEVEL = 80
"""Per cent between the bounds."""
T_90 = (3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372, 1.363, 1.356, 1.350, 1.345)
"""Student's t for 1, 2, … degrees of freedom, nine tenths below it; 1.282 is the normal distribution's."""
NORMAL_90 = 1.282
LEAST_DRIFT = 0.006
"""The share of its level by which a bill wanders from one day to the next when too few weeks tell how much."""
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Projection:
    """What a month comes to, cash, and between what with 80 %; no bounds where the days do not tell."""

    month: date
    amount: Decimal
    method: str
    low: Decimal | None = None
    high: Decimal | None = None


def project(
    running: Mapping[date, Decimal], charged: Mapping[date, Decimal], whole: date
) -> Projection | None:
    """Given what goes on from day to day, and all that was charged, by day, and the first day that is not billed as a
    whole, return what the month of the last whole day comes to; None when it is over, or days are too few to tell.
    """
    month = (whole - DAY).replace(day=1)
    end = (month + timedelta(days=31)).replace(day=1)
    seen = _seen(running, whole)
    if whole >= end or len(seen) < LEAST:
        return None
    so_far = sum((amount for day, amount in charged.items() if month <= day < whole), Decimal(0))
    coming = [whole + DAY * number for number in range((end - whole).days)]
    expected, method = _expected(seen, coming)
    middle = so_far + expected
    around = Decimal(str(round(_around([float(amount) for _, amount in seen], len(coming)), 6)))
    return Projection(month, middle, method, max(so_far, middle - around), middle + around)


def _seen(running: Mapping[date, Decimal], whole: date) -> list[tuple[date, Decimal]]:
    """The last weeks, day by day. On the first of a month AWS bills what is for all of it: that is no usual day,
    and the one a week before stands for it."""
    begun = min((day for day, amount in running.items() if amount), default=whole)
    first = max(begun, whole - DAY * WEEK * MOST_WEEKS)
    days = [first + DAY * number for number in range((whole - first).days)]
    found: list[tuple[date, Decimal]] = []
    for day in days:
        usual = day.day != 1
        if not usual and len(found) < WEEK:
            continue
        found.append((day, running.get(day, Decimal(0)) if usual else found[-WEEK][1]))
    return found


def _expected(seen: Sequence[tuple[date, Decimal]], coming: Sequence[date]) -> tuple[Decimal, str]:
    weeks = min(len(seen) // WEEK, 2)
    window = seen[-WEEK * weeks :] if weeks else seen
    if not weeks:
        mean = sum((amount for _, amount in window), Decimal(0)) / len(window)
        return mean * len(coming), f"the {len(window)} whole days seen going on"
    by_weekday: dict[int, list[Decimal]] = {}
    for day, amount in window:
        by_weekday.setdefault(day.weekday(), []).append(amount)
    total = sum(
        (sum(by_weekday[day.weekday()], Decimal(0)) / len(by_weekday[day.weekday()]) for day in coming),
        Decimal(0),
    )
    how = "two weeks" if weeks > 1 else "week"
    return total, f"each day to come as the same weekdays of the last {how}"


def _around(days: Sequence[float], left: int) -> float:
    """How far the sum of the days to come may be from what is expected, in four of five cases."""
    level = abs(fmean(days[-2 * WEEK :]))
    noise, freedom = _noise(days)
    drift = _drift(days, noise, level)
    window = min(len(days), 2 * WEEK)
    known = noise * left * left / window + drift * left * left * window / 3
    variance = known + noise * left + drift * left * (left + 1) * (2 * left + 1) / 6
    return (T_90[freedom - 1] if freedom <= len(T_90) else NORMAL_90) * sqrt(variance)


def _noise(days: Sequence[float]) -> tuple[float, int]:
    """The variance of a day about its weekday's cost, and the degrees of freedom it is known with."""
    if len(days) >= 2 * WEEK:
        apart = [later - earlier for earlier, later in zip(days, days[WEEK:], strict=False)]
        return fmean(each * each for each in apart) / 2, len(apart)
    mean = fmean(days)
    return sum((each - mean) ** 2 for each in days) / (len(days) - 1), len(days) - 1


def _drift(days: Sequence[float], noise: float, level: float) -> float:
    """The variance of the level's step from one day to the next: means of weeks that follow are 14/3 of it apart, and
    two sevenths of the noise."""
    least = (LEAST_DRIFT * level) ** 2
    weeks = [fmean(days[end - WEEK : end]) for end in range(len(days), WEEK - 1, -WEEK)]
    if len(weeks) < 2:
        return least
    apart = fmean((later - earlier) ** 2 for later, earlier in pairwise(weeks))
    measured = max(0.0, apart - noise * 2 / WEEK) * 3 / (2 * WEEK)
    known = len(weeks) - 1
    return (measured * known + least * 2) / (known + 2)
