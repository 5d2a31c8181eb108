"""What things cost a month as they stand, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.costs.prices.price import System
from ec2kit.costs.standing import (
    Cost,
    Part,
    Rate,
    address_part,
    disk_parts,
    instance_cost,
    machine_part,
    snapshot_part,
    sources,
)
from ec2kit.model.disks import Volume
from ec2kit.model.ids import ImageId, InstanceId, InstanceType, InterfaceId, SubnetId, VolumeId, Zone
from ec2kit.model.instances import Instance, Interface, State
from ec2kit.model.money import Money
from tests.costs.rates import PUBLISHED, RoundRates

RATES = RoundRates()
REGION = "eu-west-1"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
MACHINE = Instance(
    InstanceId("i-1"), State.RUNNING, InstanceType("t3.micro"), ImageId("ami-1"), Zone("eu-west-1a"), NOW
)


def usd(text: str) -> Money:
    return Money(Decimal(text))


def volume(
    size: int = 100, type: str = "gp3", iops: int | None = None, throughput: int | None = None
) -> Volume:
    return Volume(VolumeId("vol-1"), "in-use", size, Zone("eu-west-1a"), type, iops, throughput)


def test_a_running_machine_costs_its_hours_its_disks_and_its_addresses() -> None:
    machine = replace(MACHINE, public_ip="198.18.0.1")
    cost = instance_cost(RATES, REGION, machine, [volume()])
    # 730 × 0.01 + 100 × 0.10 + 730 × 0.005
    assert cost.monthly == usd("7.30") + usd("10") + usd("3.65")
    assert [part.kind for part in cost.parts] == ["machine", "disk", "address"]


def test_a_stopped_one_costs_its_disks_and_its_elastic_address() -> None:
    machine = replace(MACHINE, state=State.STOPPED)
    cost = instance_cost(RATES, REGION, machine, [volume()], ["203.0.113.9"])
    assert cost.monthly == usd("13.65")
    assert cost.of("machine").parts == ()


def test_an_elastic_address_that_it_has_is_counted_once() -> None:
    machine = replace(MACHINE, public_ip="203.0.113.9")
    assert len(instance_cost(RATES, REGION, machine, [], ["203.0.113.9"]).of("address").parts) == 1


def test_each_interface_may_have_an_address() -> None:
    second = Interface(InterfaceId("eni-2"), 1, SubnetId("subnet-1"), (), "198.18.0.2")
    machine = replace(MACHINE, public_ip="198.18.0.1", interfaces=(second,))
    assert [part.resource for part in instance_cost(RATES, REGION, machine).of("address").parts] == [
        "198.18.0.1",
        "198.18.0.2",
    ]


@pytest.mark.parametrize(
    "more, what",
    [
        ({"lifecycle": "spot"}, "t3.micro as a spot instance"),
        ({"tenancy": "dedicated"}, "t3.micro with tenancy dedicated"),
        ({"usage_operation": "RunInstances:0010"}, "t3.micro with rhel"),
        (
            {"usage_operation": "RunInstances:0102", "platform_details": "Windows with SQL Server"},
            "t3.micro with Windows with SQL Server",
        ),
        ({"type": InstanceType("x9.huge")}, "x9.huge"),
    ],
)
def test_what_has_no_price_is_told_and_is_no_zero(more: dict[str, str], what: str) -> None:
    cost = instance_cost(RATES, REGION, replace(MACHINE, **more), [volume()])  # type: ignore[arg-type]
    assert cost.unpriced == (what,)
    assert cost.monthly == usd("10")
    alone = instance_cost(RATES, REGION, replace(MACHINE, **more))  # type: ignore[arg-type]
    assert alone.monthly is None


@pytest.mark.parametrize(
    "disk, expected",
    [
        (volume(100), "10"),
        (volume(100, iops=3000, throughput=125), "10"),
        # 1,000 above what is included, at 0.005.
        (volume(100, iops=4000), "15"),
        (volume(100, "io2", iops=1000), "85"),
        (volume(100, "io2"), "20"),
    ],
)
def test_the_speed_of_a_disk_is_charged_above_what_is_included(disk: Volume, expected: str) -> None:
    assert Cost(disk_parts(RATES, REGION, disk)).monthly == usd(expected)


@pytest.mark.parametrize("iops, bound", [(32_000, False), (32_001, True)])
def test_io2_above_its_first_tier_costs_at_most(iops: int, bound: bool) -> None:
    """64,000 of them cost less than twice what 32,000 do, and no book has the price of the others."""
    cost = Cost(disk_parts(RATES, REGION, volume(100, "io2", iops=iops)))
    assert cost.at_most is bound


def test_speed_without_a_price_is_told() -> None:
    cost = Cost(disk_parts(RATES, REGION, volume(100, throughput=250)))
    assert (cost.unpriced, cost.monthly) == (("MiB/s of gp3",), usd("10"))
    assert [part.what for part in cost.parts] == ["100 GiB of gp3", "125 MiB/s of gp3"]


def test_a_type_of_disk_without_a_price() -> None:
    cost = Cost(disk_parts(RATES, REGION, volume(100, "gp2", iops=300)))
    assert (cost.unpriced, cost.monthly) == (("GiB of gp2",), None)


def test_a_snapshot_is_a_bound() -> None:
    cost = Cost((snapshot_part(RATES, REGION, 40),))
    assert (cost.monthly, cost.at_most) == (usd("2"), True)
    assert not Cost((address_part(RATES, REGION),)).at_most


def test_several_currencies_are_no_sum() -> None:
    yuan = Part("machine", "", "t3.micro", Rate(Decimal(1), "CNY", "a list"), hourly=True)
    cost = Cost((yuan, machine_part(RATES, REGION, "t3.micro", system=System.LINUX)))
    assert cost.monthly is None


def test_sources_have_an_age_the_oldest_of_each_and_one_without_a_date_says_so() -> None:
    rates = [
        Rate(Decimal(1), "USD", "a list", PUBLISHED),
        Rate(Decimal(1), "USD", "a list", PUBLISHED - timedelta(days=1000)),
        Rate(Decimal(1), "USD", "another"),
    ]
    assert sources(rates, NOW) == (
        "a list, published 2023-04-07, 3 years old",
        "another, of an unknown date",
    )
    assert sources(rates[:1], NOW) == ("a list, published 2026-01-01, 151 days old",)


@given(st.lists(st.integers(1, 16384), max_size=6), st.booleans())
def test_a_sum_is_that_of_its_parts_and_grows_with_each(sizes: list[int], running: bool) -> None:
    machine = replace(MACHINE, state=State.RUNNING if running else State.STOPPED)
    cost = Cost()
    before = Decimal(0)
    for count in range(len(sizes) + 1):
        cost = instance_cost(RATES, REGION, machine, [volume(size) for size in sizes[:count]])
        amount = cost.monthly.amount if cost.monthly else Decimal(0)
        assert amount == sum((part.monthly.amount for part in cost.parts if part.monthly), Decimal(0))
        assert amount > before or count == 0
        before = amount
