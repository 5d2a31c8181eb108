"""Savings plans after reservations: AWS's order, by hand; what is saved, what is left to reserve, what has no rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from ec2kit.costs.fleet.hours import Pool
from ec2kit.costs.fleet.offered import Offers
from ec2kit.costs.fleet.plan_holding import PlanHolding, Plans, RateKey
from ec2kit.costs.fleet.report import Asked, Report, report
from ec2kit.costs.fleet.seen import Seen
from ec2kit.costs.fleet.wished import Wished
from ec2kit.costs.prices.book import PriceBook
from ec2kit.costs.prices.price import System
from ec2kit.model.money import Money
from ec2kit.model.reservations import Owned
from ec2kit.model.savings_plans import OwnedPlan, PlanKind
from tests.costs.fleet.making import IRELAND, at, book, listed, offer, owned, plan, pool, rates, span, window

HOURS = 100
R5, M5 = pool("r5.4xlarge"), pool("m5.24xlarge", platform="Windows")


EXAMPLE = book(
    listed("r5.4xlarge", "1.00", *rates("0.70", "0.60")),
    listed("m5.24xlarge", "10.00", *rates("8.20"), system=System.WINDOWS),
)
"""Rates of the example in "Understanding how Savings Plans apply to your AWS usage" (Savings Plans User Guide)."""


def answer(
    machines: Sequence[tuple[Pool, float, float]],
    plans: tuple[OwnedPlan, ...],
    prices: PriceBook = EXAMPLE,
    held: tuple[Owned, ...] = (),
    added: tuple[Wished, ...] = (),
) -> Report:
    spans = tuple(span(which, start, end, f"i-{n}") for n, (which, start, end) in enumerate(machines))
    asked = Asked(window(HOURS), at(HOURS), held, added, plans=Plans(plans, told=True))
    return report([Seen(spans, (), len(spans))], Offers(prices), asked)


def only(found: Report) -> PlanHolding:
    (one,) = found.plans
    return one


EACH = [(R5, 0, HOURS)] * 4 + [(M5, 0, HOURS)]


def test_the_highest_saving_comes_first_and_the_rest_in_part() -> None:
    # In each hour: four r5 at 0.70 (30 %) take 2.80 of 5.00; of the m5 (18 %) 2.20 ÷ 8.20 is left to cover.
    one = only(answer(EACH, (plan("5.00"),)))
    assert one.utilization == 1
    assert one.committed == one.spent == Money(Decimal("500.00"))
    part = Fraction(220, 820)
    assert float(one.covered_hours) == pytest.approx(float(HOURS * (4 + part)), abs=0.05)
    assert float(one.displaced.amount) == pytest.approx(float(HOURS * (4 + 10 * part)), abs=0.5)


def test_instance_plans_come_before_compute_plans() -> None:
    # The r5 plan covers three at 0.60; the compute plan the fourth at 0.70, and 4.10 ÷ 8.20 of the m5.
    found = answer(EACH, (plan("4.80", id="any"), plan("1.80", "r5", id="r5")))
    by_id = {each.plan.id: each for each in found.plans}
    assert by_id["r5"].covered_hours == 3 * HOURS
    assert by_id["r5"].net == Money(Decimal("300.00") - 180)
    assert float(by_id["any"].covered_hours) == pytest.approx(HOURS * 1.5, abs=0.05)
    assert {each.utilization for each in found.plans} == {Decimal(1)}
    left = {each.pool.type: each.on_demand for each in found.use}
    assert left["r5.4xlarge"] == Money(Decimal(0))
    assert left["m5.24xlarge"] == Money(Decimal("500.00"))


def test_of_equal_savings_the_lowest_rate_comes_first() -> None:
    prices = book(listed("c5.large", "0.10", *rates("0.07")), listed("c5.xlarge", "0.20", *rates("0.14")))
    machines = [(pool("c5.large"), 0, HOURS), (pool("c5.xlarge"), 0, HOURS)]
    found = answer(machines, (plan("0.07"),), prices)
    assert {each.pool.type: each.planned for each in found.use} == {"c5.large": HOURS, "c5.xlarge": 0}


def test_reservations_come_before_plans() -> None:
    held = (owned("r5.4xlarge", 3),)
    one = only(answer([(R5, 0, HOURS)] * 4, (plan("1.80", "r5"),), held=held))
    assert one.covered_hours == HOURS
    assert one.utilization == Decimal("0.60") / Decimal("1.80")
    assert one.unused == Money(Decimal("120.00"))
    assert one.net == Money(Decimal("100.00") - 180)


def test_what_a_plan_covers_is_not_reserved_again() -> None:
    prices = book(listed("m5.large", "0.10", offer("0", "0.06"), *rates("0.07")))
    machines = [(pool(), 0, HOURS)] * 3

    def advised(*plans: OwnedPlan) -> int:
        (advice,) = answer(machines, plans, prices).advice
        return advice.reserving.count if advice.reserving else 0

    assert advised() == 3
    assert advised(plan("0.14")) == 1
    assert advised(plan("0.21")) == 0
    # What is bought and to come, or came yesterday, is not bought again; what has ended is.
    assert advised(plan("0.21", start=HOURS + 24, state="queued")) == 0
    assert advised(plan("0.21", start=90)) == 0
    gone = replace(plan("0.21"), end=at(50), state="retired")
    assert advised(gone) == 3
    assert only(answer(machines, (gone,), prices)).covered_hours == 150


def test_a_plan_covers_only_its_hours_and_a_coming_one_none() -> None:
    found = answer([(R5, 0, HOURS)], (plan("0.60", "r5", start=40), plan("9", start=200, state="queued")))
    first, coming = found.plans
    assert (first.hours, first.covered_hours) == (60, Decimal(60))
    assert (coming.hours, coming.utilization, coming.is_coming) == (0, None, True)


def test_plans_for_other_places_families_and_things_cover_nothing() -> None:
    elsewhere = replace(plan("9", "r5"), region="us-east-1")
    learning = replace(plan("9", id="ml"), kind=PlanKind.SAGEMAKER)
    found = answer([(R5, 0, HOURS), (replace(R5, lifecycle="spot"), 0, HOURS)], (elsewhere, learning))
    assert only(found).utilization == 0
    assert found.planned_hours == 0
    assert found.unrated == ()
    spot = answer([(replace(R5, lifecycle="spot"), 0, HOURS)], (plan("1"),))
    assert only(spot).utilization == 0
    assert spot.unrated == ()


def test_what_has_no_rate_is_told_and_in_no_sum() -> None:
    prices = book(listed("r5.4xlarge", "1.00", *rates("0.70")), listed("m5.large", "0.10"))
    dedicated = pool("r5.4xlarge", tenancy="dedicated")
    machines = [(R5, 0, HOURS), (pool(), 0, HOURS), (pool("c5.large"), 0, HOURS), (dedicated, 0, HOURS)]
    found = answer(machines, (plan("5"),), prices)
    assert {(each.type, each.tenancy) for each in found.unrated} == {
        ("m5.large", "default"),
        ("c5.large", "default"),
        ("r5.4xlarge", "dedicated"),
    }
    assert only(found).displaced == Money(Decimal("100.00"))
    euros = replace(plan("5"), currency="EUR")
    assert only(answer([(R5, 0, HOURS)], (euros,))).spent.amount == 0


def test_a_plans_own_rates_go_before_the_price_books() -> None:
    key = RateKey("p-1", IRELAND, "r5.4xlarge", "Linux/UNIX")
    asked = Asked(window(HOURS), at(HOURS), plans=Plans((plan("0.50"),), {key: Decimal("0.50")}, told=True))
    seen = Seen((span(R5, 0, HOURS),), (), 1)
    assert only(report([seen], Offers(EXAMPLE), asked)).covered_hours == HOURS


def test_the_rate_is_that_of_the_plans_term_and_payment() -> None:
    three = replace(plan("1"), seconds=94_608_000)
    assert answer([(R5, 0, HOURS)], (three,)).unrated == (R5,)
    assert answer([(R5, 0, HOURS)], (replace(plan("1"), payment="All Upfront"),)).unrated == (R5,)


def test_what_more_reservations_save_is_less_where_a_plan_covered() -> None:
    prices = book(listed("m5.large", "0.10", offer("0", "0.06"), *rates("0.07")))
    more = (Wished("m5.large", 1, IRELAND),)
    alone = answer([(pool(), 0, HOURS)], (), prices, added=more).what_if
    beside = answer([(pool(), 0, HOURS)], (plan("0.07"),), prices, added=more).what_if
    two = answer([(pool(), 0, HOURS)] * 2, (plan("0.07"),), prices, added=more).what_if
    assert [each.displaced for each in (alone, beside, two) if each] == [
        Money(Decimal(10)),
        Money(Decimal(0)),
        Money(Decimal(10)),
    ]


def test_what_ends_is_told_sixty_days_before() -> None:
    soon, later = (
        replace(plan("1", id=str(days)), end=at(HOURS) + timedelta(days=days)) for days in (60, 61)
    )
    found = answer([(R5, 0, 1)], (soon, later))
    assert {each.plan.id: each.ends_soon for each in found.plans} == {"60": True, "61": False}
