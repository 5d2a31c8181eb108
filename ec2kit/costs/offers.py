"""A reservation's price and what it comes to: an amount at once, a fee for each hour, and how the hours are billed.

Hours are hours of one instance. A year has 8,760 of them in AWS's own sums, leap years too ("Reserved Instances", EC2
User Guide: one year is 31536000 seconds). Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from ec2kit.model.money import USD

HOURS_A_YEAR = 8760


class Term(StrEnum):
    """How long one reserves."""

    ONE_YEAR = "1y"
    THREE_YEARS = "3y"

    @property
    def years(self) -> int:
        """1 or 3."""
        return 1 if self is Term.ONE_YEAR else 3

    @property
    def hours(self) -> int:
        """8,760 or 26,280."""
        return self.years * HOURS_A_YEAR


class Billing(StrEnum):
    """Which hours the hourly fee is for."""

    USED = "used"
    """Those that the instance ran: how Light and Medium Utilization were sold until 2014."""
    ALL = "all"
    """Every hour of the term: how every reservation is sold today."""


@dataclass(frozen=True)
class Offer:
    """One instance, reserved; amounts are in `currency`, `hourly` is for an hour."""

    upfront: Decimal
    hourly: Decimal
    term: Term = Term.ONE_YEAR
    billing: Billing = Billing.ALL
    currency: str = USD

    def total(self, used: Decimal) -> Decimal:
        """Given the hours that the instance runs in the term, return what the whole term costs."""
        billed = used if self.billing is Billing.USED else Decimal(self.term.hours)
        return self.upfront + self.hourly * billed

    @property
    def effective_hourly(self) -> Decimal:
        """What an hour costs when the instance runs all of the term: the hourly fee and its share of the upfront."""
        return self.hourly + self.upfront / self.term.hours

    def break_even(self, on_demand: Decimal) -> Decimal | None:
        """Given the price of an hour on demand, return the hours of use from which the offer costs less.

        Billed for the hours used: upfront ÷ (on demand − hourly), None when the hourly fee is no lower. Billed for
        all hours: total ÷ on demand. More than `term.hours` says that it never pays.
        """
        if self.billing is Billing.ALL:
            return self.total(Decimal(0)) / on_demand
        cheaper = on_demand - self.hourly
        return self.upfront / cheaper if cheaper > 0 else None
