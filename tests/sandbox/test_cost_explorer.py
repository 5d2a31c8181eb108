"""Cost Explorer in the sandbox, asked with boto3: amounts by hand, the shapes, the refusals."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ec2kit.sandbox import rates
from ec2kit.sandbox.cost_filters import DIMENSIONS
from tests.sandbox.seeded import Seeded
from tests.support.inprocess import InProcess

DAY = timedelta(days=1)
BY_TYPE = [{"Type": "DIMENSION", "Key": "USAGE_TYPE"}]


@pytest.fixture
def seeded() -> Seeded:
    """On the first of a month, which has 31 days: seeded a week ago, in the month before."""
    found = Seeded()
    until = datetime(found.now.year + 1, 1, 1, 12, tzinfo=UTC)
    found.tick((until - found.now).total_seconds())
    return found


def ask(sandbox: InProcess, start: date, end: date, **more: Any) -> dict[str, Any]:
    wanted = {"Granularity": "DAILY", "Metrics": ["UnblendedCost"], **more}
    answer = sandbox.client("ce").get_cost_and_usage(TimePeriod=days(start, end), **wanted)
    return dict(answer)


def groups(answer: dict[str, Any]) -> list[tuple[str, Any]]:
    return [
        (each["TimePeriod"]["Start"], group) for each in answer["ResultsByTime"] for group in each["Groups"]
    ]


def days(start: date, end: date) -> dict[str, str]:
    return {"Start": start.isoformat(), "End": end.isoformat()}


def amounts(answer: dict[str, Any], metric: str = "UnblendedCost") -> dict[str, Decimal]:
    return {
        "/".join(group["Keys"]): Decimal(group["Metrics"][metric]["Amount"])
        for result in answer["ResultsByTime"]
        for group in result["Groups"]
    }


def refused(sandbox: InProcess, start: object, end: object, **more: Any) -> tuple[str, str]:
    wanted = {"Granularity": "DAILY", "Metrics": ["UnblendedCost"], **more}
    period = {"Start": str(start), "End": str(end)}
    with pytest.raises(ClientError) as caught:
        sandbox.client("ce").get_cost_and_usage(TimePeriod=period, **wanted)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_day_costs_what_its_parts_cost(seeded: Seeded) -> None:
    """Four t3.micro, their addresses and a free one, 52 GiB of gp3, two snapshots of 8 GiB, for a day of December."""
    yesterday = (seeded.now - DAY).date()
    answer = ask(
        seeded, yesterday, seeded.now.date(), GroupBy=BY_TYPE, Metrics=["UnblendedCost", "UsageQuantity"]
    )
    month = Decimal(31 * 24)
    assert amounts(answer, "UsageQuantity") == {
        "EU-BoxUsage:t3.micro": 96,
        "EU-PublicIPv4:InUseAddress": 96,
        "EU-PublicIPv4:IdleAddress": 24,
        "EU-EBS:VolumeUsage.gp3": round(52 * 24 / month, 10),
        "EU-EBS:SnapshotUsage": round(16 * 24 / month, 10),
    }
    assert amounts(answer) == {
        "EU-BoxUsage:t3.micro": 96 * rates.machine("t3.micro"),
        "EU-PublicIPv4:InUseAddress": 96 * rates.ADDRESS,
        "EU-PublicIPv4:IdleAddress": 24 * rates.ADDRESS,
        "EU-EBS:VolumeUsage.gp3": round(52 * 24 / month * rates.VOLUMES["gp3"], 10),
        "EU-EBS:SnapshotUsage": round(16 * 24 / month * rates.SNAPSHOTS["standard"], 10),
    }


@pytest.mark.parametrize("key", sorted(DIMENSIONS))
def test_groups_add_up_to_the_whole(seeded: Seeded, key: str) -> None:
    start, end = (seeded.now - 5 * DAY).date(), (seeded.now + DAY).date()
    grouped = ask(seeded, start, end, Granularity="MONTHLY", GroupBy=[{"Type": "DIMENSION", "Key": key}])
    whole = ask(seeded, start, end, Granularity="MONTHLY")
    totals: list[Any] = [Decimal(each["Total"]["UnblendedCost"]["Amount"]) for each in whole["ResultsByTime"]]
    assert len(totals) == 2
    parts = [Decimal(group["Metrics"]["UnblendedCost"]["Amount"]) for _, group in groups(grouped)]
    assert abs(sum(parts, Decimal(0)) - sum(totals, Decimal(0))) < Decimal("0.00000001")


def test_months_are_cut_at_their_ends_and_this_one_is_estimated(seeded: Seeded) -> None:
    start, end = (seeded.now - 5 * DAY).date(), (seeded.now + DAY).date()
    found = ask(seeded, start, end, Granularity="MONTHLY")["ResultsByTime"]
    first = end.replace(day=1)
    assert [each["TimePeriod"] for each in found] == [days(start, first), days(first, end)]
    assert [each["Estimated"] for each in found] == [False, True]


def test_before_anything_was_there_a_day_costs_nothing(seeded: Seeded) -> None:
    start = (seeded.now - 60 * DAY).date()
    (result,) = ask(seeded, start, start + DAY)["ResultsByTime"]
    assert result["Total"] == {"UnblendedCost": {"Amount": "0", "Unit": "USD"}}


@pytest.mark.parametrize(
    "expression, kept",
    [
        (
            {"Dimensions": {"Key": "SERVICE", "Values": ["EC2 - Other"]}},
            {"EBS:VolumeUsage.gp3", "EBS:SnapshotUsage"},
        ),
        ({"Dimensions": {"Key": "REGION", "Values": ["us-east-1"]}}, set()),
        (
            {
                "And": [
                    {"Dimensions": {"Key": "REGION", "Values": ["eu-west-1", "us-east-1"]}},
                    {
                        "Not": {
                            "Dimensions": {
                                "Key": "OPERATION",
                                "Values": ["AllocateAddressVPC", "CreateVolume"],
                            }
                        }
                    },
                ]
            },
            {"BoxUsage:t3.micro", "EBS:SnapshotUsage"},
        ),
        (
            {
                "Or": [
                    {"Dimensions": {"Key": "INSTANCE_TYPE", "Values": ["t3.micro"]}},
                    {"Tags": {"Key": "team", "Values": ["web"]}},
                ]
            },
            {"BoxUsage:t3.micro"},
        ),
    ],
)
def test_filters(seeded: Seeded, expression: dict[str, Any], kept: set[str]) -> None:
    yesterday = (seeded.now - DAY).date()
    answer = ask(seeded, yesterday, seeded.now.date(), GroupBy=BY_TYPE, Filter=expression)
    assert {name.removeprefix("EU-") for name in amounts(answer)} == kept


def test_two_roots_are_refused_in_awss_words(seeded: Seeded) -> None:
    service = {"Key": "SERVICE", "Values": ["EC2 - Other"]}
    today = seeded.now.date()
    code, message = refused(
        seeded, today, today + DAY, Filter={"Dimensions": service, "Not": {"Dimensions": service}}
    )
    assert code == "ValidationException"
    assert message.startswith("Expression has more than one roots.")


def test_no_tag_is_activated(seeded: Seeded) -> None:
    today = seeded.now.date()
    answer = ask(seeded, today, today + DAY, GroupBy=[{"Type": "TAG", "Key": "role"}])
    assert list(amounts(answer)) == ["role$"]


def test_pages_are_whole_whatever_their_size(seeded: Seeded) -> None:
    start, end = (seeded.now - 5 * DAY).date(), (seeded.now + DAY).date()
    wanted = {"GroupBy": BY_TYPE, "Granularity": "DAILY"}
    whole = ask(seeded, start, end, **wanted)
    assert "NextPageToken" not in whole
    expected = groups(whole)
    for size in (1, 3, 7, len(expected), len(expected) + 1):
        seeded.app.costs.page = size
        found: list[Any] = []
        token: dict[str, str] = {}
        pages = 0
        while True:
            page = ask(seeded, start, end, **wanted, **token)
            pages += 1
            assert len(groups(page)) <= size
            found += groups(page)
            if "NextPageToken" not in page:
                break
            token = {"NextPageToken": page["NextPageToken"]}
        assert found == expected
        assert pages == -(-len(expected) // size)


def test_a_page_token_is_for_its_question_on_its_day(seeded: Seeded) -> None:
    seeded.app.costs.page = 2
    start, end = (seeded.now - DAY).date(), seeded.now.date()
    token = ask(seeded, start, end, GroupBy=BY_TYPE)["NextPageToken"]
    changed = refused(seeded, start - DAY, end, GroupBy=BY_TYPE, NextPageToken=token)
    garbled = refused(seeded, start, end, GroupBy=BY_TYPE, NextPageToken="nothing")
    seeded.app.tick(DAY)
    late = refused(seeded, start, end, GroupBy=BY_TYPE, NextPageToken=token)
    assert [changed[0], garbled[0], late[0]] == [
        "RequestChangedException",
        "InvalidNextTokenException",
        "BillExpirationException",
    ]


def test_days_that_it_does_not_answer_for(seeded: Seeded) -> None:
    today = seeded.now.date()
    assert refused(seeded, today, today)[1] == "Start date (and hour) should be before end date (and hour)"
    assert refused(seeded, today, "2999-01-02")[1] == "end date past the beginning of next month"
    assert (
        refused(seeded, today + DAY, today + 2 * DAY)[1] == "Start date should not be after the current date"
    )
    assert refused(seeded, "yesterday", today)[0] == "ValidationException"
    assert refused(seeded, f"{today}T00:00:00Z", today + DAY)[0] == "ValidationException"
    old = (today - 500 * DAY).replace(day=2)
    assert refused(seeded, old, today)[1].startswith("To retrieve data beyond the past 14 months")
    assert refused(seeded, old.replace(day=1), today)[0] == "DataUnavailableException"


@pytest.mark.parametrize(
    "wrong",
    [
        {"Metrics": ["Cheapness"]},
        {"Metrics": []},
        {"Granularity": "HOURLY"},
        {"GroupBy": [{"Type": "DIMENSION", "Key": "COLOUR"}]},
        {"GroupBy": [{"Type": "DIMENSION", "Key": key} for key in ("SERVICE", "REGION", "AZ")]},
        {"Filter": {"Dimensions": {"Key": "SERVICE", "Values": ["x"], "MatchOptions": ["STARTS_WITH"]}}},
        {"Filter": {"And": [{"Dimensions": {"Key": "SERVICE", "Values": ["x"]}}]}},
    ],
)
def test_what_is_no_question(seeded: Seeded, wrong: dict[str, Any]) -> None:
    today = seeded.now.date()
    assert refused(seeded, today, today + DAY, **wrong)[0] == "ValidationException"


def test_an_account_in_which_nothing_ever_was_has_no_data() -> None:
    empty = InProcess()
    today = empty.now.date()
    code, message = refused(empty, today, today + DAY)
    assert code == "DataUnavailableException"
    assert message.startswith("Data is not available. Please try to adjust the time period.")


def test_the_values_of_a_dimension(seeded: Seeded) -> None:
    yesterday = (seeded.now - DAY).date()
    answer = seeded.client("ce").get_dimension_values(
        TimePeriod=days(yesterday, seeded.now.date()), Dimension="SERVICE", SearchString="compute"
    )
    assert [each["Value"] for each in answer["DimensionValues"]] == ["Amazon Elastic Compute Cloud - Compute"]
