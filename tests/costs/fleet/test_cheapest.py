"""What is advised against an exhaustive search: every count of every offer, billed hour by hour, beside what is owned.

The bill is reckoned anew here, by AWS's rules in plain words: in each hour zonal reservations first, then those of the
same size, then what is left of them for other sizes, and what nothing covers on demand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from ec2kit.costs.fleet.hours import Pool
from ec2kit.costs.fleet.offered import Offers
from ec2kit.costs.fleet.report import Advice, Asked, report
from ec2kit.costs.fleet.seen import Seen
from ec2kit.costs.offers import Term
from ec2kit.costs.prices.price import OfferingClass, Payment, Price, System
from ec2kit.model.reservations import Owned
from tests.costs.fleet.making import at, book, listed, offer, owned, pool, span, window

HOURS = 6
FACTORS = {"large": 4, "xlarge": 8, "2xlarge": 16}
MOST = 6 * FACTORS["2xlarge"]
"""Of factors: what six machines may come to."""
FLEXIBLE, FIXED, WINDOWS = ("m5", "Linux/UNIX"), ("g4dn", "Linux/UNIX"), ("m5", "Windows")
ON_DEMAND = Decimal("0.025")
"""Of a factor, an hour: 0.10 for a large."""


@dataclass(frozen=True)
class Bought:
    """Reservations as the reckoning here knows them."""

    family: str
    platform: str
    size: str
    count: int
    zone: str = ""


def bill(machines: Sequence[tuple[Pool, float, float]], bought: Sequence[Bought]) -> Fraction:
    """What all hours cost on demand that nothing covers."""
    return sum((_hour(machines, bought, hour) for hour in range(HOURS)), Fraction(0))


def _hour(machines: Sequence[tuple[Pool, float, float]], bought: Sequence[Bought], hour: int) -> Fraction:
    need: dict[tuple[str, str, str, str], Fraction] = {}
    for which, start, end in machines:
        ran = max(Fraction(0), min(Fraction(end), Fraction(hour + 1)) - max(Fraction(start), Fraction(hour)))
        family, size = which.type.split(".")
        key = (family, which.platform, size, which.zone)
        need[key] = need.get(key, Fraction(0)) + ran
    rest = [Fraction(each.count) for each in bought]

    def use(place: int, key: tuple[str, str, str, str]) -> None:
        """Instance hours of the reservation, of which another size takes more or fewer."""
        ratio = Fraction(FACTORS[key[2]], FACTORS[bought[place].size])
        taken = min(need[key] * ratio, rest[place])
        need[key] -= taken / ratio
        rest[place] -= taken

    for stage in ("zonal", "own size", "family"):
        for place, each in enumerate(bought):
            for key in sorted(need, key=lambda key: FACTORS[key[2]]):
                alike = key[:2] == (each.family, each.platform)
                same = alike and key[2] == each.size
                if (
                    (stage == "zonal" and same and each.zone and each.zone == key[3])
                    or (stage == "own size" and same and not each.zone)
                    or (stage == "family" and alike and not each.zone and key[:2] == FLEXIBLE)
                ):
                    use(place, key)
    return sum((hours * FACTORS[key[2]] * Fraction(ON_DEMAND) for key, hours in need.items()), Fraction(0))


KINDS = st.sampled_from(
    [(*FLEXIBLE, size) for size in FACTORS]
    + [(*kind, size) for kind in (FIXED, WINDOWS) for size in ("large", "xlarge")]
)
ZONES = st.sampled_from("ab")
MACHINES = st.lists(
    st.tuples(KINDS, ZONES, st.integers(0, HOURS * 4 - 1), st.integers(1, HOURS * 4)), min_size=1, max_size=6
)
HELD = st.lists(st.tuples(KINDS, st.sampled_from(["", "a", "b"]), st.integers(1, 2)), max_size=3)
FEES = st.lists(st.integers(1, 110), min_size=1, max_size=3, unique=True)


def offers_of(size: str, fees: Sequence[int]) -> tuple[Price, ...]:
    """One with all of it at once for three years, one by the hour, one of both: at so many hundredths of on demand."""
    hourly = ON_DEMAND * FACTORS[size]
    made = []
    for place, fee in enumerate(fees):
        effective = hourly * fee / 100
        if place == 0:
            made.append(offer(str(effective * 26280), "0", Term.THREE_YEARS, payment=Payment.ALL_UPFRONT))
        elif place == 1:
            made.append(offer("0", str(effective), payment=Payment.NO_UPFRONT))
        else:
            half = effective / 2
            made.append(offer(str(half * 8760), str(half), offering_class=OfferingClass.CONVERTIBLE))
    return tuple(made)


@settings(max_examples=60, deadline=None)
@given(MACHINES, HELD, FEES)
def test_nothing_else_would_have_cost_less(
    ran: list[tuple[tuple[str, str, str], str, int, int]],
    held: list[tuple[tuple[str, str, str], str, int]],
    fees: list[int],
) -> None:
    machines = [
        (pool(f"{family}.{size}", zone, platform), start / 4, min(HOURS, (start + length) / 4))
        for (family, platform, size), zone, start, length in ran
    ]
    mine = [
        (Bought(family, platform, size, count, f"eu-west-1{zone}" if zone else ""), n)
        for n, ((family, platform, size), zone, count) in enumerate(held)
    ]
    before = [each for each, _ in mine]
    for advice in advised(machines, [as_owned(each, n) for each, n in mine], fees):
        unit = advice.offered.unit
        assert unit is not None
        family, size = unit.type.split(".")
        # Of a family with sizes that can be exchanged, the larger ones as well.
        sizes = FACTORS if advice.market.flexible else (size,)
        costs = {
            (each, place, count): bill(
                machines, [*before, Bought(family, advice.market.platform, each, count)]
            )
            + Fraction(price.offer.effective_hourly) * count * HOURS
            for each in sizes
            for place, price in enumerate(offers_of(each, fees))
            for count in range(MOST // FACTORS[each] + 2)
        }
        found = advice.reserving
        chosen = (size, advice.offered.offers.index(found.price), found.count) if found else (size, 0, 0)
        assert abs(costs[chosen] - min(costs.values())) < Fraction(1, 10**18)
        if found:
            saved = bill(machines, before) - costs[chosen]
            assert abs(saved - Fraction(found.net.amount)) < Fraction(1, 10**18)


def as_owned(bought: Bought, n: int) -> Owned:
    type = f"{bought.family}.{bought.size}"
    found = owned(type, bought.count, bought.zone[-1:], id=f"r-{n}", platform=bought.platform)
    return replace(found, hourly=Decimal("0.01"))


def advised(
    machines: Sequence[tuple[Pool, float, float]], held: Sequence[Owned], fees: Sequence[int]
) -> tuple[Advice, ...]:
    prices = book(
        *(
            listed(
                f"{family}.{size}",
                str(ON_DEMAND * FACTORS[size]),
                *offers_of(size, fees),
                system=System.WINDOWS if platform == "Windows" else System.LINUX,
            )
            for (family, platform) in (FLEXIBLE, FIXED, WINDOWS)
            for size in FACTORS
        )
    )
    spans = tuple(span(which, start, end, f"i-{n}") for n, (which, start, end) in enumerate(machines))
    asked = Asked(window(HOURS), at(HOURS), tuple(held))
    return report([Seen(spans, (), len(spans))], Offers(prices), asked).advice
