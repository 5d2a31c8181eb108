"""What to reserve when more machines run: by hand, and more machines never mean fewer reservations."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ec2kit.costs.fleet.hours import Pool
from ec2kit.costs.fleet.offered import Offers
from ec2kit.costs.fleet.report import Asked, Report, report
from ec2kit.costs.fleet.seen import Seen
from ec2kit.costs.fleet.wished import Wished
from ec2kit.costs.prices.book import PriceBook
from ec2kit.costs.prices.price import System
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

HOURS = 48
LARGE = book(listed("m5.large", "0.10", offer("0", "0.06")))
FAMILY = everything_at("0.10", "m5.large", "m5.xlarge", "m5.2xlarge")


def answer(
    ran: Sequence[tuple[Pool, float, float]],
    machines: Sequence[Wished] = (),
    prices: PriceBook = LARGE,
    held: tuple[Owned, ...] = (),
    added: tuple[Wished, ...] = (),
) -> Report:
    spans = tuple(span(which, start, end, f"i-{n}") for n, (which, start, end) in enumerate(ran))
    asked = Asked(window(HOURS), at(HOURS), held, added, machines=tuple(machines))
    return report([Seen(spans, (), len(spans), IRELAND)], Offers(prices), asked)


def count(found: Report) -> int:
    return sum(each.reserving.count for each in found.advice if each.reserving)


def test_by_hand() -> None:
    # One that runs a third of the time is not worth it; three more, all the time, are.
    found = answer([(pool(), 0, 16)], [Wished("m5.large", 3, IRELAND)])
    (advice,) = found.advice
    assert advice.reserving is not None
    assert advice.reserving.count == 3
    assert advice.reserving.utilization == 1
    assert advice.hours == 16 + 3 * HOURS
    assert found.growth is not None
    assert found.growth.yearly == (Money(Decimal("0.10") * 3 * 8760),)
    # What ran is what it was.
    assert found.eligible_hours == 16
    assert found.machines == 1
    assert [each.hours for each in found.use] == [16]


def test_where_nothing_ran_yet() -> None:
    found = answer([], [Wished("m5.large", 2, IRELAND), Wished("m5.large", 1, IRELAND)])
    assert count(found) == 3
    assert found.eligible_hours == 0


def test_what_is_owned_comes_off_first() -> None:
    idle = owned(count=2, hourly="0.05")
    found = answer([], [Wished("m5.large", 3, IRELAND)], held=(idle,))
    assert count(found) == 1
    assert found.advice[0].coverage == Decimal(2) / 3
    assert found.holdings[0].used_hours == 0, "what it was good for is about what ran"


def test_both_what_ifs_together() -> None:
    wished = Wished("m5.large", 2, IRELAND)
    found = answer([], [wished], added=(wished,))
    assert found.what_if is not None
    assert found.what_if.holdings[0].utilization == 1
    assert found.what_if.net == Money(Decimal("0.04") * 2 * HOURS)
    assert count(found) == 0


def test_what_is_added_in_another_order_has_its_own_price() -> None:
    prices = book(*(listed(type, "0.10", offer("0", "0.06")) for type in ("m5.large", "c5.large")))
    added = tuple(Wished("m5.large" if place % 2 else "c5.large", 1, IRELAND) for place in range(12))
    found = answer([], prices=prices, added=added).what_if
    assert found is not None
    assert [each.held.owned.type for each in found.holdings] == [each.type for each in added]


def test_in_a_zone_and_of_another_system() -> None:
    zonal = owned(zone="a")
    assert count(answer([], [Wished("m5.large", 1, IRELAND, f"{IRELAND}a")], held=(zonal,))) == 0
    assert count(answer([], [Wished("m5.large", 1, IRELAND)], held=(zonal,))) == 1
    windows = Wished("m5.large", 1, IRELAND, platform="Windows")
    assert count(answer([], [windows])) == 0
    prices = book(listed("m5.large", "0.20", offer("0", "0.06"), system=System.WINDOWS))
    assert count(answer([], [windows], prices)) == 1


def test_a_zonal_reservation_may_be_added() -> None:
    ran = [(pool(zone="a"), 0, HOURS), (pool(zone="b"), 0, HOURS)]
    found = answer(ran, added=(Wished("m5.large", 2, IRELAND, f"{IRELAND}a"),)).what_if
    assert found is not None
    assert found.holdings[0].utilization == Decimal("0.5")


def test_what_has_no_price_is_told() -> None:
    found = answer([], [Wished("r5.large", 1, IRELAND)])
    assert found.growth is not None
    assert (found.growth.yearly, found.growth.unpriced) == ((), ("r5.large",))
    assert found.advice[0].unanswered


TYPES = st.sampled_from(["m5.large", "m5.xlarge", "m5.2xlarge"])
RAN = st.lists(st.tuples(TYPES, st.integers(0, HOURS - 1), st.integers(1, HOURS)), max_size=4)
WISHED = st.lists(st.tuples(TYPES, st.integers(1, 4)), max_size=3)


@given(RAN, WISHED, TYPES)
def test_more_machines_never_mean_fewer_reservations(
    ran: list[tuple[str, int, int]], wished: list[tuple[str, int]], more: str
) -> None:
    placed = [(pool(type), start, start + hours) for type, start, hours in ran]
    some = [Wished(type, many, IRELAND) for type, many in wished]
    fewer, with_one = (answer(placed, each, FAMILY) for each in (some, [*some, Wished(more, 1, IRELAND)]))
    # One more that never stops is one more stack of slices, each used all the time.
    larger = {"m5.large": 1, "m5.xlarge": 2, "m5.2xlarge": 4}[more]
    assert count(with_one) == count(fewer) + larger


@given(RAN, WISHED)
def test_a_wish_is_as_good_as_a_machine_that_ran(
    ran: list[tuple[str, int, int]], wished: list[tuple[str, int]]
) -> None:
    placed = [(pool(type), start, start + hours) for type, start, hours in ran]
    running = [(pool(type), 0.0, float(HOURS)) for type, many in wished for _ in range(many)]
    by_wish = answer(placed, [Wished(type, many, IRELAND) for type, many in wished], FAMILY)
    by_running = answer([*placed, *running], prices=FAMILY)
    assert [each.reserving for each in by_wish.advice] == [each.reserving for each in by_running.advice]
    assert [each.hours for each in by_wish.advice] == [each.hours for each in by_running.advice]
