"""Amounts: read as people write them, added exactly, shown rounded."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.errors import UsageError
from ec2kit.model.money import Money, format_amount, format_rate, parse_amount


@pytest.mark.parametrize(
    "text, amount",
    [
        ("0.025", "0.025"),
        (".5", "0.5"),
        ("54", "54"),
        ("$54", "54"),
        ("54 USD", "54"),
        ("1,234.50", "1234.50"),
        ("1,234,567", "1234567"),
        ("1e-3", "0.001"),
        ("0", "0"),
        ("0.0000000000", "0"),
    ],
)
def test_an_amount(text: str, amount: str) -> None:
    assert parse_amount(text, "--hourly") == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "-1",
        "nan",
        "inf",
        "1,23",
        "12,34",
        "1.2.3",
        "1e",
        "$",
        ".",
        "0x10",
        "1_000",
        "٣",
        "1e99",
        "1" * 13,
    ],
)
def test_what_is_none_is_told_with_what_it_was_to_be(text: str) -> None:
    with pytest.raises(UsageError, match="--hourly"):
        parse_amount(text, "--hourly")


@given(st.decimals("0", "1e9", places=6))
def test_a_rate_is_read_back(amount: Decimal) -> None:
    assert parse_amount(format_rate(amount), "it") == amount


@pytest.mark.parametrize(
    "amount, shown, rate",
    [
        ("141.6", "141.60", "141.60"),
        ("0.0161643", "0.02", "0.016164"),
        ("1234567.895", "1,234,567.90", "1234567.895"),
        ("0", "0.00", "0.00"),
        ("0.0000004", "<0.01", "0.0000004"),
        ("0.0000000518", "<0.01", "0.000000052"),
        ("0.005", "<0.01", "0.005"),
        ("0.0051", "0.01", "0.0051"),
        ("-0.000000001", ">-0.01", "-0.000000001"),
        ("-5.005", "-5.00", "-5.005"),
    ],
)
def test_shown(amount: str, shown: str, rate: str) -> None:
    assert (format_amount(Decimal(amount)), format_rate(Decimal(amount))) == (shown, rate)


def test_a_tenth_and_two_tenths_are_three() -> None:
    assert Money(Decimal("0.1")) + Money(Decimal("0.2")) == Money(Decimal("0.3"))
    assert Money(Decimal(1)) - Money(Decimal(3)) == Money(Decimal(-2))
    assert Money(Decimal("0.01")) * 8760 / 12 == Money(Decimal("7.3"))
    assert str(Money(Decimal("1234.5"))) == "1,234.50 USD"


def test_two_currencies_are_not_added() -> None:
    with pytest.raises(ValueError, match="CNY"):
        Money(Decimal(1)) + Money(Decimal(1), "CNY")
