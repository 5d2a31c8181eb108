"""A discount is on everything, and said; interest makes what is paid later weigh less."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.costs.offers import Term
from ec2kit.costs.prices.discount import discounted, parse_discount
from ec2kit.costs.prices.price import Commitment, Machine, OfferingClass, Payment, Price, PriceList
from ec2kit.costs.reserving import choices
from ec2kit.errors import UsageError

PARTIAL = Price(
    Decimal(263),
    Decimal("0.03"),
    Commitment(Term.ONE_YEAR, OfferingClass.STANDARD, Payment.PARTIAL_UPFRONT),
)
PRICES = PriceList(Machine("us-east-1", "c4.large"), Price(Decimal(0), Decimal("0.10")), (PARTIAL,), "a list")
SHARES = st.decimals(min_value=0, max_value="0.99", places=4)


def test_it_is_taken_off_everything_and_said() -> None:
    found = discounted(PRICES, Decimal("0.08"))
    assert found.on_demand.hourly == Decimal("0.092")
    assert (found.reserved[0].upfront, found.reserved[0].hourly) == (Decimal("241.96"), Decimal("0.0276"))
    assert found.source == "a list, less your 8 %"
    assert discounted(PRICES, Decimal(0)) is PRICES


@given(SHARES, SHARES)
def test_savings_are_in_proportion(share: Decimal, utilization: Decimal) -> None:
    used = max(utilization, Decimal("0.01"))
    before = {each.price.commitment: each for each in choices(PRICES, 3, used)}
    for each in choices(discounted(PRICES, share), 3, used):
        expected = before[each.price.commitment].total.amount * (1 - share)
        assert abs(each.total.amount - expected) < Decimal("1e-12")


@pytest.mark.parametrize("text, share", [("8%", "0.08"), (" 12.5 % ", "0.125"), ("0.08", "0.08"), ("0", "0")])
def test_how_it_is_written(text: str, share: str) -> None:
    assert parse_discount(text) == Decimal(share)


@pytest.mark.parametrize("text", ["", "-8%", "8", "100%", "much", "٨%", "1.2.3", "1e1"])
def test_what_is_none(text: str) -> None:
    with pytest.raises(UsageError):
        parse_discount(text)


def test_money_of_later_weighs_less() -> None:
    """By hand: 263 now and 21.90 at each month's end at 5 % a year, 21.90 x sum(1.05^-(m/12)) = 255.9254…"""
    by_offer = {str(each.price.commitment): each for each in choices(PRICES, 1, Decimal(1), Decimal("0.05"))}
    found = by_offer["1y standard partial-upfront"].present_value.amount
    by_hand = 263 + sum(21.9 / 1.05 ** (month / 12) for month in range(1, 13))
    assert abs(float(found) - by_hand) < 1e-9
    assert by_offer["None"].present_value < by_offer["None"].total


@given(SHARES)
def test_without_interest_it_is_the_total_and_with_more_it_is_less(interest: Decimal) -> None:
    plain, less = (
        {each.price.commitment: each for each in choices(PRICES, 2, Decimal(1), rate)}
        for rate in (Decimal(0), interest)
    )
    for commitment, each in plain.items():
        assert abs(each.present_value.amount - each.total.amount) < Decimal("1e-12")
        assert less[commitment].present_value.amount <= each.total.amount + Decimal("1e-12")
        assert less[commitment].present_value >= each.upfront
