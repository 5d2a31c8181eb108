"""A month by the bill: drivers that belong together, sums, shares."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ec2kit.costs.month.billing import Told
from ec2kit.costs.month.summary import BIGGEST, Driver, by_the_bill, sum_of
from tests.costs.month.bill import NOW, billed, by_day, told, usd

JUNE = date(2026, 6, 1)


def test_the_greatest_first_and_the_rest_together() -> None:
    uses = tuple(billed(JUNE, str(amount), "EC2", f"Use{amount}") for amount in (1, 50, 3, 20, 10, 4, 2))
    found = by_the_bill(replace(told(["10"] * 21), by_use=uses))
    assert [each.usage for each in found.biggest] == ["Use50", "Use20", "Use10", "Use4", "Use3"]
    assert (found.so_far, found.others) == (usd(90), usd(3))
    assert found.share(found.drivers[0]) == Decimal(50) / 90


def test_what_two_pages_have_of_a_use_is_one_driver_and_both_views_are_kept() -> None:
    uses = (billed(JUNE, "8", "EC2", "Fee", spread="1"), billed(JUNE, "2", "EC2", "Fee", spread="3"))
    found = by_the_bill(replace(told(["10"] * 21), by_use=uses))
    assert found.drivers == (Driver("EC2", "Fee", usd(10), usd(4)),)
    assert (found.so_far, found.amortised) == (usd(10), usd(4))


def test_credits_take_away() -> None:
    uses = (billed(JUNE, "10", "EC2", "BoxUsage"), billed(JUNE, "-10", "EC2", "Credit"))
    found = by_the_bill(replace(told(["0"] * 21), by_use=uses))
    assert found.so_far == usd(0)
    assert found.share(found.drivers[0]) is None


def test_the_last_day_that_has_something() -> None:
    assert by_the_bill(told(["10", "5", "0"])).last_day == date(2026, 6, 20)
    assert by_the_bill(told(["0"])).last_day is None


def test_without_enough_days_it_says_that_it_cannot_project() -> None:
    found = by_the_bill(told(["0"] * 20 + ["5"]))
    assert found.projection is None
    assert found.notes == ("no projection: fewer than three days are billed as a whole",)


@given(st.lists(st.decimals(-1000, 1000, places=10), max_size=12))
def test_the_parts_add_up_to_the_whole(amounts: list[Decimal]) -> None:
    uses = tuple(billed(JUNE, amount, "EC2", f"Use{number}") for number, amount in enumerate(amounts))
    found = by_the_bill(Told(NOW, uses, by_day(["1"], NOW.date())))
    shown = sum_of((each.cash for each in found.biggest), "USD")
    assert found.so_far == shown + (found.others or usd(0))
    assert (found.others is None) == (len(amounts) <= BIGGEST)
