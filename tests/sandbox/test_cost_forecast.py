"""Forecasts of the sandbox's Cost Explorer, asked with boto3: they go on as it was, wider when surer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.seeded import Seeded
from tests.support.inprocess import InProcess

DAY = timedelta(days=1)


@pytest.fixture
def seeded() -> Seeded:
    """On the first of a month, seeded a week ago, in the month before."""
    found = Seeded()
    until = datetime(found.now.year + 1, 1, 1, 12, tzinfo=UTC)
    found.tick((until - found.now).total_seconds())
    return found


def days(start: date, end: date) -> dict[str, str]:
    return {"Start": start.isoformat(), "End": end.isoformat()}


def test_a_forecast_goes_on_as_the_last_days_were(seeded: Seeded) -> None:
    today = seeded.now.date()
    client = seeded.client("ce")
    (seen,) = client.get_cost_and_usage(
        TimePeriod=days(today - DAY, today), Granularity="DAILY", Metrics=["UnblendedCost"]
    )["ResultsByTime"]
    answer = client.get_cost_forecast(
        TimePeriod=days(today, today + 3 * DAY),
        Metric="UNBLENDED_COST",
        Granularity="DAILY",
        PredictionIntervalLevel=80,
    )
    daily = Decimal(seen["Total"]["UnblendedCost"]["Amount"])
    assert len(answer["ForecastResultsByTime"]) == 3
    for each in answer["ForecastResultsByTime"]:
        assert abs(Decimal(each["MeanValue"]) - daily) < Decimal("0.01")
        assert (
            Decimal(each["PredictionIntervalLowerBound"])
            < daily
            < Decimal(each["PredictionIntervalUpperBound"])
        )
    assert abs(Decimal(answer["Total"]["Amount"]) - 3 * daily) < Decimal("0.02")


def test_a_surer_forecast_is_wider(seeded: Seeded) -> None:
    today = seeded.now.date()

    def width(level: int) -> float:
        answer = seeded.client("ce").get_cost_forecast(
            TimePeriod=days(today, today + DAY),
            Metric="UNBLENDED_COST",
            Granularity="MONTHLY",
            PredictionIntervalLevel=level,
        )
        (found,) = answer["ForecastResultsByTime"]
        return float(found["PredictionIntervalUpperBound"]) - float(found["PredictionIntervalLowerBound"])

    assert width(60) < width(80) < width(99)


def test_forecasts_that_are_refused(seeded: Seeded) -> None:
    today = seeded.now.date()

    def error(sandbox: InProcess, start: date, end: date, **more: Any) -> str:
        wanted = {"Metric": "UNBLENDED_COST", "Granularity": "DAILY", **more}
        with pytest.raises(ClientError) as caught:
            sandbox.client("ce").get_cost_forecast(TimePeriod=days(start, end), **wanted)
        return f"{caught.value.response['Error']['Code']}: {caught.value.response['Error']['Message']}"

    assert error(seeded, today, today) == (
        f"ValidationException: Requested Start: {today} must be before requested End: {today}"
    )
    assert error(seeded, today - DAY, today + DAY).startswith("ValidationException")
    assert error(seeded, today, today + 200 * DAY).startswith("ValidationException")
    assert error(seeded, today, today + DAY, Granularity="HOURLY").startswith("ValidationException")
    fresh = InProcess()
    fresh.client("ec2").allocate_address(Domain="vpc")
    fresh.tick(3600)
    now = fresh.now.date()
    assert error(fresh, now, now + DAY) == "DataUnavailableException: Insufficient amount of historical data."
