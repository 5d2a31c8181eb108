"""How many reservations would have paid: every count looked at, over all hours that nothing covers yet. Pure.

The k-th reservation of a size is used in an hour as far as the machines of that hour, stacked from the smallest size to
the largest, reach above the k − 1 below it. Whatever the count, that is a sum over hours of a height or of a bound on
it, and changes its slope only where an hour's stack ends: between two such counts every reservation is worth the same.
So all counts are looked at by looking at those beside the ends of the stacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import pairwise

from ec2kit.costs.fleet.hours import HOUR
from ec2kit.costs.fleet.levels import Levels, levels_of
from ec2kit.costs.fleet.matching import Rests, weight_of
from ec2kit.costs.fleet.offered import Offered
from ec2kit.costs.fleet.sizes import SHARED
from ec2kit.costs.offers import HOURS_A_YEAR
from ec2kit.costs.prices.price import Price
from ec2kit.model.money import Money


@dataclass(frozen=True)
class Reserving:
    """`count` reservations of a kind, as they would have done in a window of `hours`; amounts are the window's."""

    price: Price
    count: int
    hours: int
    used_hours: Decimal
    """Instance hours of theirs that would have been used."""
    displaced: Money
    """What these hours cost on demand."""

    @property
    def bought_hours(self) -> int:
        """Instance hours, used or not."""
        return self.count * self.hours

    @property
    def utilization(self) -> Decimal:
        """The share of them that is used; 0 of none."""
        return self.used_hours / self.bought_hours if self.count else Decimal(0)

    @property
    def fee(self) -> Money:
        """What they cost for the window, with its share of the upfront (amortised)."""
        hourly = self.price.offer.effective_hourly
        return Money(hourly * self.bought_hours, self.price.currency)

    @property
    def net(self) -> Money:
        """What is saved: the used hours on demand, less the fee of all hours."""
        return self.displaced - self.fee

    @property
    def saving_yearly(self) -> Money:
        """What is saved in a year in which as much runs."""
        return self.net * HOURS_A_YEAR / self.hours

    @property
    def unused_cost(self) -> Money:
        """The part of the fee that is for hours which nobody used."""
        return self.fee * (1 - self.utilization)

    @property
    def upfront(self) -> Money:
        """What is paid at once."""
        return Money(self.price.upfront * self.count, self.price.currency)


@dataclass(frozen=True)
class Layer:
    """The reservations from the `first` to the `last`, each of which would have been as much use as the others."""

    first: int
    last: int
    utilization: Decimal
    """The share of the window in which each is used."""
    displaced: Money
    """What its used hours cost on demand, in the window."""


@dataclass(frozen=True)
class Demand:
    """What nothing covers in a market, stacked by size; made by `demand_of`."""

    tops: tuple[Levels, ...]
    """Where each size's part of the stack ends, the smallest size first."""
    hourly: tuple[Decimal, ...]
    """What an hour of each costs on demand."""
    units: tuple[int, ...]
    """Unit seconds of an hour of each."""
    unit: int
    """Unit seconds of an hour of what one would reserve."""
    hours: int
    currency: str

    @property
    def most(self) -> int:
        """The count that covers the highest stack."""
        return -(-self.tops[-1].highest // self.unit) if self.tops else 0

    @property
    def amount(self) -> int:
        """All of it, in unit seconds."""
        return self.tops[-1].below(self.tops[-1].highest) if self.tops else 0

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """0, the counts beside an end of a stack, and the most: among them is the best, whatever the fee."""
        found = {0, self.most}
        for height in {height for levels in self.tops for height in levels.heights}:
            found |= {height // self.unit, -(-height // self.unit)}
        return tuple(sorted(count for count in found if 0 <= count <= self.most))

    def used(self, count: int) -> Decimal:
        """Instance hours of `count` reservations that are used."""
        return Decimal(self._caught(count)) / self.unit

    def _caught(self, count: int) -> int:
        return self.tops[-1].below(count * self.unit) if self.tops else 0

    def displaced(self, count: int) -> Money:
        """What these hours cost on demand."""
        caught = [levels.below(count * self.unit) for levels in self.tops]
        parts = [top - below for top, below in zip(caught, [0, *caught], strict=False)]
        amounts = (
            part * hourly / unit for part, hourly, unit in zip(parts, self.hourly, self.units, strict=True)
        )
        return Money(sum(amounts, Decimal(0)), self.currency)

    def with_count(self, price: Price, count: int) -> Reserving:
        """What `count` reservations would have been worth."""
        return Reserving(price, count, self.hours, self.used(count), self.displaced(count))

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """Every reservation up to the most, those that are alike together: the marginal value of each."""
        found: list[Layer] = []
        for below, count in pairwise(self.counts):
            each = count - below
            # Divided once: 80 % is 80 % then, and no digit less.
            share = Decimal(self._caught(count) - self._caught(below)) / (self.unit * each * self.hours)
            worth = (self.displaced(count) - self.displaced(below)) / each
            if found and (found[-1].utilization, found[-1].displaced) == (share, worth):
                found[-1] = Layer(found[-1].first, count, share, worth)
            else:
                found.append(Layer(below + 1, count, share, worth))
        return tuple(found)


def demand_of(rests: Rests, offered: Offered, hours: int) -> Demand:
    """Given what nothing covers, and a market's prices, stack what has a price.

    Raises `ValueError` when there is nothing to reserve for it.
    """
    unit = offered.unit
    if unit is None:
        raise ValueError(f"nothing is offered for {offered.market.what}")
    market = offered.market
    weights = {type: weight_of(type, market.platform, SHARED) for type in offered.lists}
    types = sorted(weights, key=lambda type: (weights[type], type))
    heights: list[list[tuple[int, int]]] = [[] for _ in types]
    for alike, amounts in rests:
        by_type: dict[str, int] = {}
        for pool, amount in amounts.items():
            by_type[pool.type] = by_type.get(pool.type, 0) + amount
        top = 0
        for at, type in enumerate(types):
            top += by_type.get(type, 0)
            heights[at].append((top, alike))
    return Demand(
        tuple(levels_of(each) for each in heights),
        tuple(offered.lists[type].on_demand.hourly for type in types),
        tuple(HOUR * weights[type] for type in types),
        HOUR * weights[unit.type],
        hours,
        offered.lists[unit.type].on_demand.currency,
    )


def best(demand: Demand, offers: Sequence[Price], least: Decimal = Decimal(0)) -> Reserving | None:
    """Given offers, return the kind and the count that would have saved the most; None when none saves anything.

    `least`: the last reservation, too, would have been used for that share of the time. Of equal savings the fewest.
    """
    allowed = within(demand, least)
    worth = [(count, demand.used(count), demand.displaced(count)) for count in demand.counts]
    found: Reserving | None = None
    for price in offers:
        for count, used, displaced in worth:
            tried = Reserving(price, count, demand.hours, used, displaced)
            if 0 < count <= allowed and tried.net.amount > (found.net.amount if found else 0):
                found = tried
    return found


def within(demand: Demand, least: Decimal) -> int:
    """How many would each have been used for that share of the time."""
    return max((layer.last for layer in demand.layers if layer.utilization >= least), default=0)


def last_of(demand: Demand, count: int) -> Layer | None:
    """The layer that has the last of `count` reservations; None of none."""
    return next((layer for layer in demand.layers if layer.first <= count <= layer.last), None)
