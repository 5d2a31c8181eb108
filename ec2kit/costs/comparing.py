"""One offer against on demand: totals, saving, and from how many hours of use on it pays. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from ec2kit.costs.offers import Billing, Offer
from ec2kit.errors import UsageError


@dataclass(frozen=True)
class BreakEven:
    """From where on an offer costs less, when it is billed so; `hours` is None when the fee is no lower at all."""

    billing: Billing
    hours: Decimal | None
    term_hours: int

    @property
    def pays(self) -> bool:
        """Whether there is such a point within the term."""
        return self.hours is not None and self.hours <= self.term_hours

    @property
    def days(self) -> Decimal | None:
        """The same in days of running."""
        return None if self.hours is None else self.hours / 24

    @property
    def share(self) -> Decimal | None:
        """The same as a share of the term."""
        return None if self.hours is None else self.hours / self.term_hours


@dataclass(frozen=True)
class Point:
    """What the term costs at one utilisation."""

    utilization: Decimal
    on_demand: Decimal
    reserved: Decimal


@dataclass(frozen=True)
class Comparison:
    """An offer and an hour's price on demand, for an instance that runs a share of the term (`utilization`, 0 to 1)."""

    on_demand: Decimal
    offer: Offer
    utilization: Decimal = Decimal(1)

    @property
    def hours(self) -> Decimal:
        """The hours that the instance runs in the term."""
        return self.utilization * self.offer.term.hours

    @property
    def on_demand_total(self) -> Decimal:
        """What these hours cost on demand."""
        return self.on_demand * self.hours

    @property
    def reserved_total(self) -> Decimal:
        """What the term costs reserved."""
        return self.offer.total(self.hours)

    @property
    def saving(self) -> Decimal:
        """How much less the term costs reserved; below zero when it costs more."""
        return self.on_demand_total - self.reserved_total

    @property
    def saving_share(self) -> Decimal | None:
        """The saving as a share of what it costs on demand; None where that is nothing."""
        return self.saving / self.on_demand_total if self.on_demand_total else None

    def break_even(self, billing: Billing | None = None) -> BreakEven:
        """From how many hours of use on it pays, billed as the offer is, or in the other way."""
        offer = replace(self.offer, billing=billing or self.offer.billing)
        return BreakEven(offer.billing, offer.break_even(self.on_demand), offer.term.hours)

    def over_utilization(self, steps: int) -> Iterator[Point]:
        """The totals at 0, 1/steps … 1 of the term."""
        for step in range(steps + 1):
            at = replace(self, utilization=Decimal(step) / steps)
            yield Point(at.utilization, at.on_demand_total, at.reserved_total)


def compare(on_demand: Decimal, offer: Offer, utilization: Decimal = Decimal(1)) -> Comparison:
    """Given an hour's price on demand, an offer and the share of the term that the instance runs, compare them.

    Raises `UsageError` where a price of zero would make the answer a lie.
    """
    if on_demand <= 0:
        raise UsageError(
            "the price on demand is zero", hint="nothing is cheaper than that; what does an hour cost?"
        )
    if offer.upfront <= 0 and offer.hourly <= 0:
        raise UsageError("the reservation costs nothing", hint="give --upfront, --hourly or both")
    return Comparison(on_demand, offer, utilization)


def parse_utilization(text: str) -> Decimal:
    """Given `60%` or `0.6`, return the share; raises `UsageError` for what is none or above 100 %."""
    word = text.strip()
    number = word.removesuffix("%").strip()
    if not number.replace(".", "", 1).isdecimal() or not number.isascii():
        raise UsageError(f"'{text}' is no utilization", hint="write a share of the term: 60%, or 0.6")
    share = Decimal(number) / 100 if word.endswith("%") else Decimal(number)
    if share > 1:
        hint = f"did you mean {number}%?" if share <= 100 and not word.endswith("%") else "the most is 100%"
        raise UsageError(f"'{text}' is more than the whole term", hint=hint)
    return share
