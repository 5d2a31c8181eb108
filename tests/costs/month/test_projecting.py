"""Projections by hand, and how often their intervals hold on months that were drawn by lot."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random

import pytest

from ec2kit.costs.month.billing import Told
from ec2kit.costs.month.projecting import project
from ec2kit.model.bills import Foreseen
from tests.costs.month.bill import DAY, NOW, by_day, told, usd


def test_days_that_are_all_alike_go_on() -> None:
    """21 June, noon: nineteen whole days of 10, and eleven more of them. Yesterday and today are not whole yet."""
    found = project(told(["10"] * 19 + ["7", "1"]))
    assert found is not None
    assert (found.amount, found.low, found.high) == (usd(300), usd(300), usd(300))
    assert "7 days" in found.method


def test_the_last_week_counts() -> None:
    found = project(told(["10"] * 12 + ["20"] * 7 + ["0", "0"]))
    assert found is not None
    # 12 × 10 + 7 × 20 + 11 × 20
    assert found.amount == usd(480)


def test_the_fee_of_the_first_of_the_month_is_not_taken_for_a_day() -> None:
    now = datetime(2026, 6, 4, tzinfo=UTC)
    found = project(told(["10"] * 14 + ["500", "10", "10", "4"], now))
    assert found is not None
    # 500 and 10 so far; 28 days of 10 to come.
    assert found.amount == usd(790)
    assert found.high == found.low == usd(790)


def test_on_the_first_of_a_month_it_is_by_the_days_before() -> None:
    now = datetime(2026, 6, 1, 6, tzinfo=UTC)
    found = project(told(["10"] * 14 + ["0"], now))
    assert found is not None
    assert found.amount == usd(300)


def test_an_account_that_is_three_days_old() -> None:
    assert project(told(["0"] * 16 + ["5", "10", "10", "1", "0"])) is not None
    assert project(told(["0"] * 17 + ["10", "10", "1", "0"])) is None
    assert project(told(["0"] * 21)) is None


def test_days_that_vary_have_bounds_by_students_t() -> None:
    """Seven days of 8 and 12 in turn: mean 68/7, s² = 4.571…; left 11: t = 1.440."""
    week = ["8", "12", "8", "12", "8", "12", "8"]
    found = project(told(["10"] * 12 + week + ["0", "0"]))
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    mean = Decimal(68) / 7
    spread = Decimal("1.440") * (Decimal(32) / 7).sqrt() * (11 + Decimal(121) / 7).sqrt()
    assert abs(found.amount.amount - (120 + 68 + 11 * mean)) < Decimal("0.000001")
    assert abs(found.high.amount - found.amount.amount - spread) < Decimal("0.0001")
    assert abs(found.amount.amount - found.low.amount - spread) < Decimal("0.0001")


def test_the_lower_bound_is_never_less_than_what_is_billed() -> None:
    found = project(told(["0"] * 12 + ["0.01", "90", "0.01", "0.01", "0.01", "0.01", "0.01"] + ["0", "0"]))
    assert found is not None
    assert found.low is not None
    assert found.low.amount >= Decimal("90.06")


def test_awss_forecast_goes_before_and_starts_where_the_bill_ends() -> None:
    today = NOW.date()
    days = [Foreseen(today + DAY * n, Decimal(10), Decimal(9), Decimal(12)) for n in range(-1, 10)]
    found = project(told(["10"] * 20 + ["3"], foreseen=days))
    assert found is not None
    # Twenty days are billed; today's 3 is a part of the 10 that AWS foresees for it; yesterday's forecast is not used.
    assert (found.amount, found.low, found.high) == (usd(300), usd(290), usd(320))
    assert found.level == 80


@pytest.mark.parametrize("day", [8, 15, 24])
def test_four_fifths_of_the_months_end_within_the_bounds(day: int) -> None:
    """Six hundred months of days that vary by chance about one mean: what the method takes them for."""
    dice = Random(day)
    inside = 0
    for _ in range(600):
        costs = [f"{max(0.0, dice.gauss(100, 15)):.4f}" for _ in range(14 + 30)]
        now = datetime(2026, 6, day, 12, tzinfo=UTC)
        seen = [*costs[: 14 + day - 2], costs[14 + day - 2], "0"]
        found = project(Told(now, (), by_day(seen, date(2026, 6, day))))
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        whole = sum(map(Decimal, costs[14:]), Decimal(0))
        inside += found.low.amount <= whole <= found.high.amount
    assert 0.76 <= inside / 600 <= 0.84
