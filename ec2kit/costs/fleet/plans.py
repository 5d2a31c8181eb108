"""Which hours savings plans are applied to, as AWS bills them, after reservations. Pure.

In each clock hour: EC2 instance plans first, then compute plans; of each kind together, to the use with the highest
saving against its price on demand first, and of equal savings to that with the lowest rate, until nothing is left of
the use or of the commitment ("Understanding how Savings Plans apply to your AWS usage", Savings Plans User Guide). What
is left of a commitment in its hour is lost. Which of two plans at the same rate is used first AWS does not say: the one
that began first here.

Amounts of use are in unit seconds, as reservations have them (`matching`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from ec2kit.costs.fleet.hours import HOUR, Pool, Window, second_of
from ec2kit.costs.fleet.matching import COMING, GOOD, Matched, Rests, pool_weight
from ec2kit.model.savings_plans import OwnedPlan, PlanKind


@dataclass(frozen=True)
class HeldPlan:
    """A plan, and the window's hours in which it is good."""

    plan: OwnedPlan
    first: int
    end: int

    @property
    def hours(self) -> int:
        """How many."""
        return self.end - self.first


@dataclass(frozen=True)
class Rate:
    """What an hour of a machine costs under a plan, and on demand, in the plan's currency."""

    hourly: Decimal
    on_demand: Decimal

    @property
    def share(self) -> Decimal:
        """Of the price on demand: the lower, the higher the saving."""
        return self.hourly / self.on_demand


RateOf = Callable[[OwnedPlan, Pool], Rate | None]
"""None where a rate or the price on demand is not known."""


@dataclass(frozen=True)
class Applied:
    """What plans covered of what reservations left; made by `apply`."""

    held: tuple[HeldPlan, ...] = ()
    covered: Mapping[tuple[int, Pool], int] = field(default_factory=dict)
    """Unit seconds, by the place in `held` and by pool."""
    spent: Mapping[int, Decimal] = field(default_factory=dict)
    """Of a plan's commitment, in the whole window, by the place in `held`."""
    left: Mapping[tuple[Pool, ...], Rests] = field(default_factory=dict)
    """As `Matched.left`, less what is covered."""
    unrated: tuple[Pool, ...] = ()
    """What a plan is good for, and its rate is not known: none is applied to it."""

    def covered_seconds(self, pool: Pool) -> Decimal:
        """Machine seconds of a pool that plans cover."""
        amount = sum(amount for (_, where), amount in self.covered.items() if where == pool)
        return Decimal(amount) / pool_weight(pool)


@dataclass(frozen=True)
class _Pairing:
    """A plan and a pool that it is good for."""

    place: int
    pool: Pool
    rate: Rate

    units: int
    """Unit seconds of an hour of a machine."""

    def cost(self, amount: int) -> Decimal:
        """What so many unit seconds cost under the plan."""
        return self.rate.hourly * amount / self.units

    def amount(self, cost: Decimal) -> int:
        """How many unit seconds that pays for, whole ones."""
        return int(cost * self.units / self.rate.hourly)


