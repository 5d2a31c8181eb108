"""When machines ran, by reports by the hour: every hour once, whatever the format, and nothing made up."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ec2kit.costs.usage.database import database
from ec2kit.costs.usage.files import find
from ec2kit.costs.usage.running import Ran, Reported, running
from ec2kit.errors import UsageError

START = datetime(2026, 10, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
Row = tuple[str, int, str, str]
"""Resource, hour, usage type, quantity."""
HEADER = [
    *("lineItem/LineItemType", "lineItem/UsageStartDate", "lineItem/UsageEndDate", "lineItem/ProductCode"),
    *("lineItem/UsageType", "lineItem/Operation", "lineItem/AvailabilityZone", "lineItem/ResourceId"),
    *("lineItem/UsageAmount", "lineItem/CurrencyCode", "lineItem/UnblendedCost", "product/region"),
]


def cur(
    rows: list[Row], *, length: timedelta = HOUR, operation: str = "RunInstances", zone: str = "eu-west-1a"
) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for resource, hour, usage, quantity in rows:
        start = START + hour * HOUR
        times = [f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (start, start + length)]
        writer.writerow(
            [
                "Usage",
                *times,
                "AmazonEC2",
                usage,
                operation,
                zone,
                resource,
                quantity,
                "USD",
                "0.01",
                "eu-west-1",
            ]
        )
    return out.getvalue()


def asked(directory: Path, *texts: str) -> Reported:
    paths = []
    for number, text in enumerate(texts):
        paths.append(directory / f"report-{number}.csv")
        paths[-1].write_text(text)
    found = find([str(path) for path in paths], directory)
    cache = directory / "cache"
    cache.mkdir(exist_ok=True)
    with database(cache, [each.path for each in found.files]) as base:
        return running(base, found.files)


def hours_of(ran: Ran) -> tuple[float, float]:
    return (ran.start - START) / HOUR, (ran.end - START) / HOUR


def test_a_machine_that_never_stops_is_one_row(tmp_path: Path) -> None:
    rows: list[Row] = [("i-1", hour, "EU-BoxUsage:t3.micro", "1.0") for hour in range(72)]
    found = asked(tmp_path, cur(rows))
    (ran,) = found.ran
    assert (ran.machine, ran.region, ran.zone, ran.type) == ("i-1", "eu-west-1", "eu-west-1a", "t3.micro")
    assert hours_of(ran) == (0, 72)
    assert found.periods == ((START, START + 72 * HOUR),)


def test_a_pause_and_parts_of_hours_are_rows_of_their_own(tmp_path: Path) -> None:
    parts = {0: "0.5", 1: "1", 2: "1", 5: "1", 6: "0.25"}
    rows: list[Row] = [("i-1", hour, "EU-BoxUsage:t3.micro", part) for hour, part in parts.items()]
    assert sorted(map(hours_of, asked(tmp_path, cur(rows)).ran)) == [(0, 0.5), (1, 3), (5, 6), (6, 6.25)]


def test_several_lines_of_an_hour_are_one_hour(tmp_path: Path) -> None:
    """A reservation that covers half of an hour makes two lines of it."""
    rows: list[Row] = [("i-1", 0, "EU-BoxUsage:t3.micro", "0.4"), ("i-1", 0, "EU-BoxUsage:t3.micro", "0.6")]
    (ran,) = asked(tmp_path, cur(rows)).ran
    assert hours_of(ran) == (0, 1)


def test_without_resources_the_hours_are_so_many_machines(tmp_path: Path) -> None:
    rows: list[Row] = [("", hour, "EU-BoxUsage:t3.micro", "2.5") for hour in range(4)]
    found = asked(tmp_path, cur(rows))
    total = sum(((each.end - each.start) / HOUR for each in found.ran), 0.0)
    assert total == 10
    assert len({each.machine for each in found.ran}) == 3


@pytest.mark.parametrize(
    "usage, operation, words",
    [
        ("BoxUsage:m5.large", "RunInstances", ("eu-west-1", "m5.large", "default", "")),
        ("EU-SpotUsage:m5.large", "RunInstances:SV001", ("eu-west-1", "m5.large", "default", "spot")),
        ("EU-DedicatedUsage:m5.large", "RunInstances:0002", ("eu-west-1", "m5.large", "dedicated", "")),
    ],
)
def test_what_a_line_is_of(tmp_path: Path, usage: str, operation: str, words: tuple[str, ...]) -> None:
    (ran,) = asked(tmp_path, cur([("i-1", 0, usage, "1")], operation=operation)).ran
    assert (ran.region, ran.type, ran.tenancy, ran.lifecycle, ran.operation) == (*words, operation)


def test_other_lines_are_passed_over_and_days_without_machines_are_covered(tmp_path: Path) -> None:
    rows: list[Row] = [
        ("vol-1", 0, "EU-EBS:VolumeUsage.gp3", "1"),
        ("i-1", 30, "EU-BoxUsage:t3.micro", "1"),
        ("vol-1", 24 * 5, "EU-EBS:VolumeUsage.gp3", "1"),
    ]
    found = asked(tmp_path, cur(rows))
    assert [hours_of(each) for each in found.ran] == [(30, 31)]
    assert found.periods == (
        (START, START + 1 * HOUR),
        (START + 24 * HOUR, START + 31 * HOUR),
        (START + 120 * HOUR, START + 121 * HOUR),
    )


def test_by_the_day_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is by the day or month"):
        asked(tmp_path, cur([("i-1", 0, "EU-BoxUsage:t3.micro", "24")], length=timedelta(days=1)))


def test_without_machines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no hours of machines"):
        asked(tmp_path, cur([("vol-1", 0, "EU-EBS:VolumeUsage.gp3", "1")]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["i-1", "i-2", ""]), st.integers(0, 40)),
        st.decimals("0.01", "3", places=2),
        min_size=1,
    )
)
def test_every_second_is_there_once(tmp_path: Path, amounts: dict[tuple[str, int], Decimal]) -> None:
    rows: list[Row] = [
        (resource, hour, "EU-BoxUsage:t3.micro", str(amount)) for (resource, hour), amount in amounts.items()
    ]
    found = asked(tmp_path, cur(rows))
    by_hour: dict[int, float] = {}
    for ran in found.ran:
        assert ran.start < ran.end
        first, end = hours_of(ran)
        for hour in range(int(first), int(-(-end // 1))):
            by_hour[hour] = by_hour.get(hour, 0.0) + min(end, hour + 1) - max(first, hour)
    expected: dict[int, float] = {}
    for (_, hour), amount in amounts.items():
        expected[hour] = expected.get(hour, 0.0) + float(amount)
    assert by_hour.keys() == expected.keys()
    assert all(abs(by_hour[hour] - expected[hour]) < 1e-3 for hour in expected)
    ordered = sorted(found.ran, key=lambda each: (each.machine, each.start))
    for one, other in pairwise(ordered):
        assert one.machine != other.machine or one.end <= other.start, "no machine runs twice at once"
