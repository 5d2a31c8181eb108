"""What a month will come to: by hand, and back-tested on generated years."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest

from ec2kit.costs.usage.projecting import Projection, project

DAY = timedelta(days=1)
YEARS = 40


def steady(first: date, days: int, amount: str = "10") -> dict[date, Decimal]:
    return {first + DAY * number: Decimal(amount) for number in range(days)}


def test_days_that_are_all_alike_go_on() -> None:
    running = steady(date(2026, 5, 1), 12)

    found = project(running, running, date(2026, 5, 13))
    assert found is not None
    assert (found.month, found.amount) == (date(2026, 5, 1), Decimal(310))
    assert found.low is not None
    assert found.high is not None
    assert Decimal(270) < found.low < Decimal(310) < found.high < Decimal(350)


def test_weekends_are_projected_as_weekends() -> None:
    first = date(2026, 5, 1)
    running = {
        day: Decimal(2 if day.weekday() > 4 else 10) for day in (first + DAY * number for number in range(21))
    }
    whole = sum(2 if (first + DAY * n).weekday() > 4 else 10 for n in range(31))

    found = project(running, running, first + DAY * 21)
    assert found is not None
    assert found.amount == whole
    assert "same weekdays of the last two weeks" in found.method


def test_what_is_charged_once_is_counted_once() -> None:
    running = steady(date(2026, 5, 1), 10)
    charged = {**running, date(2026, 5, 3): Decimal(110)}

    found = project(running, charged, date(2026, 5, 11))
    assert found is not None
    assert found.amount == Decimal(410)


def test_the_first_of_a_month_is_no_usual_day() -> None:
    running = steady(date(2026, 4, 20), 20)
    running[date(2026, 5, 1)] = Decimal(500)

    found = project(running, running, date(2026, 5, 10))
    assert found is not None
    assert found.amount == Decimal(500 + 30 * 10)


@pytest.mark.parametrize("days", [0, 2, 31])
def test_a_month_that_is_over_or_hardly_begun_is_not_projected(days: int) -> None:
    running = steady(date(2026, 5, 1), days)

    assert project(running, running, date(2026, 5, 1) + DAY * days) is None


def year(seed: int, drift: float, noise: float) -> Iterator[tuple[date, Decimal]]:
    """A year of a bill: a level that wanders, weekends that are quieter, days that vary."""
    chance = random.Random(seed)
    level, quiet = 100.0, chance.uniform(0.6, 1.0)
    for number in range(365):
        day = date(2025, 1, 1) + DAY * number
        level *= 1 + chance.gauss(0, drift)
        weekday = quiet if day.weekday() > 4 else 1.0
        yield day, Decimal(str(round(max(0.0, level * weekday * (1 + chance.gauss(0, noise))), 6)))


@pytest.mark.parametrize("seen", [6, 9, 14, 21, 25])
@pytest.mark.parametrize("history", ["this month", "months before"])
def test_four_of_five_months_end_between_the_bounds(seen: int, history: str) -> None:
    """Back-tested: of all months of generated years, how many ended between the bounds that the day `seen` gave."""
    hits, months, off = 0, 0, []
    for seed in range(YEARS):
        kind = random.Random(seed + 1000)
        days = dict(year(seed, kind.choice([0.0, 0.004, 0.01, 0.02]), kind.choice([0.02, 0.05, 0.15])))
        for month in range(4, 13):
            first = date(2025, month, 1)
            after = (first + DAY * 31).replace(day=1)
            begin = first if history == "this month" else date(2025, 1, 1)
            known = {day: cost for day, cost in days.items() if begin <= day < first + DAY * seen}
            found = project(known, known, first + DAY * seen)
            truth = sum((cost for day, cost in days.items() if first <= day < after), Decimal(0))
            assert isinstance(found, Projection)
            assert found.low is not None
            assert found.high is not None
            hits += found.low <= truth <= found.high
            months += 1
            off.append(abs(found.amount / truth - 1))
    assert months == YEARS * 9
    assert 0.72 <= hits / months <= 0.93, f"{hits} of {months}"
    assert sum(off) / len(off) < Decimal("0.08")
