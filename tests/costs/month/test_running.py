"""A month by what runs: each thing since it is there, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from ec2kit.costs.month.running import AT_MOST, NOT_SEEN, SINCE, Fleet, by_what_runs
from ec2kit.model.disks import Snapshot
from ec2kit.model.ids import AllocationId, InstanceId, SnapshotId, VolumeId
from ec2kit.model.instances import Address, State
from tests.costs.rates import RoundRates
from tests.support.fleet import instance, volume

RATES = RoundRates()
NOW = datetime(2026, 6, 21, 12, tzinfo=UTC)

BEFORE = datetime(2026, 5, 1, tzinfo=UTC)
HOURS = Decimal(20 * 24 + 12)
"""From the first of June to now."""


def drivers(fleet: Fleet, rates: RoundRates = RATES) -> dict[str, Decimal]:
    return {each.usage: each.cash.amount for each in by_what_runs(rates, [fleet], NOW).drivers}


def test_a_machine_costs_since_the_month_began_or_it_started() -> None:
    started = datetime(2026, 6, 21, tzinfo=UTC)
    old, new = instance(1, launched=BEFORE), instance(2, launched=started)
    assert drivers(Fleet("eu-west-1", (old, new))) == {"t3.micro": (HOURS + 12) * Decimal("0.01")}


def test_a_stopped_one_costs_its_disk() -> None:
    stopped = instance(1, launched=BEFORE, state=State.STOPPED)
    disk = volume(1, size_gib=72, created=BEFORE)
    # 72 GiB × 0.10 for 492 of the 720 hours of June.
    assert drivers(Fleet("eu-west-1", (stopped,), (disk,))) == {"GiB of gp3": Decimal("7.2") * HOURS / 720}


def test_a_disk_that_hangs_nowhere_is_counted_too() -> None:
    loose = volume(1, size_gib=72, created=datetime(2026, 6, 20, 12, tzinfo=UTC), instance=None)
    assert drivers(Fleet("eu-west-1", (), (loose,))) == {"GiB of gp3": Decimal("7.2") * 24 / 720}


def test_addresses_are_counted_once_each() -> None:
    own = instance(1, launched=BEFORE, public_ip="198.18.0.1", state=State.RUNNING)
    elastic = instance(2, launched=BEFORE, public_ip="203.0.113.9")
    idle = Address(AllocationId("eipalloc-2"), "203.0.113.10")
    held = Address(AllocationId("eipalloc-1"), "203.0.113.9", InstanceId("i-2"))
    found = by_what_runs(RATES, [Fleet("eu-west-1", (own, elastic), (), (), (held, idle))], NOW)
    (addresses,) = [each for each in found.drivers if each.usage == "public IPv4 address"]
    assert (addresses.count, addresses.cash.amount) == (3, 3 * HOURS * Decimal("0.005"))
    assert SINCE in found.notes


def test_snapshots_are_a_bound_and_it_says_so() -> None:
    taken = Snapshot(SnapshotId("snap-1"), "completed", VolumeId("vol-1"), 72, BEFORE)
    fleet = Fleet("eu-west-1", (), (), (taken,))
    assert drivers(fleet) == {"GiB of snapshots": Decimal("3.6") * HOURS / 720}
    assert AT_MOST in by_what_runs(RATES, [fleet], NOW).notes


def test_the_projection_is_that_all_stays() -> None:
    fleet = Fleet("eu-west-1", (instance(1, launched=BEFORE),), (volume(1, size_gib=72, created=BEFORE),))
    found = by_what_runs(RATES, [fleet], NOW)
    assert found.projection is not None
    assert found.projection.amount.amount == 720 * Decimal("0.01") + Decimal("7.2")
    assert (found.projection.low, found.projection.high) == (None, None)


def test_at_the_end_of_a_month_what_is_projected_has_been_spent() -> None:
    fleet = Fleet("eu-west-1", (instance(1, launched=BEFORE),))
    end = datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC)
    found = by_what_runs(RATES, [fleet], end)
    assert found.projection is not None
    assert found.so_far is not None
    assert found.projection.amount.amount - found.so_far.amount < Decimal("0.0001")


def test_what_has_no_price_is_listed_and_never_a_zero() -> None:
    huge = replace(instance(1, launched=BEFORE), type="x9.huge")  # type: ignore[arg-type]
    found = by_what_runs(RATES, [Fleet("eu-west-1", (huge,))], NOW)
    assert (found.so_far, found.projection) == (None, None)
    assert found.unpriced == ("x9.huge",)


def test_nothing_at_all_costs_nothing() -> None:
    found = by_what_runs(RATES, [Fleet("eu-west-1")], NOW)
    assert found.so_far is not None
    assert found.so_far.amount == 0
    assert NOT_SEEN in found.notes


def test_two_regions_are_one_bill() -> None:
    fleets = [Fleet(region, (instance(1, launched=BEFORE),)) for region in ("eu-west-1", "us-east-1")]
    (driver,) = by_what_runs(RATES, fleets, NOW).drivers
    assert (driver.count, driver.cash.amount) == (2, 2 * HOURS * Decimal("0.01"))
