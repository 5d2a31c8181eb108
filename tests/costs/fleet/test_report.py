"""The whole answer: coverage, utilization and net savings by hand, what is told apart, and parts that add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ec2kit.costs.fleet.holding import by_currency
from ec2kit.costs.fleet.hours import Pool
from ec2kit.costs.fleet.offered import Offers
from ec2kit.costs.fleet.report import Asked, Report, report, saved
from ec2kit.costs.fleet.seen import Seen
from ec2kit.costs.fleet.wished import Wished
from ec2kit.costs.prices.book import PriceBook
from ec2kit.model.money import Money
from ec2kit.model.reservations import Owned
from tests.costs.fleet.making import (
    IRELAND,
    at,
    book,
    everything_at,
    listed,
    offer,
    owned,
    pool,
    span,
    window,
)

HOURS = 100
LARGE = book(listed("m5.large", "0.10", offer("0", "0.06")))


def answer(
    machines: Sequence[tuple[Pool, float, float]],
    held: tuple[Owned, ...] = (),
    prices: PriceBook = LARGE,
    added: tuple[Wished, ...] = (),
) -> Report:
    spans = tuple(span(which, start, end, f"i-{n}") for n, (which, start, end) in enumerate(machines))
    asked = Asked(window(HOURS), at(HOURS), held, added)
    return report([Seen(spans, (), len(spans))], Offers(prices), asked)


def test_by_hand() -> None:
    # Two large run all of 100 h, a third 40 h. Two are owned, for 0.05 an hour and 8.76 at once: 0.051 an hour.
    machines = [(pool(), 0, HOURS), (pool(), 0, HOURS), (pool(), 0, 40)]
    found = answer(machines, (owned(count=3, upfront="8.76", hourly="0.05"),))

    assert (found.eligible_hours, found.covered_hours) == (Decimal(240), Decimal(240))
    (one,) = found.holdings
    assert (one.bought_hours, one.used_hours) == (Decimal(300), Decimal(240))
    assert one.utilization == Decimal("0.8")
    assert one.displaced == Money(Decimal("24.00"))
    assert one.fee == Money(Decimal("15.300"))
    assert one.net == Money(Decimal("8.700"))
    assert one.unused_hours == 60
    assert one.unused_cost == Money(Decimal("3.060"))
    (advice,) = found.advice
    assert (advice.reserving, advice.left) == (None, 0)


def test_what_nothing_covers_is_advised() -> None:
    found = answer([(pool(), 0, HOURS), (pool(), 0, HOURS), (pool(), 0, 40)], (owned(),))
    (advice,) = found.advice
    assert advice.reserving is not None
    assert advice.last is not None
    assert (advice.reserving.count, advice.last.utilization) == (1, Decimal(1))
    assert advice.coverage == Decimal(100) / 240
    # 100 h × (0.10 − 0.06), and 87.6 of them in a year.
    assert advice.reserving.net == Money(Decimal("4.00"))
    assert saved(found.advice) == (Money(Decimal("350.40")),)


def test_what_was_bought_yesterday_is_not_bought_again() -> None:
    late = replace(owned(), start=at(90))
    found = answer([(pool(), 0, HOURS)], (late,))
    assert found.covered_hours == 10
    assert found.advice[0].reserving is None


def test_what_ends_is_told_sixty_days_before() -> None:
    soon, later = (replace(owned(id=f"r-{days}"), end=at(HOURS) + timedelta(days=days)) for days in (60, 61))
    found = answer([(pool(), 0, 1)], (soon, later))
    assert {each.held.owned.id: each.ends_soon for each in found.holdings} == {"r-60": True, "r-61": False}


def test_what_has_ended_covered_its_hours_and_covers_no_more() -> None:
    gone = replace(owned(), state="retired", end=at(40))
    found = answer([(pool(), 0, HOURS)], (gone,))
    assert found.covered_hours == 40
    assert not found.holdings[0].ends_soon
    advice = found.advice[0].reserving
    assert advice is not None
    assert (advice.count, advice.utilization) == (1, Decimal(1))


def test_spot_and_dedicated_are_in_no_sum() -> None:
    spot, dedicated = replace(pool(), lifecycle="spot"), pool(tenancy="dedicated")
    found = answer([(pool(), 0, 50), (spot, 0, HOURS), (dedicated, 0, HOURS)])
    assert found.eligible_hours == 50
    assert sorted(each.apart for each in found.advice) == ["", "dedicated", "spot"]
    assert [each.on_demand for each in found.use if each.pool.apart] == [None, None]


def test_a_type_without_reserved_prices_is_told_and_the_rest_answered() -> None:
    prices = book(listed("m5.large", "0.10", offer("0", "0.06")), listed("c5.large", "0.09"))
    machines = [(pool(), 0, HOURS), (pool("c5.large"), 0, HOURS), (pool("r5.large"), 0, HOURS)]
    found = {each.market.what: each for each in answer(machines, prices=prices).advice}

    assert found["m5"].reserving is not None
    assert found["c5"].reserving is None
    assert found["c5"].offered.hint == "ec2kit cost prices --update c5.large --region eu-west-1"
    assert found["r5"].offered.hint == "ec2kit cost prices --update r5.large --region eu-west-1"


def test_a_reservation_whose_hours_have_no_price_has_no_saving_rather_than_a_wrong_one() -> None:
    (one,) = answer([(pool("r5.large"), 0, HOURS)], (owned("r5.large"),)).holdings
    assert (one.displaced, one.net) == (None, None)
    assert one.utilization == 1


def test_nothing_ran() -> None:
    found = answer([], (owned(hourly="0.05"),))
    assert found.eligible_hours == 0
    assert (found.advice, found.use) == ((), ())
    assert found.holdings[0].unused_cost == Money(Decimal("5.00"))


def test_what_if_there_were_more() -> None:
    machines = [(pool(), 0, HOURS), (pool(), 0, 50)]
    found = answer(machines, added=(Wished("m5.large", 2, IRELAND),)).what_if
    assert found is not None
    (two,) = found.holdings
    assert two.utilization == Decimal("0.75")
    assert found.displaced == Money(Decimal("15.00"))
    assert found.fee == Money(Decimal("12.00"))
    assert found.net == Money(Decimal("3.00"))


def test_what_is_added_counts_only_what_nothing_covered() -> None:
    # The xlarge that is owned would go to the large ones; two large of their own set it free for nobody.
    prices = everything_at("0.10", "m5.large", "m5.xlarge")
    machines = [(pool(), 0, HOURS), (pool(), 0, HOURS)]
    found = answer(machines, (owned("m5.xlarge"),), prices, (Wished("m5.large", 2, IRELAND),)).what_if
    assert found is not None
    assert (found.displaced, found.fee) == (Money(Decimal("0.00")), Money(Decimal("10.000")))


def test_what_is_added_without_a_price_has_no_saving() -> None:
    found = answer([(pool("r5.large"), 0, HOURS)], added=(Wished("r5.large", 1, IRELAND),)).what_if
    assert found is not None
    assert (found.prices, found.displaced, found.fee, found.net) == ((None,), None, None, None)
    assert found.holdings[0].utilization == 1


MACHINES = st.lists(
    st.tuples(
        st.sampled_from(["m5.large", "m5.xlarge", "c5.large"]), st.integers(0, 99), st.integers(1, 100)
    ),
    min_size=1,
    max_size=6,
)
HELD = st.lists(st.tuples(st.sampled_from(["m5.large", "m5.xlarge"]), st.integers(1, 3)), max_size=3)


@given(MACHINES, HELD)
def test_the_parts_add_up(machines: list[tuple[str, int, int]], held: list[tuple[str, int]]) -> None:
    prices = everything_at("0.10", "m5.large", "m5.xlarge", "c5.large")
    placed = [(pool(type), start, start + length) for type, start, length in machines]
    mine = tuple(owned(type, count, id=f"r-{n}", hourly="0.03") for n, (type, count) in enumerate(held))
    found = answer(placed, mine, prices)
    cent = Decimal("0.000001")

    for each in found.holdings:
        assert each.net is not None
        assert each.displaced is not None
        # Net savings + the fee is what was displaced; the fee is that of the used hours and of the others.
        assert each.net + each.fee == each.displaced
        used = each.held.owned.amortized_hourly * each.used_hours
        assert abs(used + each.unused_cost.amount - each.fee.amount) < cent
    paid = by_currency(each.on_demand for each in found.use if each.on_demand)
    displaced = by_currency(each.displaced for each in found.holdings if each.displaced)
    alone = by_currency(each.on_demand for each in answer(placed, (), prices).use if each.on_demand)
    sums = sum((each.amount for each in (*paid, *displaced)), Decimal(0))
    assert abs(sums - sum((each.amount for each in alone), Decimal(0))) < cent
    assert found.covered_hours <= found.eligible_hours


def test_what_is_being_paid_for_is_not_advised_again() -> None:
    bought = replace(owned(count=1), start=at(HOURS - 0.01), end=at(HOURS + 8760))
    for state in ("payment-pending", "queued", "active"):
        (advice,) = answer([(pool(), 0, HOURS)], (replace(bought, state=state),)).advice
        assert advice.reserving is None, state
    (again,) = answer([(pool(), 0, HOURS)], (replace(bought, state="payment-failed"),)).advice
    assert again.reserving
    assert answer([(pool(), 0, HOURS)], (replace(bought, state="queued"),)).holdings == ()


def test_a_dedicated_machine_is_not_priced_as_a_shared_one() -> None:
    dedicated = pool(tenancy="dedicated")
    held = replace(owned(count=1, hourly="0.05"), tenancy="dedicated")
    (one,) = answer([(dedicated, 0, HOURS)], (held,)).holdings
    assert one.used_hours == HOURS
    assert (one.displaced, one.net) == (None, None)


def test_amounts_in_several_currencies_are_never_one_sum() -> None:
    large = listed("m5.large", "0.10", offer("0", "0.06"))
    other = listed("m5.xlarge", "0.20", offer("0", "0.12"))
    euro = replace(
        other,
        on_demand=replace(other.on_demand, currency="EUR"),
        reserved=tuple(replace(each, currency="EUR") for each in other.reserved),
    )
    machines = [(pool(), 0, HOURS), (pool("m5.xlarge"), 0, HOURS)]
    (advice,) = answer(machines, prices=book(large, euro)).advice
    assert advice.offered.unpriced == ("m5.xlarge",)
    assert advice.saving_yearly
    assert advice.saving_yearly.currency == "USD"
    mixed = replace(large, reserved=tuple(replace(each, currency="EUR") for each in large.reserved))
    (nothing,) = answer([(pool(), 0, HOURS)], prices=book(mixed)).advice
    assert nothing.reserving is None
