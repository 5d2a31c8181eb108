"""Which hours reservations are applied to, as AWS bills them. Pure.

In each clock hour: zonal reservations first, to the same type in their zone; then regional ones to their own type in
any zone; then what is left of those that are good for other sizes, from the smallest size to the largest ("How Reserved
Instance discounts are applied", EC2 User Guide). Which of two equal reservations is used AWS does not say: the one
that began first here.

Amounts are in unit seconds: seconds × a size's quarters where sizes can be exchanged, plain seconds elsewhere. So they
are whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from ec2kit.costs.fleet.hours import HOUR, Pool, Use, Window, second_of
from ec2kit.costs.fleet.sizes import family_of, is_flexible, quarters
from ec2kit.model.reservations import Owned

GOOD = ("active", "retired")
"""One that was modified or exchanged is retired, and ended when what it became began ("Modify Reserved Instances")."""
COMING = ("payment-pending", "queued")
"""Bought, and good soon: nobody is advised to buy it again."""
Rests = Sequence[tuple[int, Mapping[Pool, int]]]
"""Hours, and the unit seconds of each pool in each of them."""


@dataclass(frozen=True)
class Held:
    """A reservation, and the window's hours in which it is good."""

    owned: Owned
    first: int
    end: int

    @property
    def weight(self) -> int:
        """Unit seconds of a second of one of its instances."""
        return weight_of(self.owned.type, self.owned.platform, self.owned.tenancy)

    @property
    def flexible(self) -> bool:
        """Whether it is good for other sizes."""
        owned = self.owned
        return owned.is_regional and is_flexible(owned.type, owned.platform, owned.tenancy)

    @property
    def hourly(self) -> int:
        """Unit seconds that it has in an hour."""
        return self.owned.count * HOUR * self.weight

    @property
    def bought(self) -> int:
        """Unit seconds that it has in the window."""
        return self.hourly * (self.end - self.first)


@dataclass(frozen=True)
class Matched:
    """What was covered by what, in unit seconds, and what was not."""

    use: Use
    held: tuple[Held, ...]
    covered: Mapping[tuple[int, Pool], int] = field(default_factory=dict)
    """By the place in `held`, and by pool."""
    left: Mapping[tuple[Pool, ...], Rests] = field(default_factory=dict)
    """What nothing covers, in all hours in order; pools of a market together."""

    def used(self, place: int) -> int:
        """Unit seconds of a reservation that were used."""
        return sum(amount for (which, _), amount in self.covered.items() if which == place)

    def covered_seconds(self, pool: Pool) -> Decimal:
        """Machine seconds of a pool that are covered."""
        amount = sum(amount for (_, where), amount in self.covered.items() if where == pool)
        return Decimal(amount) / pool_weight(pool)


def weight_of(type: str, platform: str, tenancy: str) -> int:
    """Unit seconds of a second of a machine: its quarters where sizes can be exchanged, else 1."""
    return quarters(type) or 1 if is_flexible(type, platform, tenancy) else 1


def pool_weight(pool: Pool) -> int:
    """Unit seconds of a second of a machine in the pool."""
    return weight_of(pool.type, pool.platform, pool.tenancy)


def held_in(owned: Iterable[Owned], window: Window, *, throughout: bool = False) -> tuple[Held, ...]:
    """Given reservations, return those that were paid for, with their hours in the window.

    `throughout`: as if what is good at the window's end had been so all the time. For what to buy next that is the
    question: what was bought yesterday covers tomorrow, though it did not cover last week. So does what is being paid
    for, or queued.
    """
    found: list[Held] = []
    for each in sorted(owned, key=lambda one: (one.start, one.id)):
        begins, ends = second_of(each.start) // HOUR, second_of(each.end) // HOUR
        first, end = max(window.first, begins), min(window.end, ends)
        if throughout:
            good = each.state in COMING or first < end == window.end
            first, end = (window.first, window.end) if good else (0, 0)
        states = (*GOOD, *COMING) if throughout else GOOD
        if each.state in states and first < end and each.count > 0:
            found.append(Held(each, first, end))
    return tuple(found)


def match(use: Use, held: Sequence[Held]) -> Matched:
    """Given what ran and what is reserved, apply one to the other, hour by hour."""
    covered: dict[tuple[int, Pool], int] = {}
    left: dict[tuple[Pool, ...], Rests] = {}
    for pools in _groups(use.pools):
        mine = [place for place, each in enumerate(held) if _may_cover(each.owned, pools[0])]
        pairs = _pairs(pools, {place: held[place] for place in mine})
        cuts = {hour for place in mine for hour in (held[place].first, held[place].end)}
        rests: list[tuple[int, Mapping[Pool, int]]] = []
        for stretch in use.stretches(pools, cuts):
            need = {pool: seconds * pool_weight(pool) for pool, seconds in stretch.seconds.items()}
            rest = {
                place: held[place].hourly
                for place in mine
                if held[place].first <= stretch.first < held[place].end
            }
            for place, pool in pairs:
                amount = min(rest.get(place, 0), need.get(pool, 0))
                if amount:
                    rest[place] -= amount
                    need[pool] -= amount
                    covered[place, pool] = covered.get((place, pool), 0) + amount * stretch.hours
            rests.append((stretch.hours, {pool: amount for pool, amount in need.items() if amount}))
        left[pools] = tuple(rests)
    return Matched(use, tuple(held), covered, left)


def _pairs(pools: Iterable[Pool], held: Mapping[int, Held]) -> tuple[tuple[int, Pool], ...]:
    """Which reservation is good for which pool, in the order in which they are applied."""
    order = sorted(pools, key=lambda pool: (pool_weight(pool), pool))
    return tuple(
        (place, pool)
        for good in (_in_its_zone, _of_its_type, _of_its_family)
        for place, each in held.items()
        for pool in order
        if good(each, pool)
    )


def _in_its_zone(held: Held, pool: Pool) -> bool:
    return held.owned.zone == pool.zone != "" and held.owned.type == pool.type


def _of_its_type(held: Held, pool: Pool) -> bool:
    return held.owned.is_regional and held.owned.type == pool.type


def _of_its_family(held: Held, pool: Pool) -> bool:
    return held.flexible and pool.market.flexible


def _may_cover(owned: Owned, pool: Pool) -> bool:
    """Whether it can be good for this pool or for one that can share a reservation with it."""
    if pool.lifecycle:
        return False
    if (owned.region, owned.platform, owned.tenancy) != (pool.region, pool.platform, pool.tenancy):
        return False
    return family_of(owned.type) == family_of(pool.type)


def _groups(pools: Iterable[Pool]) -> Iterator[tuple[Pool, ...]]:
    """Pools that can share a reservation."""
    found: dict[tuple[object, ...], list[Pool]] = {}
    for pool in pools:
        found.setdefault((pool.market, pool.tenancy, pool.lifecycle), []).append(pool)
    yield from (tuple(each) for each in found.values())
