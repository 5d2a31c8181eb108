"""A month on one screen: so far, what drives it, what it will come to, and on what all that stands. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from ec2kit.costs.month.billing import Told
from ec2kit.costs.month.projecting import Projection, project
from ec2kit.model.bills import Billed, Days
from ec2kit.model.money import USD, Money

BIGGEST = 5
"""Drivers that are shown."""


class Source(StrEnum):
    """On what an answer stands."""

    BILL = "cost-explorer"
    RUNNING = "running"
    """What runs now, and the price table."""


@dataclass(frozen=True)
class Driver:
    """What one kind of use has cost; `amortised` is None where only one view is known."""

    service: str
    usage: str
    cash: Money
    amortised: Money | None = None
    count: int = 0
    """How many resources, where that is known."""


@dataclass(frozen=True)
class Summary:
    """A month so far. All that is left out of the sums is in `unpriced` and `notes`."""

    source: Source
    month: Days
    asked: datetime
    so_far: Money | None
    """None where nothing has a price: that is not zero."""
    drivers: tuple[Driver, ...]
    """The greatest first, all of them."""
    projection: Projection | None
    amortised: Money | None = None
    estimated: bool = True
    last_day: date | None = None
    """The last day for which something is billed."""
    requests: int = 0
    """How many it took of Cost Explorer's, when it was asked."""
    unpriced: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def biggest(self) -> tuple[Driver, ...]:
        """The drivers that are shown."""
        return self.drivers[:BIGGEST]

    @property
    def others(self) -> Money | None:
        """What the rest has cost."""
        rest = self.drivers[BIGGEST:]
        return sum_of((each.cash for each in rest), rest[0].cash.currency) if rest else None

    def share(self, driver: Driver) -> Decimal | None:
        """A driver's part of what was spent; None where nothing was."""
        spent = self.so_far.amount if self.so_far else Decimal(0)
        return driver.cash.amount / spent if spent > 0 else None


def sum_of(amounts: Iterable[Money], currency: str) -> Money:
    """Given amounts of one currency, return their sum."""
    return sum(amounts, Money(Decimal(0), currency))


def by_the_bill(told: Told) -> Summary:
    """Given what Cost Explorer said (no refusal), return the month."""
    currency = told.by_use[0].cash.currency if told.by_use else USD
    drivers = sorted(_drivers(told.by_use), key=lambda each: (-each.cash.amount, each.service, each.usage))
    projection = project(told)
    days = [each.days.start for each in told.by_day if each.cash.amount]
    return Summary(
        Source.BILL,
        told.month,
        told.asked,
        sum_of((each.cash for each in told.by_use), currency),
        tuple(drivers),
        projection,
        sum_of((each.amortised for each in told.by_use), currency),
        any(each.estimated for each in told.by_use),
        max(days, default=None),
        requests=told.requests,
        notes=() if projection else ("no projection: fewer than three days are billed as a whole",),
    )


def _drivers(billed: Iterable[Billed]) -> Iterable[Driver]:
    """What belongs together comes in parts when it goes over two pages, or over months."""
    found: dict[tuple[str, ...], Driver] = {}
    for each in billed:
        service, usage = (*each.keys, "", "")[:2]
        before = found.get(each.keys)
        cash = before.cash + each.cash if before else each.cash
        amortised = before.amortised + each.amortised if before and before.amortised else each.amortised
        found[each.keys] = Driver(service, usage, cash, amortised)
    return found.values()
