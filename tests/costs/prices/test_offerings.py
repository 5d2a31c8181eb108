"""What EC2 sells, as prices: each once, what cannot be compared left out and told, joined with on demand."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.costs.offers import Term
from ec2kit.costs.prices.book_files import book_text, parse_book
from ec2kit.costs.prices.discount import discounted
from ec2kit.costs.prices.offerings import asked_of, joined, sold
from ec2kit.costs.prices.price import (
    Commitment,
    Machine,
    OfferingClass,
    Offers,
    Payment,
    Price,
    PriceList,
    System,
)
from ec2kit.costs.prices.products import MalformedPrices
from ec2kit.costs.reserving import choices
from ec2kit.model.reservations import OnSale

MONDAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
YEAR = 31_536_000
C4 = Machine("us-east-1", "c4.large")
PARTIAL = OnSale(
    "a", "c4.large", YEAR, offering_type="Partial Upfront", upfront=Decimal(263), hourly=Decimal("0.03")
)
"""c4.large of 2017, as the price list has it too."""
ALL = replace(PARTIAL, id="b", offering_type="All Upfront", upfront=Decimal(515), hourly=Decimal(0))
NONE = replace(PARTIAL, id="c", offering_type="No Upfront", upfront=Decimal(0), hourly=Decimal("0.063"))
LONG = replace(PARTIAL, id="d", seconds=3 * YEAR, offering_class="convertible", upfront=Decimal(716))
EACH = (PARTIAL, ALL, NONE, LONG)


def test_each_is_an_offer_with_its_two_amounts() -> None:
    found = {str(each.commitment): (each.upfront, each.hourly) for each in sold(EACH, C4).offers}
    assert found == {
        "1y standard partial-upfront": (Decimal(263), Decimal("0.03")),
        "1y standard all-upfront": (Decimal(515), Decimal(0)),
        "1y standard no-upfront": (Decimal(0), Decimal("0.063")),
        "3y convertible partial-upfront": (Decimal(716), Decimal("0.03")),
    }
    assert sold(EACH, C4).left_out == ()


@given(st.permutations(EACH), st.integers(0, 3))
def test_neither_the_order_nor_an_offer_that_is_there_twice_matters(items: list[OnSale], twice: int) -> None:
    again = replace(items[twice], id="again")
    assert sold([*items, again], C4) == sold(EACH, C4)


@pytest.mark.parametrize(
    "other", [replace(PARTIAL, upfront=Decimal("0.07")), replace(PARTIAL, hourly=Decimal("0.07"))]
)
def test_two_prices_for_one_are_an_error_that_names_both(other: OnSale) -> None:
    other = replace(other, id="other")
    with pytest.raises(MalformedPrices) as caught:
        sold([*EACH, other], C4)
    for word in ("c4.large", "1y standard partial-upfront", "a for 263 and 0.03", "other for"):
        assert word in caught.value.message


@pytest.mark.parametrize(
    "other",
    [
        replace(PARTIAL, type="c4.xlarge"),
        replace(PARTIAL, platform="Windows"),
        replace(PARTIAL, tenancy="dedicated"),
    ],
)
def test_what_is_for_another_machine_is_no_offer_of_this_one(other: OnSale) -> None:
    assert sold([replace(other, upfront=Decimal(1))], C4).offers == ()
    assert len(sold([PARTIAL], Machine("us-east-1", "c4.large", System.WINDOWS)).offers) == 0


def test_what_is_not_sold_any_more_is_left_out_and_told() -> None:
    used = Decimal("0.01")
    old = [
        replace(PARTIAL, offering_type="Heavy Utilization"),
        replace(PARTIAL, offering_type="Light Utilization", usage=used),
        replace(PARTIAL, offering_type="Light Utilization", usage=used, seconds=3 * YEAR),
        replace(NONE, usage=used),
        replace(NONE, seconds=2_628_000),
        replace(NONE, offering_type=""),
    ]
    found = sold([*old, ALL], C4)
    assert [str(each.commitment) for each in found.offers] == ["1y standard all-upfront"]
    assert sorted(found.left_out) == [
        "1 of Heavy Utilization",
        "1 of No Upfront with a fee for hours used",
        "1 of a kind without a name",
        "1 of another term (2628000 s)",
        "2 of Light Utilization",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"upfront": Decimal(0), "hourly": Decimal(0)},
        {"upfront": Decimal(-1)},
        {"hourly": Decimal(-1)},
        {"offering_class": "other"},
    ],
)
def test_an_offer_that_costs_nothing_or_is_of_no_known_class_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(MalformedPrices):
        sold([replace(PARTIAL, **wrong)], C4)  # type: ignore[arg-type]


def known(source: str = "a list of 2025") -> PriceList:
    old = Price(Decimal(1), Decimal(1), Commitment(Term.ONE_YEAR, OfferingClass.STANDARD, Payment.NO_UPFRONT))
    return PriceList(C4, Price(Decimal(0), Decimal("0.10")), (old,), source, MONDAY.replace(year=2025))


def offers(source: str = "EC2's reservations") -> Offers:
    return Offers(C4, sold(EACH, C4).offers, asked_of(source, MONDAY))


def test_joined_they_have_both_sources_and_the_older_date() -> None:
    found = joined(known(), offers())
    assert found.source == "EC2's reservations, asked 2026-11-23; on demand of a list of 2025"
    assert found.published == MONDAY.replace(year=2025)
    assert found.on_demand == known().on_demand
    assert found.reserved == offers().reserved, "those that were known before are not among them"
    by_offer = {str(each.price.commitment): each for each in choices(found, 1, Decimal(1))}
    partial = by_offer["1y standard partial-upfront"]
    assert (str(partial.total.amount), partial.break_even_hours) == ("525.80", Decimal(5258))


def test_joined_again_and_kept_the_source_does_not_grow() -> None:
    once = joined(known(), offers())
    text = book_text([once], [])
    kept = parse_book(text, "kept").machine(C4)
    assert kept is not None
    assert joined(kept, offers()).source == once.source
    assert {each.commitment for each in kept.reserved} == {each.commitment for each in once.reserved}


def test_without_a_price_on_demand_nothing_is_said_to_be_saved() -> None:
    found = choices(offers(), 3, Decimal("0.5"))
    assert [each.price.commitment for each in found if each.price.commitment is None] == []
    assert {each.saving for each in found} == {each.saving_share for each in found} == {None}
    assert {each.break_even_hours for each in found} == {each.break_even_share for each in found} == {None}
    beside = {each.price.commitment: each for each in choices(joined(known(), offers()), 3, Decimal("0.5"))}
    for each in found:
        assert (each.total, each.yearly) == (
            beside[each.price.commitment].total,
            beside[each.price.commitment].yearly,
        )
    assert all(before.yearly.amount <= after.yearly.amount for before, after in itertools.pairwise(found))


def test_a_discount_is_on_offers_too() -> None:
    less = discounted(offers(), Decimal("0.10"))
    assert less.source == "EC2's reservations, asked 2026-11-23, less your 10 %"
    assert [each.hourly for each in less.reserved] == [
        each.hourly * Decimal("0.9") for each in offers().reserved
    ]
