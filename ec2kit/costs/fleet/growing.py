"""What if more machines ran, all the time: what they would cost, and what ran with them beside it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ec2kit.costs.fleet.holding import by_currency
from ec2kit.costs.fleet.hours import HOUR, Pool, Use
from ec2kit.costs.fleet.offered import Offers
from ec2kit.costs.fleet.wished import Wished
from ec2kit.costs.offers import HOURS_A_YEAR
from ec2kit.model.money import Money


@dataclass(frozen=True)
class Growth:
    """Machines that would run too, and what they would cost in a year on demand, before anything covers them."""

    machines: tuple[Wished, ...]
    yearly: tuple[Money, ...]
    """One sum for each currency."""
    unpriced: tuple[str, ...]
    """Types without a price, which are in no sum."""


def grown(use: Use, machines: Iterable[Wished]) -> Use:
    """Given what ran, return it with machines that ran in each hour of the window as well."""
    changes = {pool: dict(found) for pool, found in use.changes.items()}
    for each in machines:
        mine = changes.setdefault(_pool(each), {})
        mine[use.window.first] = mine.get(use.window.first, 0) + each.count * HOUR
    return Use(use.window, {pool: dict(sorted(found.items())) for pool, found in changes.items()})


def growth(machines: Iterable[Wished], offers: Offers) -> Growth | None:
    """Given what would run too, return what that would cost on demand; None of none."""
    wished = tuple(machines)
    if not wished:
        return None
    priced = [(each, offers.hourly(_pool(each))) for each in wished]
    yearly = by_currency(hourly * (each.count * HOURS_A_YEAR) for each, hourly in priced if hourly)
    unpriced = dict.fromkeys(each.type for each, hourly in priced if hourly is None)
    return Growth(wished, yearly, tuple(unpriced))


def _pool(wished: Wished) -> Pool:
    """In no zone unless one was said: what is reserved for a zone does not cover it."""
    return Pool(wished.region, wished.zone, wished.type, wished.platform)
