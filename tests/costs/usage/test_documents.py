"""Real documents: the sums of the FOCUS sample against plain Python, and the rows of an old usage report."""

from __future__ import annotations

import csv
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

from ec2kit.costs.usage.formats import Format
from tests.costs.usage.asking import answer, breakdown

DOCUMENTS = Path(__file__).parent / "documents"
FOCUS = DOCUMENTS / "focus-1.0-sample.csv"
USAGE = DOCUMENTS / "usage-report-2016-11.csv"


def test_the_sums_of_the_focus_sample(tmp_path: Path) -> None:
    path = tmp_path / "sample.csv"
    path.write_bytes(FOCUS.read_bytes())
    with FOCUS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    cash, amortised = (
        sum((Decimal(row[key]) for row in rows), Decimal(0)) for key in ("BilledCost", "EffectiveCost")
    )
    by_service: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        by_service[row["ServiceName"]] += Decimal(row["BilledCost"])

    found = answer(path)
    (bill,) = found.bills
    assert (found.reads[0].report.format, bill.currency, bill.sums.lines) == (Format.FOCUS, "USD", len(rows))
    assert bill.sums.cash is not None
    assert bill.sums.amortised is not None
    assert (bill.sums.cash.amount, bill.sums.amortised.amount) == (cash, amortised)
    assert {
        name: item.sums.cash.amount for name, item in breakdown(path, by="service").items() if item.sums.cash
    } == by_service


def test_descriptions_are_read_where_there_are_no_usage_types(tmp_path: Path) -> None:
    path = tmp_path / "sample.csv"
    path.write_bytes(FOCUS.read_bytes())
    with FOCUS.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["ChargeCategory"] == "Usage"]

    def described(*words: str) -> tuple[Decimal, Decimal]:
        chosen = [row for row in rows if any(word in row["ChargeDescription"] for word in words)]
        quantity = sum((Decimal(row["ConsumedQuantity"]) for row in chosen), Decimal(0))
        return quantity, sum((Decimal(row["BilledCost"]) for row in chosen), Decimal(0))

    found = {
        (item.topic, item.what, item.detail): (item.quantity, item.sums.cash.amount)
        for item in answer(path).topics
        if item.sums.cash
    }
    assert found["EBS", "storage", "gp3"] == described("(gp3) provisioned storage")
    assert found["EBS", "snapshots", ""] == described("of snapshot data stored")
    assert found["NAT", "gateway hours", ""] == described("per NAT Gateway Hour")
    assert found["traffic", "between zones", ""] == described("regional data transfer")
    assert found["addresses", "public IPv4, used", ""] == described("In-use public IPv4")


def test_the_rows_of_an_old_report(tmp_path: Path) -> None:
    path = tmp_path / "usage.csv"
    path.write_bytes(USAGE.read_bytes())

    found = {(item.topic, item.what, item.detail): item for item in answer(path).topics}
    assert found["EBS", "IO", "gp2"].quantity == 518
    assert found["addresses", "Elastic IP, idle", ""].quantity == 1
    stored = found["S3", "storage", "billing-test-bucket-tmp"]
    assert stored.quantity == Decimal(4964856) / (1 << 30) / 720
    assert found["traffic", "between zones", ""].quantity == Decimal(2052 + 76761576) / (1 << 30)
    assert sum(item.sums.lines for item in found.values()) == 12
