"""What Cost Explorer is asked for this month, in as few requests as can be: each of them costs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol

from ec2kit.errors import AccessDenied, AwsRefused
from ec2kit.model.bills import Billed, Days, Foreseen
from ec2kit.model.money import Money

DAY = timedelta(days=1)
BEFORE = timedelta(days=14)
"""How many days are looked back on: by them a month that has just begun is projected."""
LEVEL = 80
"""Per cent: how sure the bounds of a projection are."""
NO_DATA = "DataUnavailableException"


class Bill(Protocol):
    """The part of `ec2kit.aws.cost_explorer` that is needed."""

    def billed(self, days: Days, granularity: str, group_by: tuple[str, ...] = ()) -> tuple[Billed, ...]:
        """What was billed in these days."""

    def forecast(self, days: Days, level: int) -> tuple[Foreseen, ...]:
        """What AWS expects each of these days to cost."""


@dataclass(frozen=True)
class Told:
    """What Cost Explorer said on one day. When `refusal` says why it would not, there is nothing else."""

    asked: datetime
    by_use: tuple[Billed, ...] = ()
    """This month, by service and usage type."""
    by_day: tuple[Billed, ...] = ()
    """All together for each of the last days, from before the month began if that was lately."""
    foreseen: tuple[Foreseen, ...] = ()
    """Today and the rest of the month; empty when AWS has not seen enough to tell."""
    requests: int = 0
    refusal: str = ""

    @property
    def month(self) -> Days:
        """The month that it is about, the whole of it."""
        first = self.asked.date().replace(day=1)
        return Days(first, (first + 32 * DAY).replace(day=1))

    @property
    def today(self) -> date:
        """The day, in UTC, on which it was asked."""
        return self.asked.date()


def ask(bill: Bill, now: datetime) -> Told:
    """Ask for this month. `requests` is left to the caller, who counts them.

    A refusal that says that there is no bill to be had is an answer: not allowed, not enabled, nothing yet. Raises
    other `Ec2kitError`s.
    """
    told = Told(now)
    today = told.today
    month = told.month
    try:
        told = replace(
            told,
            by_use=bill.billed(Days(month.start, today + DAY), "MONTHLY", ("SERVICE", "USAGE_TYPE")),
            by_day=bill.billed(Days(min(month.start, today - BEFORE), today + DAY), "DAILY"),
        )
    except AccessDenied as refused:
        return replace(
            told, refusal=f"{refused.message}: {refused.hint}" if refused.hint else refused.message
        )
    except AwsRefused as refused:
        if refused.code != NO_DATA:
            raise
        return replace(told, refusal=refused.message)
    try:
        return replace(told, foreseen=bill.forecast(Days(today, month.end), LEVEL))
    except AccessDenied:
        # Whoever may see the bill and not the forecast gets one of ours.
        return told
    except AwsRefused as refused:
        if refused.code != NO_DATA:
            raise
        return told


def total(billed: tuple[Billed, ...]) -> Money | None:
    """Given what was billed, return its sum, cash; None when there is nothing to add up."""
    amounts = [each.cash for each in billed]
    return sum(amounts[1:], amounts[0]) if amounts else None
