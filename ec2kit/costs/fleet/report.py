"""The whole answer: what ran, what covers it, which reservations would have paid, and what more would do. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from ec2kit.costs.fleet.added import Owning, WhatIf, what_if
from ec2kit.costs.fleet.grounds import Grounds
from ec2kit.costs.fleet.growing import Growth, grown, growth
from ec2kit.costs.fleet.holding import Holding, add, holdings
from ec2kit.costs.fleet.hours import HOUR, Market, Pool, Use, Window, use_of
from ec2kit.costs.fleet.matching import Matched, held_in, match, pool_weight
from ec2kit.costs.fleet.offered import Offered, Offers
from ec2kit.costs.fleet.plan_holding import PlanHolding, Plans, plan_holdings
from ec2kit.costs.fleet.plans import Applied
from ec2kit.costs.fleet.seen import Seen
from ec2kit.costs.fleet.sizing import Demand, Layer, Reserving, best, demand_of, last_of
from ec2kit.costs.fleet.wished import Wished
from ec2kit.costs.prices.price import PriceList
from ec2kit.model.money import Money
from ec2kit.model.reservations import Owned


@dataclass(frozen=True)
class PoolUse:
    """What ran of a kind: its hours, those that a reservation covered, and what the rest cost."""

    pool: Pool
    hours: Decimal
    covered: Decimal
    on_demand: Money | None
    """The hours that nothing covered, on demand; None for what has no price here, or is billed otherwise."""
    planned: Decimal = Decimal(0)
    """Hours that savings plans covered."""

    @property
    def coverage(self) -> Decimal:
        """The share that was covered."""
        return self.covered / self.hours if self.hours else Decimal(0)


@dataclass(frozen=True)
class Advice:
    """What to reserve in a market, or why nothing."""

    market: Market
    hours: Decimal
    """Machine hours."""
    coverage: Decimal
    """The share of them, by size, that was covered."""
    offered: Offered
    demand: Demand | None = None
    """What nothing that is owned now would cover; None without prices."""
    reserving: Reserving | None = None
    left: int = 0
    """The same in unit seconds, where there are no prices either."""
    least: Decimal = Decimal(0)
    apart: str = ""
    """Why no reservation is good for it: spot, dedicated."""
    planned: Decimal = Decimal(0)
    """The share of what runs, by size, that savings plans cover that go on."""

    @property
    def last(self) -> Layer | None:
        """What the last of the reservations would have been good for."""
        return last_of(self.demand, self.reserving.count) if self.demand and self.reserving else None

    @property
    def first(self) -> Layer | None:
        """What the first one would have been good for."""
        return self.demand.layers[0] if self.demand and self.demand.layers else None

    @property
    def saving_yearly(self) -> Money | None:
        """What is saved in a year in which as much runs."""
        return self.reserving.saving_yearly if self.reserving else None

    @property
    def unanswered(self) -> int:
        """What of `left` has no price, in unit seconds."""
        if self.apart or self.offered.others:
            return 0
        return self.left - (self.demand.amount if self.demand else 0)

    @property
    def break_even(self) -> Decimal | None:
        """The least share of the time from which on any of the offers costs less than on demand."""
        unit = self.offered.unit
        if unit is None:
            return None
        hourly = self.offered.lists[unit.type].on_demand.hourly
        return min(price.offer.effective_hourly for price in self.offered.offers) / hourly


@dataclass(frozen=True)
class Report:
    """The answer; amounts are of the window."""

    window: Window
    now: datetime
    seen: tuple[Seen, ...]
    use: tuple[PoolUse, ...]
    holdings: tuple[Holding, ...]
    advice: tuple[Advice, ...]
    prices: tuple[PriceList, ...]
    """What the sums stand on."""
    what_if: WhatIf | None = None
    steady: bool = False
    """The window is one hour that stands for all."""
    plans: tuple[PlanHolding, ...] = ()
    plans_told: bool = False
    """Whether anybody could say which savings plans are owned."""
    unrated: tuple[Pool, ...] = ()
    """What no plan is applied to, since its rate is not known."""
    grounds: Grounds = field(default_factory=Grounds)
    growth: Growth | None = None
    """What would run too: it is in what to reserve, and not in what ran."""

    @property
    def eligible_hours(self) -> Decimal:
        """Machine hours that a reservation could cover."""
        return sum((each.hours for each in self.use if not each.pool.apart), Decimal(0))

    @property
    def covered_hours(self) -> Decimal:
        """Those that one did."""
        return sum((each.covered for each in self.use if not each.pool.apart), Decimal(0))

    @property
    def planned_hours(self) -> Decimal:
        """Machine hours that savings plans covered."""
        return sum((each.planned for each in self.use), Decimal(0))

    @property
    def machines(self) -> int:
        """How many ran."""
        return sum(each.machines for each in self.seen)


@dataclass(frozen=True)
class Asked:
    """What is to be answered."""

    window: Window
    now: datetime
    owned: tuple[Owned, ...] = ()
    added: tuple[Wished, ...] = ()
    """What would be owned too."""
    least: Decimal = Decimal(0)
    """The least share of the time for which each reservation has to be used; 0 for its break-even."""
    steady: bool = False
    plans: Plans = field(default_factory=Plans)
    grounds: Grounds = field(default_factory=Grounds)
    machines: tuple[Wished, ...] = ()
    """What would run too, all the time: it counts for what to buy."""


def report(seen: Sequence[Seen], offers: Offers, asked: Asked) -> Report:
    """Given what was seen of each region, prices and what is asked, return the answer."""
    use = use_of((span for each in seen for span in each.spans), asked.window)
    actual = match(use, held_in(asked.owned, asked.window))
    planned = asked.plans.applied(actual, offers)
    owning = Owning(asked.owned, asked.plans)
    coming = grown(use, asked.machines)
    more = what_if(coming, owning, asked.added, offers, asked.now) if asked.added else None
    held = (*asked.owned, *(more.owned if more else ()))
    lasting = match(coming, held_in(held, asked.window, throughout=True))
    going_on = asked.plans.applied(lasting, offers, throughout=True)
    before = match(coming, held_in(asked.owned, asked.window)) if asked.machines else actual
    advice = tuple(_advice(coming, before, going_on, offers, asked.least))
    growing = growth(asked.machines, offers)
    return Report(
        asked.window,
        asked.now,
        tuple(seen),
        tuple(_pool_uses(actual, planned, offers)),
        holdings(actual, offers.hourly, asked.now),
        advice,
        offers.used,
        more,
        asked.steady,
        plan_holdings(asked.plans, planned, offers.hourly, asked.now),
        asked.plans.told,
        tuple(sorted({*planned.unrated, *going_on.unrated})),
        asked.grounds,
        growing,
    )


def _pool_uses(matched: Matched, applied: Applied, offers: Offers) -> Iterator[PoolUse]:
    use = matched.use
    for pool in use.pools:
        hours = Decimal(use.seconds(pool)) / HOUR
        covered = matched.covered_seconds(pool) / HOUR
        planned = applied.covered_seconds(pool) / HOUR
        hourly = None if pool.apart else offers.hourly(pool)
        left = hourly * (hours - covered - planned) if hourly else None
        yield PoolUse(pool, hours, covered, left, planned)


def _advice(use: Use, actual: Matched, going_on: Applied, offers: Offers, least: Decimal) -> Iterator[Advice]:
    """`going_on`: what plans cover, and what is left, with all that is owned now as if it had been all the time."""
    for pools, rests in going_on.left.items():
        market, apart = pools[0].market, pools[0].apart
        hours = sum((Decimal(use.seconds(pool)) / HOUR for pool in pools), Decimal(0))
        if apart:
            yield Advice(market, hours, Decimal(0), Offered(market), apart=apart)
            continue
        offered = offers.of(market, pools)
        coverage = _coverage(use, actual.covered, pools)
        planned = _coverage(use, going_on.covered, pools)
        left = sum(alike * sum(amounts.values()) for alike, amounts in rests)
        if offered.unit is None:
            yield Advice(market, hours, coverage, offered, left=left, planned=planned)
            continue
        demand = demand_of(rests, offered, use.window.hours)
        found = best(demand, offered.offers, least)
        yield Advice(market, hours, coverage, offered, demand, found, left, least, planned=planned)


def _coverage(use: Use, found: Mapping[tuple[int, Pool], int], pools: Iterable[Pool]) -> Decimal:
    """Of a market, by size: half of an xlarge is as much as a large."""
    mine = set(pools)
    whole = sum(use.seconds(pool) * pool_weight(pool) for pool in mine)
    covered = sum(amount for (_, pool), amount in found.items() if pool in mine)
    return Decimal(covered) / whole if whole else Decimal(0)


def saved(advice: Iterable[Advice]) -> tuple[Money, ...]:
    """What is saved in a year by all that is advised, one sum for each currency."""
    found: dict[str, list[Money]] = {}
    for each in advice:
        if each.saving_yearly is not None:
            found.setdefault(each.saving_yearly.currency, []).append(each.saving_yearly)
    sums = (add(parts, currency) for currency, parts in sorted(found.items()))
    return tuple(each for each in sums if each is not None)
