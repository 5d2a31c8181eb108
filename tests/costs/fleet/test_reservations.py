"""Owned reservations as values: whose amounts are whose, and what an hour of one costs."""

from __future__ import annotations

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
