"""The same bill in every format gives the same answers, and its parts add up."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from ec2kit.costs.usage.answers import Answer
from ec2kit.costs.usage.formats import Format
from tests.costs.usage import made
from tests.costs.usage.asking import answer, breakdown, breakdowns

LINES = made.bill()
CASH = sum((Decimal(line.cost) for line in LINES), Decimal(0))
AMORTISED = sum((line.amortised for line in LINES), Decimal(0))
ROUNDING = Decimal("0.000001")
"""Of doubles in Parquet, each rounded to twelve digits."""


def text(name: str, content: str) -> Callable[[Path], Path]:
    def write(directory: Path) -> Path:
        path = directory / name
        path.write_text(content)
        return path

    return write


BILLS: dict[str, tuple[Format, Callable[[Path], Path]]] = {
    "cur 1": (Format.CUR_1, text("cur.csv", made.cur_csv(LINES))),
    "cur 1, gzip": (Format.CUR_1, lambda at: made.gzipped(at / "cur.csv.gz", made.cur_csv(LINES))),
    "cur 1, zip": (Format.CUR_1, lambda at: made.zipped(at / "cur.zip", made.cur_csv(LINES))),
    "cur 1, CRLF and BOM": (
        Format.CUR_1,
        text("cur.csv", "\ufeff" + made.cur_csv(LINES).replace("\n", "\r\n")),
    ),
    "cur 1, Parquet": (Format.CUR_1, lambda at: made.cur_parquet(LINES, at / "a.parquet", second=False)),
    "cur 2": (Format.CUR_2, lambda at: made.gzipped(at / "cur.csv.gz", made.cur_2_csv(LINES))),
    "cur 2, Parquet": (Format.CUR_2, lambda at: made.cur_parquet(LINES, at / "a.parquet", second=True)),
    "focus": (Format.FOCUS, text("focus.csv", made.focus_csv(LINES))),
    "focus, empty cells": (Format.FOCUS, text("focus.csv", made.focus_csv(LINES, ""))),
    "focus, Parquet": (Format.FOCUS, lambda at: made.focus_parquet(LINES, at / "f.parquet")),
}
USAGE: dict[str, tuple[Format, Callable[[Path], Path]]] = {
    "csv": (Format.USAGE_CSV, text("usage.csv", made.usage_csv(LINES))),
    "csv with commas": (Format.USAGE_CSV, text("usage.csv", made.usage_csv(LINES, grouped=True))),
    "csv, gzip": (Format.USAGE_CSV, lambda at: made.gzipped(at / "u.csv.gz", made.usage_csv(LINES))),
    "csv, zip": (Format.USAGE_CSV, lambda at: made.zipped(at / "u.zip", made.usage_csv(LINES))),
    "xml": (Format.USAGE_XML, text("usage.xml", made.usage_xml(LINES))),
    "xml with a namespace": (Format.USAGE_XML, text("usage.xml", made.usage_xml(LINES, "aws"))),
    "xml, gzip": (Format.USAGE_XML, lambda at: made.gzipped(at / "u.xml.gz", made.usage_xml(LINES))),
}


def quantities(found: Answer) -> dict[tuple[str, str, str], Decimal]:
    return {
        (item.topic, item.what, item.detail): round(item.quantity, 6)
        for item in found.topics
        if item.quantity is not None
    }


ASKED = {
    ("EBS", "storage", "gp3"): Decimal("33.333333"),
    ("EBS", "snapshots", ""): Decimal("12.5"),
    ("EBS", "IO", ""): Decimal(10_000_000),
    ("S3", "storage", "backups"): Decimal(105),
    ("S3", "storage", "logs"): Decimal(5),
    ("traffic", "between zones", ""): Decimal(1000),
    ("traffic", "out to the internet", ""): Decimal(200),
    ("NAT", "gateway hours", ""): Decimal(240),
    ("NAT", "processed", ""): Decimal(20),
    ("RDS", "IO", ""): Decimal(5_000_000),
    ("addresses", "public IPv4, used", ""): Decimal(240),
    ("addresses", "public IPv4, idle", ""): Decimal(240),
    ("balancers", "hours", ""): Decimal(480),
    ("balancers", "capacity used", ""): Decimal(360),
    ("CloudWatch", "calls", "GMD-Metrics"): Decimal(50_000),
    ("instances", "running", "m5.large"): Decimal(240),
    ("instances", "running", "c5.large"): Decimal(240),
    ("other", "AmazonBraket", "Quantum-Tasks"): Decimal(30),
}


@pytest.mark.parametrize("name", [*BILLS, *(f"usage {name}" for name in USAGE)])
def test_the_questions_have_their_answers_in_every_format(name: str, tmp_path: Path) -> None:
    form, write = BILLS[name] if name in BILLS else USAGE[name.removeprefix("usage ")]
    found = answer(write(tmp_path))

    assert [each.report.format for each in found.reads] == [form]
    answered = quantities(found)
    assert {key: answered.get(key) for key in ASKED} == ASKED


@pytest.mark.parametrize("name", BILLS)
def test_the_bill_is_the_sum_of_its_lines_in_both_views(name: str, tmp_path: Path) -> None:
    found = answer(BILLS[name][1](tmp_path))
    (bill,) = found.bills

    assert bill.sums.cash is not None
    assert bill.sums.amortised is not None
    assert abs(bill.sums.cash.amount - CASH) < ROUNDING
    assert abs(bill.sums.amortised.amount - AMORTISED) < ROUNDING
    if "Parquet" not in name:
        assert (bill.sums.cash.amount, bill.sums.amortised.amount) == (CASH, AMORTISED)


@pytest.mark.parametrize("name", BILLS)
def test_each_way_to_break_it_down_adds_up_to_the_same(name: str, tmp_path: Path) -> None:
    path = BILLS[name][1](tmp_path)
    found = answer(path)
    (bill,) = found.bills
    whole = bill.sums

    parts = [
        [item.sums for item in found.topics],
        [item.sums for item in found.drivers],
        list(bill.kinds.values()),
    ]
    every = ("usage-type", "resource", "region", "zone", "day", "account", "operation", "topic", "tag")
    parts += [[item.sums for item in items] for items in breakdowns(path, every, "role")]
    for each in parts:
        assert sum(each[1:], each[0]) == whole
    assert whole.cash is not None
    assert sum((day.cash for day in bill.days), Decimal(0)) == whole.cash.amount


@pytest.mark.parametrize("name", [name for name in BILLS if "focus" not in name])
def test_kinds_of_charges(name: str, tmp_path: Path) -> None:
    (bill,) = answer(BILLS[name][1](tmp_path)).bills
    cash = {kind: round(sums.cash.amount, 6) for kind, sums in bill.kinds.items() if sums.cash}

    assert {kind: cash[kind] for kind in ("tax", "credit", "refund", "discount")} == {
        "tax": Decimal("10.87"),
        "credit": Decimal("-5.00"),
        "refund": Decimal("-0.42"),
        "discount": Decimal("-1.10"),
    }
    assert cash["commitment"] == Decimal("103.5")
    assert cash["negation"] == Decimal("-23.04")


@pytest.mark.parametrize("name", BILLS)
def test_regions_tags_and_filters(name: str, tmp_path: Path) -> None:
    path = BILLS[name][1](tmp_path)

    roles = breakdown(path, by="tag:role")
    assert round(roles["web"].sums.cash.amount, 6) == Decimal("25.68")  # type: ignore[union-attr]
    regions = breakdown(path, by="region", where=("usage-type=*VolumeIOUsage*",))
    assert [(each, round(item.sums.cash.amount, 6)) for each, item in regions.items() if item.sums.cash] == [
        ("us-east-2", Decimal("0.5"))
    ]


def test_an_old_report_has_no_money_and_says_so(tmp_path: Path) -> None:
    found = answer(USAGE["csv"][1](tmp_path))

    assert found.bills[0].sums.cash is None
    assert found.bills[0].projection is None
    assert all(item.sums.cash is None and item.share is None for item in found.topics)
    assert "old usage reports have no money in them: quantities only" in found.notes


def test_regions_of_old_reports_come_from_the_usage_types(tmp_path: Path) -> None:
    regions = breakdown(USAGE["csv"][1](tmp_path), by="region")

    assert set(regions) == {"eu-west-1", "us-east-1", "us-east-2"}


def test_a_report_of_six_columns(tmp_path: Path) -> None:
    path = tmp_path / "six.csv"
    path.write_text(made.usage_csv(LINES, resource=False))

    assert quantities(answer(path))[("S3", "storage", "")] == Decimal(110)


def test_an_idle_balancer_is_named_and_a_busy_one_is_not(tmp_path: Path) -> None:
    for name in ("cur 1", "focus"):
        (idle,) = answer(BILLS[name][1](tmp_path)).idle
        assert idle.resource.endswith("loadbalancer/app/old/1")
        assert (idle.hours, str(idle.cash)) == (Decimal(240), "6.00 USD")


def test_the_days_are_whole_volumes_of_old_reports(tmp_path: Path) -> None:
    """A volume of 8 GiB is 8589934592 byte-hours an hour."""
    path = tmp_path / "volume.csv"
    rows = "".join(
        f"AmazonEC2,CreateVolume,EBS:VolumeUsage,,12/{day:02}/12 00:00:00,12/{day:02}/12 23:59:59,{(8 << 30) * 24}\n"
        for day in range(1, 32)
    )
    path.write_text("Service, Operation, UsageType, Resource, StartTime, EndTime, UsageValue\n" + rows)

    assert quantities(answer(path)) == {("EBS", "storage", ""): Decimal(8)}
