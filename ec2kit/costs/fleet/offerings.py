"""Every offer for a market with the count of it that would have saved the most: for who may not take the best. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from ec2kit.costs.fleet.report import Advice
from ec2kit.costs.fleet.sizing import Reserving, best
from ec2kit.costs.offers import HOURS_A_YEAR
from ec2kit.costs.prices.price import Price
from ec2kit.model.money import Money

MONTHS_A_YEAR = 12
HOURS_A_DAY = 24


@dataclass(frozen=True)
class Offering:
    """One offer, and how many of it would have saved the most."""

    advice: Advice
    price: Price
    on_demand: Decimal
    """An hour of the same on demand."""
    reserving: Reserving | None
    """None where none of them pays."""

    @property
    def monthly(self) -> Money | None:
        """What the hourly fees of all of them come to in a month, used or not: a twelfth of a year."""
        if self.reserving is None:
            return None
        hours = Decimal(HOURS_A_YEAR) / MONTHS_A_YEAR
        return Money(self.price.hourly * self.reserving.count * hours, self.price.currency)

    @property
    def break_even(self) -> Decimal:
        """The share of the term from which on it costs less than on demand; above 1 it never does."""
        return self.price.offer.effective_hourly / self.on_demand

    @property
    def paid_back_days(self) -> Decimal | None:
        """After how many days like these what was paid at once has been saved on demand; 0 where nothing is."""
        found = self.reserving
        if found is None:
            return None
        saved_hourly = found.displaced.amount / found.hours - self.price.hourly * found.count
        return found.upfront.amount / saved_hourly / HOURS_A_DAY


def offerings(advice: Iterable[Advice]) -> Iterator[Offering]:
    """Given advice, yield each market's offers, what saves most first; of what saves nothing the cheapest first."""
    for each in advice:
        unit = each.offered.unit
        if unit is None or each.demand is None:
            continue
        on_demand = each.offered.lists[unit.type].on_demand.hourly
        found = [
            Offering(each, price, on_demand, best(each.demand, [price], each.least))
            for price in each.offered.offers
        ]
        yield from sorted(found, key=_order)


def without_upfront(advice: Iterable[Advice]) -> tuple[Reserving, ...]:
    """Given advice, return what would save most where nothing may be paid at once."""
    found = (
        best(each.demand, [price for price in each.offered.offers if not price.upfront], each.least)
        for each in advice
        if each.demand
    )
    return tuple(each for each in found if each is not None)


def _order(offering: Offering) -> tuple[Decimal, Decimal, Decimal]:
    saves = offering.reserving.net.amount if offering.reserving else Decimal(0)
    return -saves, offering.price.offer.effective_hourly, offering.price.upfront
