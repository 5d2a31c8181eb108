"""How many reservations pay: hand-computed tables, real prices, and every count tried by brute force."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from ec2kit.costs.comparing import compare
from ec2kit.costs.fleet.hours import HOUR, Market, Pool, use_of
from ec2kit.costs.fleet.matching import match
from ec2kit.costs.fleet.offered import Offered, Offers, Wanted
from ec2kit.costs.fleet.sizes import quarters
from ec2kit.costs.fleet.sizing import Demand, best, demand_of, within
from ec2kit.costs.offers import Term
from ec2kit.costs.prices.book import PriceBook
from ec2kit.costs.prices.price import Machine, OfferingClass, Payment, Price
from tests.costs.fleet.making import IRELAND, book, everything_at, listed, offer, pool, span, window

M5 = Market(IRELAND, "m5", "Linux/UNIX", True)


def demand(
    machines: list[tuple[str, float, float]], prices: PriceBook, hours: int, wanted: Wanted | None = None
) -> tuple[Demand, Offered]:
    """Machines of a type from an hour to another; nothing is owned."""
    spans = [span(pool(type), start, end, f"i-{n}") for n, (type, start, end) in enumerate(machines)]
    use = use_of(spans, window(hours))
    ((pools, rests),) = match(use, ()).left.items()
    offered = Offers(prices, wanted or Wanted()).of(pools[0].market, pools)
    return demand_of(rests, offered, hours), offered


def test_by_hand() -> None:
    # Three machines of 10 h: one runs all of it, one 7 h, one 3 h. 0.10 on demand, 0.06 reserved: it pays above 60 %.
    prices = book(listed("m5.large", "0.10", offer("0", "0.06")))
    found, offered = demand([("m5.large", 0, 10), ("m5.large", 0, 7), ("m5.large", 4, 7)], prices, 10)

    layers = [(each.first, each.last, each.utilization, each.displaced.amount) for each in found.layers]
    assert layers == [
        (1, 1, 1, Decimal("1.00")),
        (2, 2, Decimal("0.7"), Decimal("0.70")),
        (3, 3, Decimal("0.3"), Decimal("0.30")),
    ]
    two = best(found, offered.offers)
    assert two is not None
    assert (two.count, two.bought_hours) == (2, 20)
    assert two.used_hours == 17
    assert two.utilization == Decimal("0.85")
    assert two.displaced.amount == Decimal("1.70")
    assert two.fee.amount == Decimal("1.20")
    assert two.net.amount == Decimal("0.50")
    assert two.unused_cost.amount == Decimal("0.18")


def test_the_same_by_real_prices_of_c4_large() -> None:
    # 263 and 0.03 an hour against 0.10: 60.02 % of the term (docs/explanation/reserved-pricing.md).
    prices = book(listed("c4.large", "0.10", offer("263", "0.03")))
    above, offered = demand([("c4.large", 0, 5259)], prices, 8760)
    below, _ = demand([("c4.large", 0, 5257)], prices, 8760)

    one = best(above, offered.offers)
    assert one is not None
    assert one.count == 1
    assert one.fee.amount.quantize(Decimal("0.01")) == Decimal("525.80")
    assert one.net.amount.quantize(Decimal("0.01")) == Decimal("0.10")
    assert best(below, offered.offers) is None
    assert compare(Decimal("0.10"), offered.offers[0].offer).break_even().hours == 5258


def test_the_smallest_size_is_reserved_for_larger_ones() -> None:
    prices = everything_at("0.10", "m5.large", "m5.xlarge")
    found, offered = demand([("m5.xlarge", 0, 10), ("m5.2xlarge", 0, 10)], prices, 10)
    assert offered.unit == Machine(IRELAND, "m5.large")
    assert offered.unpriced == ("m5.2xlarge",)
    one = best(found, offered.offers)
    # The 2xlarge has no price: it is told, and not in it.
    assert one is not None
    assert (one.count, one.displaced.amount, one.fee.amount) == (2, Decimal("2.00"), Decimal("1.00"))


def test_half_of_a_larger_machine_is_covered() -> None:
    prices = everything_at("0.10", "m5.large", "m5.xlarge")
    found, _ = demand([("m5.xlarge", 0, 10)], prices, 10)
    assert found.used(1) == 10
    assert found.displaced(1).amount == Decimal("1.00")


def test_a_size_that_costs_more_in_proportion_is_reckoned_at_its_own_price() -> None:
    # Twice a large would be 0.20; the xlarge costs 0.30. The large is covered first: it is the smaller.
    prices = book(listed("m5.large", "0.10", offer("0", "0.08")), listed("m5.xlarge", "0.30"))
    found, _ = demand([("m5.large", 0, 10), ("m5.xlarge", 0, 10)], prices, 10)
    assert [found.displaced(count).amount for count in range(4)] == [0, 1, Decimal("2.5"), Decimal("4.0")]


def test_the_best_of_the_offers_saves_most() -> None:
    cheap = offer("0", "0.05", Term.THREE_YEARS)
    dear = offer("0", "0.07", payment=Payment.NO_UPFRONT)
    prices = book(listed("m5.large", "0.10", dear, cheap))
    found, offered = demand([("m5.large", 0, 10), ("m5.large", 0, 6)], prices, 10)
    three = best(found, offered.offers)
    assert three is not None
    assert (three.price, three.count) == (cheap, 2)

    only, of_a_year = demand([("m5.large", 0, 10)], prices, 10, Wanted(term=Term.ONE_YEAR))
    assert of_a_year.offers == (dear,)
    assert best(only, of_a_year.offers) is not None


def test_plans_are_no_reservations() -> None:
    plan = offer("0", "0.01", offering_class=OfferingClass.COMPUTE_PLAN)
    prices = book(listed("m5.large", "0.10", plan))
    assert Offers(prices).of(M5, [pool()]).unit is None


def test_a_target_is_for_each_of_them() -> None:
    prices = book(listed("m5.large", "0.10", offer("0", "0.01")))
    found, offered = demand([("m5.large", 0, 10), ("m5.large", 0, 8), ("m5.large", 0, 3)], prices, 10)
    counts = {share: within(found, Decimal(share)) for share in ("0", "0.3", "0.31", "0.8", "0.81", "1")}
    assert counts == {"0": 3, "0.3": 3, "0.31": 2, "0.8": 2, "0.81": 1, "1": 1}
    eighty = best(found, offered.offers, Decimal("0.8"))
    assert eighty is not None
    assert eighty.count == 2


def test_nothing_is_reserved_for_nothing() -> None:
    prices = book(listed("m5.large", "0.10", offer("0", "0.01")))
    found = demand_of((), Offers(prices).of(M5, [pool()]), 10)
    assert (found.most, found.layers, best(found, [offer("0", "0.01")])) == (0, (), None)


SIZES = st.sampled_from(["m5.large", "m5.xlarge", "m5.4xlarge"])
HOURS = 6
MACHINES = st.lists(
    st.tuples(SIZES, st.integers(0, HOURS * 4), st.integers(1, HOURS * 4)), min_size=1, max_size=5
)
RATES = st.tuples(*[st.integers(1, 50) for _ in range(3)])


@given(MACHINES, RATES, st.integers(1, 40), st.sampled_from(["m5.large", "m5.xlarge"]))
def test_no_other_count_would_have_saved_more(
    machines: list[tuple[str, int, int]], rates: tuple[int, ...], fee: int, unit: str
) -> None:
    types = ("m5.large", "m5.xlarge", "m5.4xlarge")
    hourly = dict(zip(types, (Decimal(rate) / 100 for rate in rates), strict=True))
    price = offer("0", str(Decimal(fee) / 100))
    prices = book(*(listed(type, str(hourly[type]), *([price] if type == unit else [])) for type in types))
    placed = [(type, start / 4, (start + length) / 4) for type, start, length in machines]
    found, _ = demand(placed, prices, HOURS * 2)

    every = {count: net_by_hand(placed, hourly, unit, price, count) for count in range(found.most + 3)}
    chosen = best(found, [price])
    expected = max(every.values())
    assert (chosen.net.amount if chosen else 0) == expected or abs(
        (chosen.net.amount if chosen else Decimal(0)) - expected
    ) < Decimal("1e-20")
    for count in range(found.most + 1):
        tried = found.with_count(price, count)
        assert abs(tried.net.amount - every[count]) < Decimal("1e-20")


def net_by_hand(
    machines: list[tuple[str, float, float]],
    hourly: dict[str, Decimal],
    unit: str,
    price: Price,
    count: int,
) -> Decimal:
    """Hour after hour: the smallest machines first, as far as the reservations of that hour go."""
    total = Fraction(0)
    for hour in range(HOURS * 2):
        pot = Fraction(count * (quarters(unit) or 0))
        for type in sorted(hourly, key=lambda each: quarters(each) or 0):
            ran = sum(
                max(0.0, min(end, hour + 1) - max(start, hour))
                for which, start, end in machines
                if which == type
            )
            units = min(pot, Fraction(ran) * (quarters(type) or 0))
            pot -= units
            total += units / (quarters(type) or 1) * Fraction(hourly[type])
    total -= Fraction(price.hourly) * count * HOURS * 2
    return Decimal(total.numerator) / total.denominator


@given(MACHINES)
def test_layers_add_up_and_each_is_used_no_more_than_the_one_before(
    machines: list[tuple[str, int, int]],
) -> None:
    prices = everything_at("0.10", "m5.large", "m5.xlarge", "m5.4xlarge")
    placed = [(type, start / 4, (start + length) / 4) for type, start, length in machines]
    found, _ = demand(placed, prices, HOURS * 2)

    shares = [each.utilization for each in found.layers]
    assert shares == sorted(shares, reverse=True)
    assert [each.first for each in found.layers] == [1, *(each.last + 1 for each in found.layers[:-1])]
    whole = sum(((each.last - each.first + 1) * each.displaced.amount for each in found.layers), Decimal(0))
    ran = sum(
        ((end - start) * float(quarters(type) or 0) / 16 for type, start, end in placed),
        0.0,
    )
    assert abs(whole - Decimal(ran) * Decimal("0.10")) < Decimal("1e-20")
    assert abs(found.displaced(found.most).amount - whole) < Decimal("1e-20")


@given(MACHINES, SIZES, st.integers(0, HOURS * 4))
def test_who_runs_longer_saves_no_less(machines: list[tuple[str, int, int]], type: str, longer: int) -> None:
    prices = everything_at("0.10", "m5.large", "m5.xlarge", "m5.4xlarge")
    placed = [(which, start / 4, (start + length) / 4) for which, start, length in machines]
    before, offered = demand(placed, prices, HOURS * 2)
    after, _ = demand([*placed, (type, 0, longer / 4)] if longer else placed, prices, HOURS * 2)
    for count in range(before.most + 1):
        assert after.used(count) >= before.used(count)
    one, more = best(before, offered.offers), best(after, offered.offers)
    assert (more.net.amount if more else 0) >= (one.net.amount if one else 0) - Decimal("1e-20")


@given(st.integers(1, 100), st.integers(1, 60), st.integers(0, 5000))
def test_a_machine_is_reserved_from_its_break_even_on(ran: int, fee: int, upfront: int) -> None:
    # Where the totals cross by `cost compare`, in a window that stands for the term.
    price = offer(str(Decimal(upfront) / 10), str(Decimal(fee) / 1000))
    prices = book(listed("m5.large", "0.10", price))
    found, offered = demand([("m5.large", 0, ran)], prices, 100)
    crossing = compare(Decimal("0.10"), price.offer).break_even().share
    assert crossing is not None
    if abs(crossing * 100 - ran) > Decimal("1e-9"):
        assert (best(found, offered.offers) is not None) == (ran > crossing * 100)


def test_a_pool_alone_has_its_hours() -> None:
    which: Pool = pool("g4dn.xlarge")
    prices = book(listed("g4dn.xlarge", "0.50", offer("0", "0.30")))
    spans = [span(which, 0, 10)]
    ((pools, rests),) = match(use_of(spans, window(10)), ()).left.items()
    offered = Offers(prices).of(which.market, pools)
    found = demand_of(rests, offered, 10)
    assert (found.unit, found.most, found.displaced(1).amount) == (HOUR, 1, Decimal("5.00"))
