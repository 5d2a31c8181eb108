"""Savings plans after reservations, against a reckoning that goes through each hour by itself: it is the same, and the
parts add up."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ec2kit.costs.fleet.hours import HOUR, Pool, Span, use_of
from ec2kit.costs.fleet.matching import Matched, held_in, match, pool_weight
from ec2kit.costs.fleet.offered import Offers
from ec2kit.costs.fleet.plan_holding import Plans
from ec2kit.costs.fleet.plans import Rate, apply, plans_in
from ec2kit.costs.fleet.report import Asked, report
from ec2kit.costs.fleet.seen import Seen
from ec2kit.costs.fleet.wished import Wished
from ec2kit.costs.prices.price import PriceList
from ec2kit.model.reservations import Owned
from ec2kit.model.savings_plans import OwnedPlan, PlanKind
from tests.costs.fleet.making import IRELAND, at, book, listed, offer, owned, plan, pool, rates, span, window

TYPES = ("m5.large", "m5.xlarge", "c5.large", "g5.xlarge")
POOLS = tuple(pool(type, zone) for type in TYPES for zone in ("a", "b"))
RATES = {
    (PlanKind.COMPUTE, "m5.large"): Rate(Decimal("0.07"), Decimal("0.10")),
    (PlanKind.COMPUTE, "m5.xlarge"): Rate(Decimal("0.13"), Decimal("0.20")),
    (PlanKind.COMPUTE, "c5.large"): Rate(Decimal("0.03"), Decimal("0.09")),
    (PlanKind.INSTANCE, "m5.large"): Rate(Decimal("0.06"), Decimal("0.10")),
    (PlanKind.INSTANCE, "m5.xlarge"): Rate(Decimal("0.11"), Decimal("0.20")),
    (PlanKind.INSTANCE, "c5.large"): Rate(Decimal("0.02"), Decimal("0.09")),
}
spans = st.lists(
    st.builds(
        lambda which, start, hours, n: span(which, start / 4, (start + hours) / 4, f"i-{n}"),
        st.sampled_from(POOLS),
        st.integers(0, 30),
        st.integers(1, 30),
        st.integers(0, 99),
    ),
    max_size=8,
)
some_plans = st.lists(
    st.builds(
        lambda cents, family, start, n: plan(str(Decimal(cents) / 100), family, id=f"p-{n}", start=start),
        st.integers(1, 60),
        st.sampled_from(["", "m5", "c5", "g5"]),
        st.integers(-3, 10),
        st.integers(0, 99),
    ),
    max_size=3,
    unique_by=lambda one: one.id,
).map(tuple)
some_owned = st.lists(
    st.builds(
        lambda type, count, n: owned(type, count, id=f"r-{n}"),
        st.sampled_from(TYPES),
        st.integers(1, 2),
        st.integers(0, 9),
    ),
    max_size=2,
).map(tuple)


def rate_of(which: OwnedPlan, where: Pool) -> Rate | None:
    return RATES.get((which.kind, where.type))


def matched_of(found: list[Span], held: tuple[Owned, ...]) -> Matched:
    use = use_of(found, window(12))
    return match(use, held_in(held, use.window))


@settings(max_examples=150, deadline=None)
@given(spans, some_owned, some_plans)
def test_the_parts_add_up_and_no_plan_pays_more_than_its_commitment(
    found: list[Span], held: tuple[Owned, ...], plans: tuple[OwnedPlan, ...]
) -> None:
    matched = matched_of(found, held)
    applied = apply(matched, plans_in(plans, matched.use.window), rate_of)
    for where in matched.use.pools:
        left = sum(
            hours * amounts.get(where, 0)
            for group, rests in applied.left.items()
            if where in group
            for hours, amounts in rests
        )
        before = sum(
            hours * amounts.get(where, 0)
            for group, rests in matched.left.items()
            if where in group
            for hours, amounts in rests
        )
        assert left + sum(amount for (_, pool), amount in applied.covered.items() if pool == where) == before
    for place, each in enumerate(applied.held):
        assert 0 <= applied.spent[place] <= each.plan.commitment * each.hours
    assert all(sum(hours for hours, _ in rests) == 12 for rests in applied.left.values())


@settings(max_examples=150, deadline=None)
@given(spans, some_owned, some_plans)
def test_it_is_what_comes_of_going_through_each_hour(
    found: list[Span], held: tuple[Owned, ...], plans: tuple[OwnedPlan, ...]
) -> None:
    matched = matched_of(found, held)
    window_ = matched.use.window
    applied = apply(matched, plans_in(plans, window_), rate_of)
    spent = dict.fromkeys((each.id for each in plans), Fraction(0))
    for hour in range(window_.first, window_.end):
        need: dict[Pool, Fraction] = {}
        for group, rests in matched.left.items():
            begins = window_.first
            for hours, amounts in rests:
                if begins <= hour < begins + hours:
                    weights = {where: pool_weight(where) for where in group}
                    need |= {where: Fraction(each, HOUR * weights[where]) for where, each in amounts.items()}
                begins += hours
        good = [each for each in plans if _first(each) <= hour]
        rest = {each.id: Fraction(each.commitment) for each in good}
        while True:
            ways = [
                (
                    each.kind is PlanKind.COMPUTE,
                    rate.share,
                    rate.hourly,
                    _first(each),
                    each.start,
                    each.id,
                    where,
                )
                for each in good
                for where in need
                if (rate := rate_of(each, where))
                and (not each.family or where.type.startswith(f"{each.family}."))
                and need[where] > 0
                and rest[each.id] > 0
            ]
            if not ways:
                break
            *_, id, where = min(ways)
            (which,) = (each for each in good if each.id == id)
            rate = rate_of(which, where)
            assert rate
            hours_ = min(need[where], rest[id] / Fraction(rate.hourly))
            need[where] -= hours_
            rest[id] -= hours_ * Fraction(rate.hourly)
            spent[id] += hours_ * Fraction(rate.hourly)
    for place, one in enumerate(applied.held):
        # A second of use in each hour is lost in rounding, for each plan before it.
        assert float(applied.spent[place]) == pytest.approx(float(spent[one.plan.id]), abs=0.01)


@settings(max_examples=150, deadline=None)
@given(spans, some_plans)
def test_what_is_advised_saves_at_least_what_it_says(found: list[Span], plans: tuple[OwnedPlan, ...]) -> None:
    """Reservations come before plans, and set some of them free: for use that nothing covered, or for none."""
    lasting = tuple(replace(each, start=at(-4)) for each in plans)
    offers = Offers(book(*(_listed(type) for type in TYPES)))
    asked = Asked(window(12), at(12), plans=Plans(lasting, told=True))
    advice = [each for each in report([Seen(tuple(found))], offers, asked).advice if each.reserving]
    added = tuple(
        Wished(each.offered.unit.type, each.reserving.count, IRELAND)
        for each in advice
        if each.reserving and each.offered.unit
    )
    if not added:
        return
    then = report([Seen(tuple(found))], offers, replace(asked, added=added)).what_if
    assert then
    assert then.displaced
    told = sum((each.reserving.displaced.amount for each in advice if each.reserving), Decimal(0))
    assert then.displaced.amount >= told - Decimal("0.001")


def _listed(type: str) -> PriceList:
    """As in RATES; reserved for half."""
    compute = RATES.get((PlanKind.COMPUTE, type))
    on_demand = str(compute.on_demand if compute else Decimal("0.30"))
    instance = RATES.get((PlanKind.INSTANCE, type))
    known = [str(each.hourly) for each in (compute, instance) if each]
    return listed(type, on_demand, offer("0", str(Decimal(on_demand) / 2)), *(rates(*known) if known else ()))


def _first(each: OwnedPlan) -> int:
    return int(each.start.timestamp()) // HOUR
