"""`cost fleet`'s reckoning of a year, 5,000 machines against 500 in the same process: ten times the machines take less
than five times as long, since hours that are alike are looked at once.

A third of the machines never stop, a third run by day, a third end after some hours: four sizes of two families in
three zones, with 40 reservations owned and twelve offers.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from benchmarks.result import Result
from ec2kit.costs.fleet.hours import Pool, Span, Window
from ec2kit.costs.fleet.offered import Offers
from ec2kit.costs.fleet.report import Asked, Report, report
from ec2kit.costs.fleet.seen import Seen
from ec2kit.costs.fleet.sizes import quarters
from ec2kit.costs.offers import Term
from ec2kit.costs.prices.book import PriceBook, Prices
from ec2kit.costs.prices.price import Commitment, Machine, OfferingClass, Payment, Price, PriceList
from ec2kit.model.reservations import Owned

FEW, MANY, TIMES = 500, 5000, 5
"""Of ten times the machines at most so many times the time: hours that are alike are looked at once."""
START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 365
TYPES = tuple(
    f"{family}.{size}" for family in ("m5", "c5") for size in ("large", "xlarge", "2xlarge", "4xlarge")
)


def run() -> list[Result]:
    """Seconds of both, and their ratio."""
    few, _ = _took(FEW)
    many, found = _took(MANY)
    advised = sum(1 for each in found.advice if each.reserving)
    told = f"{FEW:,}: {few:.3g} s; {found.eligible_hours:,.0f} h, {advised} of {len(found.advice)} families advised"
    return [
        Result(f"cost fleet, {MANY:,} machines over a year", many, "s", told),
        Result("cost fleet, ten times the machines", many / few, "times", "", TIMES),
    ]


def _took(machines: int) -> tuple[float, Report]:
    seen = [Seen(tuple(_spans(machines)), (), machines)]
    end = START + timedelta(days=DAYS)
    asked = Asked(Window.around(START, end), end, tuple(map(_owned, range(40))))
    offers = Offers(PriceBook((Prices(tuple(map(_listed, TYPES))),)))
    begun = time.process_time()
    found = report(seen, offers, asked)
    return time.process_time() - begun, found


def _spans(machines: int) -> list[Span]:
    found: list[Span] = []
    for number in range(machines):
        pool = Pool("eu-west-1", f"eu-west-1{'abc'[number % 3]}", TYPES[number % len(TYPES)])
        name, late = f"i-{number}", timedelta(seconds=(number * 7919) % 86400)
        if number % 3 == 0:
            found.append(Span(name, pool, START, START + timedelta(days=DAYS)))
        elif number % 3 == 1:
            by_day = (START + timedelta(days=day) + late for day in range(DAYS))
            found += [Span(name, pool, morning, morning + timedelta(hours=9)) for morning in by_day]
        else:
            begun = START + timedelta(days=number % DAYS) + late
            found.append(Span(name, pool, begun, begun + timedelta(hours=number % 300)))
    return found


def _owned(number: int) -> Owned:
    zone = f"eu-west-1{'abc'[number % 3]}" if number % 4 == 0 else ""
    begun = START - timedelta(days=number)
    type = TYPES[number % len(TYPES)]
    return Owned(
        f"r-{number}", "eu-west-1", type, 3, begun, begun + timedelta(days=1095), zone, hourly=Decimal("0.05")
    )


def _listed(type: str) -> PriceList:
    hourly = Decimal("0.096") * (quarters(type) or 16) / 16
    offers = tuple(
        Price(Decimal(0), hourly * share / 100, Commitment(term, offering_class, payment))
        for term, base in ((Term.ONE_YEAR, 60), (Term.THREE_YEARS, 40))
        for offering_class, more in ((OfferingClass.STANDARD, 0), (OfferingClass.CONVERTIBLE, 8))
        for payment, share in zip(Payment, (base + more + 4, base + more + 2, base + more), strict=True)
    )
    return PriceList(Machine("eu-west-1", type), Price(Decimal(0), hourly), offers, "a benchmark", START)
