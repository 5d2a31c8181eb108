"""Whatever the lines are, and in whatever order and files: the parts add up to the bill to the last digit."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ec2kit.costs.usage.topics import RULES
from tests.costs.usage import made
from tests.costs.usage.asking import answer, breakdown

KNOWN = sorted({pattern.replace("%", "x") for rule in RULES for pattern in rule.usage})
TYPES = ("Usage", "Tax", "Credit", "Refund", "Fee", "EdpDiscount", "SavingsPlanNegation", "BrandNew")
amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=12, allow_nan=False, allow_infinity=False)
words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)


def written(amount: Decimal, how: str) -> str:
    """The same amount as programs write it."""
    return {"plain": f"{amount:f}", "grouped": f"{amount:,f}", "short": str(amount.normalize())}[how]


@st.composite
def lines(draw: st.DrawFn) -> tuple[made.Line, Decimal]:
    amount = draw(amounts)
    usage = draw(st.one_of(st.sampled_from(KNOWN), words))
    line = made.Line(
        draw(st.one_of(st.sampled_from(("AmazonEC2", "AmazonS3", "AmazonRDS")), words)),
        draw(st.sampled_from(("", "EU-", "USE2-", "XX1-"))) + usage,
        draw(st.sampled_from(("1", "0", "24.5"))),
        draw(st.sampled_from(("Hrs", "GB", "GB-Mo", ""))),
        written(amount, draw(st.sampled_from(("plain", "grouped", "short")))),
        draw(st.integers(0, 60)),
        draw(words),
        type=draw(st.sampled_from(TYPES)),
        region=draw(st.sampled_from(("", "eu-west-1"))),
        currency=draw(st.sampled_from(("USD", "EUR"))),
    )
    return line, amount


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.lists(lines(), min_size=1, max_size=30), st.integers(0, 30))
def test_the_parts_add_up_to_the_bill(found: list[tuple[made.Line, Decimal]], cut: int) -> None:
    whole: dict[str, Decimal] = {}
    for line, amount in found:
        whole[line.currency] = whole.get(line.currency, Decimal(0)) + amount
    with tempfile.TemporaryDirectory() as directory:
        paths = [Path(directory, name) for name in ("part-1.csv", "part-2.csv")]
        for path, part in zip(paths, (found[:cut], found[cut:]), strict=True):
            path.write_text(made.cur_csv(line for line, _ in part))
        said = answer(*paths)
        by_usage = breakdown(*paths, by="usage-type", where=("kind=usage",))

    assert {bill.currency: bill.sums.cash and bill.sums.cash.amount for bill in said.bills} == whole
    for currency, total in whole.items():
        topics = [
            item.sums.cash.amount
            for item in said.topics
            if item.sums.cash and item.sums.cash.currency == currency
        ]
        assert sum(topics, Decimal(0)) == total
        days = next(bill for bill in said.bills if bill.currency == currency).days
        assert sum((day.cash for day in days), Decimal(0)) == total
    assert sum(item.sums.lines for item in said.topics) == len(found)
    assert sum(item.sums.lines for item in by_usage.values()) <= len(found)
