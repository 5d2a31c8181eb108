"""What the sandbox's Cost Explorer expects: that the days go on as the last ones were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from statistics import NormalDist, fmean, pstdev
from typing import Any

from ec2kit.sandbox.cost_dates import following, interval_of, periods
from ec2kit.sandbox.cost_filters import CostRefused, invalid

METRICS = ("UNBLENDED_COST", "BLENDED_COST", "AMORTIZED_COST", "NET_UNBLENDED_COST", "NET_AMORTIZED_COST")
LEAST_DAYS, MOST_DAYS = 5, 14
"""Whole days that it wants to have seen, and of how many it makes its mean. AWS wants more than a month."""
LEAST_SPREAD = 0.03
"""Of a day's cost: nobody foresees a day to the cent."""
AHEAD = {"DAILY": 92, "MONTHLY": 550}
"""Days: "3 months of DAILY forecasts or 18 months of MONTHLY forecasts" (API Reference)."""
LEVELS = range(51, 100)


def forecast(params: Mapping[str, Any], by_day: Mapping[date, Decimal], today: date) -> dict[str, Any]:
    """Given a request and what the last days cost, return the answer of GetCostForecast. Raises `CostRefused`."""
    start, end = interval_of(params)
    granularity, level = str(params.get("Granularity", "")), int(params.get("PredictionIntervalLevel") or 80)
    if start >= end:
        raise invalid(f"Requested Start: {start} must be before requested End: {end}")
    if start < today:
        raise invalid(f"Requested Start: {start} must not be before the current date: {today}")
    if params.get("Metric") not in METRICS:
        raise invalid(f"Metric '{params.get('Metric')}' is not one of {', '.join(METRICS)}")
    if granularity not in AHEAD:
        raise invalid(f"Granularity '{granularity}' is not one of {', '.join(AHEAD)}")
    if end > today + timedelta(days=AHEAD[granularity]):
        raise invalid(f"Requested End: {end} is beyond what is forecast {granularity}")
    if level not in LEVELS:
        raise invalid(f"PredictionIntervalLevel {level} is not between {LEVELS.start} and {LEVELS.stop - 1}")
    mean, spread = _seen(by_day, today)
    spread *= NormalDist().inv_cdf((1 + level / 100) / 2)
    found = [_period(since, until, mean, spread) for since, until in periods(start, end, granularity)]
    return {
        "Total": {"Amount": _text(mean * (end - start).days), "Unit": "USD"},
        "ForecastResultsByTime": found,
    }


def _seen(by_day: Mapping[date, Decimal], today: date) -> tuple[float, float]:
    """The mean of the last whole days, and how far they are from it."""
    if not by_day:
        raise CostRefused("DataUnavailableException", "Insufficient amount of historical data.")
    # The first day is rarely a whole one.
    first = following(min(by_day))
    days = _days(max(first, today - timedelta(days=MOST_DAYS)), today)
    if len(days) < LEAST_DAYS:
        raise CostRefused("DataUnavailableException", "Insufficient amount of historical data.")
    costs = [float(by_day.get(day, Decimal(0))) for day in days]
    return fmean(costs), max(pstdev(costs), LEAST_SPREAD * fmean(costs))


def _days(start: date, end: date) -> Sequence[date]:
    return [start + timedelta(days=number) for number in range((end - start).days)]


def _period(start: date, end: date, mean: float, spread: float) -> dict[str, Any]:
    days = (end - start).days
    middle, around = mean * days, spread * days**0.5
    return {
        "TimePeriod": {"Start": start.isoformat(), "End": end.isoformat()},
        "MeanValue": _text(middle),
        "PredictionIntervalLowerBound": _text(max(0.0, middle - around)),
        "PredictionIntervalUpperBound": _text(middle + around),
    }


def _text(amount: float) -> str:
    return f"{amount:.10f}".rstrip("0").rstrip(".")
