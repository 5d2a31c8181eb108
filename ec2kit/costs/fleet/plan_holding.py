"""The savings plans that are owned, at what rates they are applied, and what they were good for. Pure.

Utilization is the commitment used ÷ the commitment; what is saved is the covered hours on demand, less the commitment
of all hours, used or not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from ec2kit.costs.fleet.holding import SOON
from ec2kit.costs.fleet.hours import HOUR, Pool
from ec2kit.costs.fleet.matching import COMING, Matched, pool_weight
from ec2kit.costs.fleet.offered import Offers, machine_of
from ec2kit.costs.fleet.plans import Applied, Rate, RateOf, apply, plans_in
from ec2kit.costs.prices.price import OfferingClass, Price
from ec2kit.costs.prices.products import PAYMENTS
from ec2kit.model.money import Money
from ec2kit.model.savings_plans import OwnedPlan, PlanKind

CLASSES = {PlanKind.COMPUTE: OfferingClass.COMPUTE_PLAN, PlanKind.INSTANCE: OfferingClass.INSTANCE_PLAN}
"""As the price book calls them."""
OWN, BOOK = "own", "price-book"
"""Whose rates they are."""


@dataclass(frozen=True)
class RateKey:
    """What a plan's own rate is for."""

    plan: str
    region: str
    type: str
    platform: str


@dataclass(frozen=True)
class Plans:
    """What is owned, and what AWS says an hour costs under it; `told` is false when nobody could say what is owned."""

    owned: tuple[OwnedPlan, ...] = ()
    own: Mapping[RateKey, Decimal] = field(default_factory=dict)
    told: bool = False

    def rates(self, offers: Offers) -> RateOf:
        """A plan's own rate where AWS told it, or else that of such a plan in the price book."""

        def found(plan: OwnedPlan, pool: Pool) -> Rate | None:
            on_demand = offers.hourly(pool)
            if on_demand is None or on_demand.currency != plan.currency:
                return None
            own = self.own_rate(plan, pool)
            hourly = own if own is not None else _listed(offers, plan, pool)
            return Rate(hourly, on_demand.amount) if hourly else None

        return found

    def own_rate(self, plan: OwnedPlan, pool: Pool) -> Decimal | None:
        """What AWS says; None where it did not."""
        return self.own.get(RateKey(plan.id, pool.region, pool.type, pool.platform))

    def applied(self, matched: Matched, offers: Offers, *, throughout: bool = False) -> Applied:
        """Given what reservations left, apply the plans; `throughout`: those that go on, all the time (`plans_in`)."""
        held = plans_in(self.owned, matched.use.window, throughout=throughout)
        return apply(matched, held, self.rates(offers))


@dataclass(frozen=True)
class PlanHolding:
    """A plan in a window."""

    plan: OwnedPlan
    hours: int
    """In which it is good; none when it is to come."""
    spent: Money
    """Of its commitment."""
    covered_hours: Decimal
    """Machine hours."""
    displaced: Money
    """What they cost on demand."""
    now: datetime
    sources: tuple[str, ...] = ()
    """Whose rates it was applied at: its own, the price book's."""

    @property
    def committed(self) -> Money:
        """What is paid for the window, used or not."""
        return self.plan.hourly * self.hours

    @property
    def utilization(self) -> Decimal | None:
        """The share of it that was used; None of none."""
        return self.spent.amount / self.committed.amount if self.hours else None

    @property
    def unused(self) -> Money:
        """The rest, which is paid for nothing."""
        return self.committed - self.spent

    @property
    def net(self) -> Money:
        """What it has saved; below zero when it cost more."""
        return self.displaced - self.committed

    @property
    def is_coming(self) -> bool:
        """Whether it is bought, and not good yet."""
        return self.plan.state in COMING

    @property
    def left(self) -> timedelta:
        """How long it is still good."""
        return self.plan.end - self.now

    @property
    def ends_soon(self) -> bool:
        """Whether it is time to decide what comes after it."""
        return timedelta(0) <= self.left <= SOON


def plan_holdings(
    plans: Plans, applied: Applied, on_demand: Callable[[Pool], Money | None], now: datetime
) -> tuple[PlanHolding, ...]:
    """Given what is owned and what was applied, return the plans for machines that are good there, or coming."""
    found = []
    for at, held in enumerate(applied.held):
        mine = {pool: amount for (place, pool), amount in applied.covered.items() if place == at}
        hours = {pool: Decimal(amount) / (HOUR * pool_weight(pool)) for pool, amount in mine.items()}
        worth = Decimal(0)
        for pool, each in hours.items():
            # What has no price on demand had no rate, and is not covered.
            hourly = on_demand(pool)
            worth += hourly.amount * each if hourly else 0
        plan = held.plan
        spent, displaced = (Money(amount, plan.currency) for amount in (applied.spent[at], worth))
        sources = {BOOK if plans.own_rate(plan, pool) is None else OWN for pool in mine}
        covered = sum(hours.values(), Decimal(0))
        found.append(PlanHolding(plan, held.hours, spent, covered, displaced, now, tuple(sorted(sources))))
    for plan in plans.owned:
        if plan.kind.for_machines and plan.state in COMING:
            nothing = Money(Decimal(0), plan.currency)
            found.append(PlanHolding(plan, 0, nothing, Decimal(0), nothing, now))
    return tuple(found)


def _listed(offers: Offers, plan: OwnedPlan, pool: Pool) -> Decimal | None:
    machine = machine_of(pool.region, pool.type, pool.platform)
    listed = offers.listed(machine) if machine else None
    rates = (
        price.offer.effective_hourly for price in (listed.reserved if listed else ()) if _is(price, plan)
    )
    return next(rates, None)


def _is(price: Price, plan: OwnedPlan) -> bool:
    bound = price.commitment
    return (
        bound is not None
        and bound.offering_class is CLASSES.get(plan.kind)
        and bound.payment is PAYMENTS.get(plan.payment)
        and bound.term.hours * HOUR == plan.seconds
        and price.currency == plan.currency
    )
