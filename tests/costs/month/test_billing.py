"""What is asked of Cost Explorer, and what its refusals come to."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from ec2kit.costs.month.billing import ask
from ec2kit.errors import AccessDenied, AwsRefused, Ec2kitError, Unavailable
from ec2kit.model.bills import Days
from tests.costs.month.bill import NOW, FakeBill, billed

JUNE = date(2026, 6, 1)


def no_data(text: str = "GetCostAndUsage: Data is not available") -> AwsRefused:
    return AwsRefused(text, code="DataUnavailableException", action="GetCostAndUsage")


def test_three_questions_until_tomorrow_and_the_rest_of_the_month() -> None:
    bill = FakeBill({"MONTHLY": (billed(JUNE, "5", "EC2", "BoxUsage"),)})
    told = ask(bill, NOW)
    assert bill.asked == [
        ("MONTHLY", Days(JUNE, date(2026, 6, 22))),
        ("DAILY", Days(JUNE, date(2026, 6, 22))),
        ("forecast 80", Days(date(2026, 6, 21), date(2026, 7, 1))),
    ]
    assert len(told.by_use) == 1


@pytest.mark.parametrize(
    "now, daily, forecast",
    [
        # Early in a month the days before it count; the end of one is the start of the next.
        (
            datetime(2026, 6, 1, tzinfo=UTC),
            Days(date(2026, 5, 18), date(2026, 6, 2)),
            Days(JUNE, date(2026, 7, 1)),
        ),
        (
            datetime(2026, 12, 31, 23, 59, tzinfo=UTC),
            Days(date(2026, 12, 1), date(2027, 1, 1)),
            Days(date(2026, 12, 31), date(2027, 1, 1)),
        ),
        (
            datetime(2028, 2, 29, tzinfo=UTC),
            Days(date(2028, 2, 1), date(2028, 3, 1)),
            Days(date(2028, 2, 29), date(2028, 3, 1)),
        ),
    ],
)
def test_at_both_ends_of_a_month(now: datetime, daily: Days, forecast: Days) -> None:
    bill = FakeBill()
    ask(bill, now)
    assert [days for _, days in bill.asked[1:]] == [daily, forecast]


@pytest.mark.parametrize("failure", [AccessDenied("GetCostAndUsage: not permitted"), no_data()])
def test_a_bill_that_is_not_to_be_had_is_an_answer(failure: Ec2kitError) -> None:
    told = ask(FakeBill(failure=failure), NOW)
    assert told.refusal == failure.message
    assert told.by_use == told.by_day == ()


def test_a_forecast_that_is_not_to_be_had_leaves_the_bill() -> None:
    for failure in (AccessDenied("no"), no_data("GetCostForecast: Insufficient amount of historical data")):
        told = ask(FakeBill({"DAILY": (billed(JUNE, "5"),)}, no_forecast=failure), NOW)
        assert (told.refusal, told.foreseen, len(told.by_day)) == ("", (), 1)


def test_other_failures_are_failures() -> None:
    with pytest.raises(Unavailable):
        ask(FakeBill(failure=Unavailable("AWS is throttling")), NOW)
    wrong = AwsRefused("no", code="ValidationException", action="GetCostAndUsage")
    with pytest.raises(AwsRefused):
        ask(FakeBill(failure=wrong), NOW)
    with pytest.raises(AwsRefused):
        ask(FakeBill(no_forecast=wrong), NOW)