def plans_in(plans: Iterable[OwnedPlan], window: Window, *, throughout: bool = False) -> tuple[HeldPlan, ...]:
    """Given plans, return those that are good for machines, with their hours in the window.

    `throughout`: as if what is good at its end had been so all the time, and what is coming too (`matching.held_in`).
    """
    found: list[HeldPlan] = []
    for each in sorted(plans, key=lambda one: (one.start, one.id)):
        first = max(window.first, second_of(each.start) // HOUR)
        end = min(window.end, second_of(each.end) // HOUR)
        if throughout:
            good = each.state in COMING or (each.state in GOOD and first < end == window.end)
            first, end = (window.first, window.end) if good else (0, 0)
        states = (*GOOD, *COMING) if throughout else GOOD
        if each.kind.for_machines and each.state in states and first < end:
            found.append(HeldPlan(each, first, end))
    return tuple(found)


def apply(matched: Matched, held: Sequence[HeldPlan], rate_of: RateOf) -> Applied:
    """Given what reservations left and the plans that are good, apply one to the other, hour by hour."""
    if not held:
        return Applied(left=matched.left)
    pools = [pool for group in matched.left for pool in group if _wants(matched.left[group], pool)]
    pairings, unrated = _pairings(pools, held, rate_of)
    touched = {each.pool for each in pairings}
    groups = {group: rests for group, rests in matched.left.items() if touched & set(group)}
    covered: dict[tuple[int, Pool], int] = {}
    spent: dict[int, Decimal] = dict.fromkeys(range(len(held)), Decimal(0))
    left: dict[tuple[Pool, ...], list[tuple[int, Mapping[Pool, int]]]] = {group: [] for group in groups}
    for first, hours, needs in _together(groups, matched.use.window, held):
        need = {pool: amount for each in needs.values() for pool, amount in each.items()}
        rest = {at: each.plan.commitment for at, each in enumerate(held) if each.first <= first < each.end}
        for each in pairings:
            wanted, offered = need.get(each.pool, 0), rest.get(each.place, Decimal(0))
            if not wanted or not offered:
                continue
            cost = each.cost(wanted)
            # To the second; the commitment is used up all the same.
            amount = wanted if cost <= offered else each.amount(offered)
            paid = min(cost, offered)
            need[each.pool], rest[each.place] = wanted - amount, offered - paid
            covered[each.place, each.pool] = covered.get((each.place, each.pool), 0) + amount * hours
            spent[each.place] += paid * hours
        for group, before in needs.items():
            left[group].append((hours, {pool: need[pool] for pool in before if need[pool]}))
    return Applied(
        tuple(held),
        covered,
        spent,
        {group: tuple(left.get(group, rests)) for group, rests in matched.left.items()},
        unrated,
    )


def _wants(rests: Rests, pool: Pool) -> bool:
    return any(amounts.get(pool) for _, amounts in rests)


def _pairings(
    pools: Iterable[Pool], held: Sequence[HeldPlan], rate_of: RateOf
) -> tuple[list[_Pairing], tuple[Pool, ...]]:
    """In the order in which they are applied; and the pools that have none for want of a rate."""
    found: list[_Pairing] = []
    unrated: dict[Pool, None] = {}
    for pool in pools:
        for place, each in enumerate(held):
            if pool.lifecycle or not _is_good_for(each.plan, pool):
                continue
            rate = rate_of(each.plan, pool)
            if rate is None:
                unrated[pool] = None
            else:
                found.append(_Pairing(place, pool, rate, HOUR * pool_weight(pool)))
    kinds = (PlanKind.INSTANCE, PlanKind.COMPUTE)
    found.sort(
        key=lambda one: (
            kinds.index(held[one.place].plan.kind),
            one.rate.share,
            one.rate.hourly,
            one.place,
            one.pool,
        )
    )
    return found, tuple(sorted(unrated))


def _is_good_for(plan: OwnedPlan, pool: Pool) -> bool:
    """Any machine that is billed on demand; or those of its family in its region, of any size, system and tenancy."""
    return plan.kind is PlanKind.COMPUTE or (plan.region, plan.family) == (
        pool.region,
        pool.type.partition(".")[0],
    )


def _together(
    groups: Mapping[tuple[Pool, ...], Rests], window: Window, held: Sequence[HeldPlan]
) -> Iterable[tuple[int, int, dict[tuple[Pool, ...], Mapping[Pool, int]]]]:
    """Hours that are alike for all groups: the first of them, how many, and what each group needs in each of them."""
    turns: dict[int, dict[tuple[Pool, ...], Mapping[Pool, int]]] = {window.first: {}}
    for each in held:
        turns |= {hour: turns.get(hour, {}) for hour in (each.first, each.end)}
    for group, rests in groups.items():
        hour = window.first
        for hours, amounts in rests:
            turns.setdefault(hour, {})[group] = amounts
            hour += hours
    starts = sorted(hour for hour in turns if window.first <= hour < window.end)
    now: dict[tuple[Pool, ...], Mapping[Pool, int]] = {}
    for first, end in zip(starts, [*starts[1:], window.end], strict=True):
        now |= turns[first]
        yield first, end - first, dict(now)
