"""Prices as rows."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ec2kit.costs.prices.units import Kind, Thing, UnitPrice
from ec2kit.screen.prices import PRICE_COLUMNS, PriceRow

NOW = datetime(2026, 11, 23, tzinfo=UTC)
(MONTHLY,) = (column for column in PRICE_COLUMNS if column.name == "monthly")


@pytest.mark.parametrize(
    "kind, type, amount, shown",
    [
        (Kind.IOPS, "gp3", "0.005", "0.005"),
        (Kind.SNAPSHOT, "archive", "0.0125", "0.0125"),
        (Kind.VOLUME, "gp3", "0.08", "0.08"),
        (Kind.ADDRESS, "in-use", "0.005", "3.65"),
    ],
)
def test_no_price_of_a_month_is_rounded_to_nothing(kind: Kind, type: str, amount: str, shown: str) -> None:
    price = UnitPrice(Thing("eu-west-1", kind, type), Decimal(amount), "USD", "a list", NOW)
    assert MONTHLY.shown is not None
    assert MONTHLY.shown(PriceRow.of_unit(price, NOW)) == shown
