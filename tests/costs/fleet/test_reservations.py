"""Owned reservations as values: whose amounts are whose, and what an hour of one costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ec2kit.model.reservations import Owned, platform_of

START = datetime(2019, 2, 23, 11, 25, 3, tzinfo=UTC)
T2_MICRO = Owned(
    "32881ecb-6734-4b79-94a0-26c759c2da38",
    "us-east-1",
    "t2.micro",
    1,
    START,
    START + timedelta(seconds=31536000),
    upfront=Decimal(30),
    hourly=Decimal("0.0034"),
    offering_type="Partial Upfront",
)


def test_an_hour_has_its_share_of_the_upfront() -> None:
    assert T2_MICRO.term_hours == 8760
    # 30 / 8,760 = 0.003424657534…, and 0.0034.
    assert round(T2_MICRO.amortized_hourly, 9) == Decimal("0.006824658")
    assert round(T2_MICRO.amortized_hourly * 8760, 6) == Decimal("59.784")


def test_a_reservation_of_no_length_has_only_its_hourly_fee() -> None:
    ended = Owned("x", "us-east-1", "t2.micro", 1, START, START, upfront=Decimal(30), hourly=Decimal(1))
    assert ended.amortized_hourly == 1


def test_it_is_regional_unless_it_has_a_zone() -> None:
    assert T2_MICRO.is_regional
    assert not Owned("x", "us-east-1", "t2.micro", 1, START, START, zone="us-east-1a").is_regional


def test_what_old_descriptions_end_with_means_nothing() -> None:
    assert platform_of("Linux/UNIX (Amazon VPC)") == "Linux/UNIX"
    assert platform_of("Red Hat Enterprise Linux") == "Red Hat Enterprise Linux"


def test_one_that_was_modified_has_the_term_that_was_bought() -> None:
    """c4.large at 263 and 0.03, modified after ten days: 263 / 8,760 + 0.03 = 0.0600 an hour, not 1.1258."""
    bought = replace(T2_MICRO, upfront=Decimal(263), hourly=Decimal("0.03"), seconds=31536000)
    retired = replace(bought, end=START + timedelta(days=10), state="retired")
    assert retired.amortized_hourly == bought.amortized_hourly
    assert round(retired.amortized_hourly, 4) == Decimal("0.0600")
    became = replace(bought, start=START + timedelta(days=10), upfront=Decimal(0))
    assert became.upfront_elsewhere
    assert not bought.upfront_elsewhere
    assert not replace(became, offering_type="No Upfront").upfront_elsewhere
