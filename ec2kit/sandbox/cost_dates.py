"""The days that Cost Explorer answers for, and how it refuses others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from ec2kit.sandbox.cost_filters import CostRefused, invalid

MONTHS_KEPT = 14
"""How far back it goes, unless an account asks for more (Cost Management User Guide, "Cost Explorer")."""


def interval_of(params: Mapping[str, Any]) -> tuple[date, date]:
    """Given a request, return its first day and the day after its last. Raises `CostRefused`."""
    period = params.get("TimePeriod") or {}
    found = []
    for name in ("Start", "End"):
        text = str(period.get(name) or "")
        try:
            if len(text) != len("2026-01-01"):
                raise ValueError
            found.append(date.fromisoformat(text))
        except ValueError:
            raise invalid(f"TimePeriod {name} is invalid, valid format is: yyyy-MM-dd: '{text}'") from None
    return found[0], found[1]


def check_days(params: Mapping[str, Any], today: date) -> tuple[date, date]:
    """Given a request for what was billed, return its interval. Raises `CostRefused`."""
    start, end = interval_of(params)
    if start >= end:
        raise invalid("Start date (and hour) should be before end date (and hour)")
    if end > next_month(today):
        raise invalid("end date past the beginning of next month")
    if start > today:
        raise invalid("Start date should not be after the current date")
    oldest = today.replace(day=1)
    for _ in range(MONTHS_KEPT):
        oldest = (oldest - timedelta(days=1)).replace(day=1)
    if start < oldest and start.day != 1:
        raise invalid(
            f"To retrieve data beyond the past {MONTHS_KEPT} months, your start date needs to be the first day of"
            " the month."
        )
    if start < oldest:
        raise CostRefused(
            "DataUnavailableException", "Data is not available. Please try to adjust the time period."
        )
    return start, end


def periods(start: date, end: date, granularity: str) -> Iterator[tuple[date, date]]:
    """Yield the days of an interval, or the parts of months that it has; each until before its end."""
    while start < end:
        after = following(start) if granularity == "DAILY" else next_month(start)
        yield start, min(after, end)
        start = after


def following(day: date) -> date:
    """The next day."""
    return day + timedelta(days=1)


def next_month(day: date) -> date:
    """The first day of the next month."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
