"""Lines that lack a cost or a date: no zero, and told beside the answer."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.costs.usage import made
from tests.costs.usage.asking import answer
from tests.costs.usage.changing import cell, cost

LINES = made.bill(3)
CUR = made.cur_csv(LINES)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("value", ["", "NULL"])
def test_a_line_without_a_cost_is_told_and_no_zero(value: str) -> None:
    Path("r.csv").write_text(cost(cost(CUR, 4, value), 5, value))
    without = [LINES[2], LINES[3]]
    whole = sum((Decimal(each.cost) for each in LINES if each not in without), Decimal(0))

    found = answer(Path("r.csv"))
    (bill,) = found.bills
    assert bill.sums.cash is not None
    assert bill.sums.cash.amount == whole
    assert bill.sums.uncosted == 2
    assert sum(item.sums.uncosted for item in found.topics) == 2
    assert sum((item.sums.cash.amount for item in found.topics if item.sums.cash), Decimal(0)) == whole
    (note,) = [each for each in found.notes if "no cost" in each]
    assert note.startswith("2 lines have no cost in the report, and are in no sum of money: ")
    assert all(each.usage_type in note for each in without)


def test_what_one_month_has_no_cost_for_is_in_the_sum_of_the_other() -> None:
    """The months of a topic are added up: one without any cost does not take away the other's."""
    line_of = made.Line("AmazonEC2", "EU-BoxUsage:m5.large", "24", "Hrs", "2.568", region="eu-west-1")
    Path("a.csv").write_text(made.cur_csv([line_of]))
    Path("b.csv").write_text(cost(made.cur_csv([line_of]).replace("2024-09-01", "2024-10-01"), 2, ""))

    found = answer(Path("a.csv"), Path("b.csv"))
    (item,) = found.topics
    assert (str(item.sums.cash), item.quantity, item.sums.uncosted) == ("2.57 USD", Decimal(48), 1)


def test_a_line_without_a_date_is_told_of_any_month() -> None:
    Path("r.csv").write_text(cell(CUR, 4, "lineItem/UsageStartDate", ""))

    for where in ("", "service=*"):
        (note,) = [each for each in answer(Path("r.csv"), where=where).notes if "no date" in each]
        assert note.startswith("1 line has no date, ")
