"""What is owned, and what it was good for. Pure.

Coverage is the reserved hours used ÷ the hours that could be; utilization the hours used ÷ the hours bought; what is
saved is the used hours on demand, less the fee of all hours, used or not, with its share of the upfront.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from ec2kit.costs.fleet.hours import HOUR, Pool
from ec2kit.costs.fleet.matching import Held, Matched, pool_weight
from ec2kit.model.money import Money

SOON = timedelta(days=60)
"""From when on an end is told: time to decide, and to see a month's bill first."""

OnDemand = Callable[[Pool], Money | None]
"""What an hour of a machine costs on demand; None where the price book has no price."""


@dataclass(frozen=True)
class Holding:
    """A reservation in a window; hours are of its own instances."""

    held: Held
    used_hours: Decimal
    displaced: Money | None
    """What the hours that it covered cost on demand; None where a price is missing."""
    now: datetime

    @property
    def bought_hours(self) -> Decimal:
        """Used or not."""
        return Decimal(self.held.owned.count * (self.held.end - self.held.first))

    @property
    def utilization(self) -> Decimal:
        """The share of them that was used."""
        return self.used_hours / self.bought_hours

    @property
    def unused_hours(self) -> Decimal:
        """Those that nobody used."""
        return self.bought_hours - self.used_hours

    @property
    def unused_cost(self) -> Money:
        """What they cost."""
        return Money(self.held.owned.amortized_hourly * self.unused_hours, self.held.owned.currency)

    @property
    def fee(self) -> Money:
        """What all hours of the window cost, amortised; with the fee of the hours used, where that is apart."""
        owned = self.held.owned
        amount = owned.amortized_hourly * self.bought_hours + owned.usage * self.used_hours
        return Money(amount, owned.currency)

    @property
    def net(self) -> Money | None:
        """What it has saved; below zero when it cost more. None where a price is missing."""
        same = self.displaced is not None and self.displaced.currency == self.fee.currency
        return self.displaced - self.fee if self.displaced is not None and same else None

    @property
    def left(self) -> timedelta:
        """How long it is still good."""
        return self.held.owned.end - self.now

    @property
    def ends_soon(self) -> bool:
        """Whether it is time to decide what comes after it."""
        return timedelta(0) <= self.left <= SOON


def holdings(matched: Matched, price: OnDemand, now: datetime) -> tuple[Holding, ...]:
    """Given what covered what, return each reservation with what it was good for."""
    return tuple(
        Holding(
            held,
            Decimal(matched.used(place)) / (HOUR * held.weight),
            displaced_by(matched, place, price),
            now,
        )
        for place, held in enumerate(matched.held)
    )


def displaced_by(matched: Matched, place: int, price: OnDemand) -> Money | None:
    """What the hours that a reservation covered cost on demand; None where a price is missing."""
    parts: list[Money] = []
    for (which, pool), amount in matched.covered.items():
        if which != place:
            continue
        hourly = price(pool)
        if hourly is None:
            return None
        parts.append(hourly * (Decimal(amount) / (HOUR * pool_weight(pool))))
    return add(parts, matched.held[place].owned.currency)


def add(parts: Iterable[Money], currency: str) -> Money | None:
    """The sum of amounts, of none in a currency; None when they are in several."""
    found = list(parts)
    if len({each.currency for each in found}) > 1:
        return None
    return sum(found[1:], found[0]) if found else Money(Decimal(0), currency)


def by_currency(parts: Iterable[Money]) -> tuple[Money, ...]:
    """The sums of amounts, one for each currency: no sum hides an exchange rate."""
    found: dict[str, Money] = {}
    for each in parts:
        found[each.currency] = found[each.currency] + each if each.currency in found else each
    return tuple(found[currency] for currency in sorted(found))
