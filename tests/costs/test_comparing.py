"""Reserved against on demand: sums that were made by hand, and what holds for any prices."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.costs.comparing import Comparison, compare, parse_utilization
from ec2kit.costs.offers import Billing, Offer, Term
from ec2kit.errors import UsageError

SMALL = Offer(Decimal(54), Decimal("0.01"), Term.ONE_YEAR, Billing.USED)
C4_LARGE = Offer(Decimal(263), Decimal("0.03"), Term.ONE_YEAR, Billing.ALL)
"""c4.large in N. Virginia: one year, partly upfront; below, its other three terms (awspricing's recorded list)."""
SMALL_3Y = replace(SMALL, upfront=Decimal(82), term=Term.THREE_YEARS)
BY_THE_HOUR = replace(C4_LARGE, upfront=Decimal(0), hourly=Decimal("0.063"))
C4_LARGE_3Y = Offer(Decimal(539), Decimal("0.021"), Term.THREE_YEARS)
CONVERTIBLE = Offer(Decimal(710), Decimal("0.027"), Term.THREE_YEARS)

amounts = st.decimals("0.0001", "1000", places=4)
offers = st.builds(Offer, amounts, amounts, st.sampled_from(Term), st.sampled_from(Billing))
shares = st.decimals(0, 1, places=4)


@pytest.mark.parametrize(
    "on_demand, offer, total, reserved, share, hours, of_term",
    [
        ("0.025", SMALL, "219.00", "141.60", "0.353", "3600", "0.411"),
        ("0.025", SMALL_3Y, "657.00", "344.80", "0.475", "5466.7", "0.208"),
        ("0.10", C4_LARGE, "876.00", "525.80", "0.400", "5258", "0.600"),
        ("0.10", BY_THE_HOUR, "876.00", "551.88", "0.370", "5518.8", "0.630"),
        ("0.10", C4_LARGE_3Y, "2628.00", "1090.88", "0.585", "10908.8", "0.415"),
        ("0.10", CONVERTIBLE, "2628.00", "1419.56", "0.460", "14195.6", "0.540"),
    ],
)
def test_by_hand(
    on_demand: str, offer: Offer, total: str, reserved: str, share: str, hours: str, of_term: str
) -> None:
    found = compare(Decimal(on_demand), offer)
    even = found.break_even()

    assert (found.on_demand_total, found.reserved_total) == (Decimal(total), Decimal(reserved))
    assert found.saving == Decimal(total) - Decimal(reserved)
    assert found.saving_share is not None
    assert round(found.saving_share, 3) == Decimal(share)
    assert even.hours is not None
    assert even.share is not None
    assert (round(even.hours, 1), round(even.share, 3)) == (Decimal(hours), Decimal(of_term))
    assert even.pays


def test_the_sum_that_is_widely_read_would_need_30_at_once() -> None:
    """54 and 0.01 an hour "make 117.60": they do not."""
    assert compare(Decimal("0.025"), SMALL).reserved_total == Decimal("141.60")
    assert compare(Decimal("0.025"), replace(SMALL, upfront=Decimal(30))).reserved_total == Decimal("117.60")


def test_what_is_used_less_costs_less_only_where_the_hours_used_are_billed() -> None:
    half = Decimal("0.5")
    assert compare(Decimal("0.025"), SMALL, half).reserved_total == Decimal("97.80")
    assert compare(Decimal("0.10"), C4_LARGE, half).reserved_total == Decimal("525.80")
    assert compare(Decimal("0.10"), C4_LARGE, half).saving == Decimal("-87.80")


def test_an_hour_that_costs_no_less_never_breaks_even() -> None:
    even = compare(Decimal("0.01"), SMALL).break_even()

    assert (even.pays, even.hours, even.days, even.share) == (False, None, None, None)


def test_a_point_beyond_the_term_is_no_break_even() -> None:
    even = compare(Decimal("0.012"), SMALL).break_even()

    assert (even.pays, even.hours) == (False, Decimal(27000))


def test_nothing_used_costs_the_upfront_and_saves_no_share() -> None:
    found = compare(Decimal("0.025"), SMALL, Decimal(0))

    assert (found.on_demand_total, found.reserved_total) == (Decimal(0), Decimal(54))
    assert found.saving_share is None


@pytest.mark.parametrize(
    "on_demand, offer", [(Decimal(0), SMALL), (Decimal(1), Offer(Decimal(0), Decimal(0)))]
)
def test_a_price_of_zero_is_refused(on_demand: Decimal, offer: Offer) -> None:
    with pytest.raises(UsageError):
        compare(on_demand, offer)


@given(amounts, offers, shares, shares)
def test_a_longer_run_never_costs_less(
    on_demand: Decimal, offer: Offer, one: Decimal, other: Decimal
) -> None:
    shorter, longer = (Comparison(on_demand, offer, share) for share in sorted((one, other)))

    assert shorter.on_demand_total <= longer.on_demand_total
    assert shorter.reserved_total <= longer.reserved_total


@given(amounts, offers)
def test_break_even_is_where_the_totals_cross(on_demand: Decimal, offer: Offer) -> None:
    hours = Comparison(on_demand, offer).break_even().hours
    if hours is None:
        assert on_demand <= offer.hourly
        return
    cent = Decimal("0.000001")
    assert abs(on_demand * hours - offer.total(hours)) <= cent * max(Decimal(1), hours)
    assert on_demand * (hours + 1) > offer.total(hours + 1) - cent
    assert hours < 1 or on_demand * (hours - 1) < offer.total(hours - 1) + cent


@given(amounts, offers)
def test_effective_hours_of_a_whole_term_are_its_total(on_demand: Decimal, offer: Offer) -> None:
    whole = Comparison(on_demand, offer).reserved_total

    assert abs(offer.effective_hourly * offer.term.hours - whole) < Decimal("0.000001")


@pytest.mark.parametrize(
    "text, share", [("100%", 1), ("60%", "0.6"), ("0.6", "0.6"), ("1", 1), ("0", 0), (" 7.5 % ", "0.075")]
)
def test_a_utilization(text: str, share: str) -> None:
    assert parse_utilization(text) == Decimal(share)


@pytest.mark.parametrize("text", ["", "%", "x", "-1", "1.1", "101%", "1e1", "٣", "0.6.1"])
def test_what_is_none(text: str) -> None:
    with pytest.raises(UsageError):
        parse_utilization(text)


def test_sixty_meant_sixty_per_cent() -> None:
    with pytest.raises(UsageError) as caught:
        parse_utilization("60")
    assert caught.value.hint == "did you mean 60%?"
