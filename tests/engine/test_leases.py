"""Keeping a lease."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ec2kit.engine.leases import CALL, keep
from ec2kit.errors import Busy
from tests.support.clocks import FakeClock
from tests.support.leases import MemoryLeases

TTL = timedelta(minutes=5)


def test_it_is_renewed_as_long_as_work_goes_on_and_given_back() -> None:
    clock, leases = FakeClock(), MemoryLeases()
    with keep(leases, "recover/i-1", "alice", TTL, clock) as guard:
        for _ in range(100):
            clock.advance(20)
            guard()
            lease = leases.read("recover/i-1")
            assert lease is not None
            assert lease.expires - clock.now() >= 2 * CALL
    assert leases.acquire("recover/i-1", "bob", TTL, clock.now()) is not None


def test_somebody_else_makes_us_busy() -> None:
    clock, leases = FakeClock(), MemoryLeases()
    leases.acquire("recover/i-1", "bob", TTL, clock.now())
    with pytest.raises(Busy, match="bob"), keep(leases, "recover/i-1", "alice", TTL, clock):
        raise AssertionError("not reached")


def test_a_process_that_slept_too_long_learns_so_before_it_acts() -> None:
    clock, leases = FakeClock(), MemoryLeases()
    with keep(leases, "recover/i-1", "alice", TTL, clock) as guard:
        clock.advance(TTL + timedelta(seconds=1))
        theirs = leases.acquire("recover/i-1", "bob", TTL, clock.now())
        assert theirs is not None
        with pytest.raises(Busy, match="was lost"):
            guard()
        with pytest.raises(Busy):
            guard()
    assert leases.read("recover/i-1") == theirs


def test_a_lease_shorter_than_its_calls_is_a_mistake() -> None:
    with (
        pytest.raises(ValueError, match="too short"),
        keep(MemoryLeases(), "recover/i-1", "alice", timedelta(seconds=30), FakeClock()),
    ):
        raise AssertionError("not reached")
