"""What AWS has billed, as values: amounts by period and by what they are for, and what AWS forecasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from ec2kit.model.money import Money


class View(StrEnum):
    """In which of two ways a bill counts what was paid beforehand."""

    CASH = "cash"
    """As it is charged: an upfront fee on the day that it was paid (Cost Explorer's unblended cost)."""
    AMORTISED = "amortised"
    """Upfront fees spread over the hours that they are for (its amortised cost)."""


@dataclass(frozen=True)
class Days:
    """Days from `start` until before `end`, in UTC, as bills count them."""

    start: date
    end: date

    def __post_init__(self) -> None:
        """Raises `ValueError` for a period that has no day."""
        if self.start >= self.end:
            raise ValueError(f"no day from {self.start} until before {self.end}")


@dataclass(frozen=True)
class Billed:
    """What one thing (`keys`, as asked for; empty: everything) cost in some days, in both views."""

    days: Days
    keys: tuple[str, ...]
    cash: Money
    amortised: Money
    estimated: bool
    """AWS may still change it: until the month's bill is closed."""

    def amount(self, view: View) -> Money:
        """What it cost in one of the views."""
        return self.cash if view is View.CASH else self.amortised


@dataclass(frozen=True)
class Foreseen:
    """What AWS forecasts for a day, cash, and between which amounts with the probability that was asked for."""

    day: date
    mean: Decimal
    low: Decimal
    high: Decimal
