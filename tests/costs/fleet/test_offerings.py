"""The offers beside the best one, and what is missing for lack of a price."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ec2kit.costs.fleet.hours import Pool
from ec2kit.costs.fleet.missing import missing_in
from ec2kit.costs.fleet.offered import Offers, Wanted
from ec2kit.costs.fleet.offerings import offerings, without_upfront
from ec2kit.costs.fleet.report import Advice, Asked, report
from ec2kit.costs.fleet.seen import Seen
from ec2kit.costs.offers import Term
from ec2kit.costs.prices.book import PriceBook
from ec2kit.costs.prices.price import OfferingClass, Payment, System
from tests.costs.fleet.making import at, book, listed, offer, pool, span, window

HOURS = 100
NONE = offer("0", "0.08", payment=Payment.NO_UPFRONT)
PARTIAL = offer("350.4", "0.03")
ALL = offer("1051.2", "0", Term.THREE_YEARS, payment=Payment.ALL_UPFRONT)
"""0.08, 0.07 and 0.04 an hour in the end."""


def advised(
    machines: Sequence[tuple[Pool, float, float]], prices: PriceBook, wanted: Wanted | None = None
) -> tuple[Advice, ...]:
    spans = tuple(span(which, start, end, f"i-{n}") for n, (which, start, end) in enumerate(machines))
    offers = Offers(prices, wanted or Wanted())
    return report([Seen(spans, (), len(spans))], offers, Asked(window(HOURS), at(HOURS))).advice


def test_each_offer_has_its_own_count() -> None:
    # One runs all the time, one 75 %, one 50 %.
    machines = [(pool(), 0, 100), (pool(), 0, 75), (pool(), 0, 50)]
    found = list(offerings(advised(machines, book(listed("m5.large", "0.10", NONE, PARTIAL, ALL)))))

    assert [each.price for each in found] == [ALL, PARTIAL, NONE]
    assert [each.reserving and each.reserving.count for each in found] == [3, 2, 1]
    assert [each.break_even for each in found] == [Decimal("0.4"), Decimal("0.7"), Decimal("0.8")]
    # 225 h × 0.10 − 3 × 100 h × 0.04; 175 × 0.10 − 2 × 100 × 0.07; 100 × (0.10 − 0.08).
    nets = [each.reserving and each.reserving.net.amount for each in found]
    assert nets == [Decimal("10.5"), Decimal("3.5"), Decimal("2.0")]
    # 3 × 1,051.20 at once, and 0.225 an hour saved; 2 × 350.40, and 0.175 − 0.06.
    assert found[0].paid_back_days == Decimal("3153.6") / Decimal("0.225") / 24
    assert found[1].paid_back_days == Decimal("700.8") / Decimal("0.115") / 24
    assert found[2].paid_back_days == 0
    monthly = [each.monthly and each.monthly.amount for each in found]
    assert monthly == [0, Decimal("0.06") * 730, Decimal("0.08") * 730]


def test_what_never_pays_is_listed_last() -> None:
    dear, dearer = offer("0", "0.11", payment=Payment.NO_UPFRONT), offer("0", "0.20")
    machines = [(pool(), 0, 100)]
    found = list(offerings(advised(machines, book(listed("m5.large", "0.10", dearer, NONE, dear)))))
    assert [each.price for each in found] == [NONE, dear, dearer]
    assert [each.reserving is None for each in found] == [False, True, True]
    assert found[1].break_even == Decimal("1.1")
    assert (found[1].monthly, found[1].paid_back_days) == (None, None)


def test_what_nothing_at_once_would_save() -> None:
    (none,) = without_upfront(
        advised([(pool(), 0, 100)], book(listed("m5.large", "0.10", NONE, PARTIAL, ALL)))
    )
    assert none.price == NONE
    assert without_upfront(advised([(pool(), 0, 100)], book(listed("m5.large", "0.10", ALL)))) == ()


RAN = st.lists(st.tuples(st.integers(0, 99), st.integers(1, 100)), min_size=1, max_size=5)


@given(RAN)
def test_the_one_that_is_advised_is_the_first_of_them(ran: list[tuple[int, int]]) -> None:
    machines = [(pool(), start, start + hours) for start, hours in ran]
    found = advised(machines, book(listed("m5.large", "0.10", NONE, PARTIAL, ALL)))
    each = list(offerings(found))
    assert len(each) == 3
    if found[0].reserving is not None:
        assert each[0].reserving == found[0].reserving
    saves = [one.reserving.net.amount if one.reserving else Decimal(0) for one in each]
    assert saves == sorted(saves, reverse=True)


def test_all_of_it_is_missing() -> None:
    found = missing_in(advised([(pool("r5.large"), 0, 100)], book()))
    assert found is not None
    assert found.whole
    assert found.kinds == ("r5.large in eu-west-1",)
    assert found.commands == ("ec2kit cost prices --update r5.large --region eu-west-1",)


def test_some_of_it_is_missing() -> None:
    machines = [(pool(), 0, 100), (pool("m5.xlarge"), 0, 100), (pool("r5.large"), 0, 1)]
    found = missing_in(advised(machines, book(listed("m5.large", "0.10", NONE))))
    assert found is not None
    assert not found.whole
    assert found.kinds == ("m5.xlarge in eu-west-1", "r5.large in eu-west-1")


def test_another_system_is_asked_for_by_its_name() -> None:
    windows = pool(platform="Windows")
    found = missing_in(advised([(windows, 0, 100)], book(listed("m5.large", "0.10", NONE))))
    assert found is not None
    assert found.commands == ("ec2kit cost prices --update m5.large --os windows --region eu-west-1",)
    known = listed("m5.large", "0.20", NONE, system=System.WINDOWS)
    assert missing_in(advised([(windows, 0, 100)], book(known))) is None


def test_a_platform_that_nothing_prices_has_no_command() -> None:
    found = missing_in(advised([(pool(platform="Windows with SQL Server Web"), 0, 100)], book()))
    assert found is not None
    assert (found.whole, found.commands) == (True, ())


def test_what_is_answered_without_a_price() -> None:
    # Spot, and offers of which none is asked for.
    prices = book(listed("m5.large", "0.10", NONE))
    convertible = Wanted(offering_class=OfferingClass.CONVERTIBLE)
    found = advised([(pool(), 0, 100)], prices, convertible)
    assert (missing_in(found), found[0].offered.others) == (None, True)
    assert missing_in(advised([(pool(tenancy="dedicated"), 0, 100)], book())) is None
    assert missing_in(()) is None
