"""What if there were more reservations: what they would have covered, and saved. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from ec2kit.costs.fleet.holding import Holding, add, holdings
from ec2kit.costs.fleet.hours import HOUR, Pool, Use
from ec2kit.costs.fleet.matching import Matched, held_in, match, pool_weight
from ec2kit.costs.fleet.offered import Offers, machine_of
from ec2kit.costs.fleet.plan_holding import Plans
from ec2kit.costs.fleet.wished import Wished
from ec2kit.costs.offers import Term
from ec2kit.costs.prices.price import Price
from ec2kit.model.money import USD, Money
from ec2kit.model.reservations import Owned


@dataclass(frozen=True)
class Owning:
    """What is owned."""

    reserved: tuple[Owned, ...] = ()
    plans: Plans = field(default_factory=Plans)


@dataclass(frozen=True)
class WhatIf:
    """What more reservations would have been good for, had they been there all the time with those owned now."""

    owned: tuple[Owned, ...]
    """As if they were."""
    prices: tuple[Price | None, ...]
    """The cheapest offer for each; None where the price book has none."""
    holdings: tuple[Holding, ...]
    displaced: Money | None
    """What would have been paid less on demand, in the window; None where a price is missing."""
    fee: Money | None
    """What they would have cost, amortised."""

    @property
    def net(self) -> Money | None:
        """What would have been saved; below zero when it would have cost more."""
        if self.displaced is None or self.fee is None or self.displaced.currency != self.fee.currency:
            return None
        return self.displaced - self.fee


def what_if(use: Use, owning: Owning, added: Iterable[Wished], offers: Offers, now: datetime) -> WhatIf:
    """Given what ran, what is owned and what would be too, return what that would have been good for.

    Reservations come before savings plans: what a plan no longer covers then, it may cover elsewhere, or lose.
    """
    before = owning.reserved
    priced = [(each, _cheapest(each, offers)) for each in added]
    extra = tuple(_as_owned(each, price, place, now) for place, (each, price) in enumerate(priced))
    without = match(use, held_in(before, use.window, throughout=True))
    together = match(use, held_in((*before, *extra), use.window, throughout=True))
    by_id = {each.held.owned.id: each for each in holdings(together, offers.hourly, now)}
    found = tuple(by_id[each.id] for each in extra)
    prices = tuple(price for _, price in priced)
    currency = next((price.currency for price in prices if price), USD)
    return WhatIf(
        extra,
        prices,
        found,
        _difference(
            _covered(without, owning.plans, offers),
            _covered(together, owning.plans, offers),
            offers,
            currency,
        ),
        add((each.fee for each in found), currency) if all(prices) else None,
    )


def _cheapest(added: Wished, offers: Offers) -> Price | None:
    machine = machine_of(added.region, added.type, added.platform)
    found = offers.listed(machine) if machine else None
    admitted = [price for price in found.reserved if offers.wanted.admits(price)] if found else []
    return min(admitted, key=lambda price: price.offer.effective_hourly, default=None)


def _as_owned(added: Wished, price: Price | None, place: int, now: datetime) -> Owned:
    """It begins after all that is owned, so that of equals those are used first."""
    term = price.commitment.term if price and price.commitment else Term.ONE_YEAR
    start = now - timedelta(hours=1)
    owned = Owned(
        f"added-{place + 1}",
        added.region,
        added.type,
        added.count,
        start,
        start + timedelta(hours=term.hours),
        zone=added.zone,
        platform=added.platform,
    )
    if price is None:
        return owned
    return replace(owned, upfront=price.upfront, hourly=price.hourly, currency=price.currency)


def _covered(matched: Matched, plans: Plans, offers: Offers) -> dict[Pool, int]:
    """Unit seconds of each pool that reservations cover, and savings plans after them."""
    found: dict[Pool, int] = {}
    applied = plans.applied(matched, offers, throughout=True)
    for (_, pool), amount in (*matched.covered.items(), *applied.covered.items()):
        found[pool] = found.get(pool, 0) + amount
    return found


def _difference(
    without: Mapping[Pool, int], together: Mapping[Pool, int], offers: Offers, currency: str
) -> Money | None:
    """What the hours cost on demand that are covered in one and not in the other; None where a price is missing."""
    changes = {pool: together.get(pool, 0) - without.get(pool, 0) for pool in sorted({*without, *together})}
    parts: list[Money] = []
    for pool, amount in changes.items():
        hourly = offers.hourly(pool)
        if amount and hourly is None:
            return None
        if amount and hourly is not None:
            parts.append(hourly * (Decimal(amount) / (HOUR * pool_weight(pool))))
    return add(parts, currency)
