"""What every place of leases does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ec2kit.model.runs import Lease, Leases

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TTL = timedelta(minutes=2)
SECOND = timedelta(seconds=1)

Opened = Callable[[], Leases]


def taken(lease: Lease | None) -> Lease:
    assert lease is not None
    return lease


def test_one_holder_at_a_time(open_leases: Opened) -> None:
    one, other = open_leases(), open_leases()
    lease = taken(one.acquire("recovery/i-1", "alice", TTL, NOW))

    assert (lease.name, lease.holder, lease.expires) == ("recovery/i-1", "alice", NOW + TTL)
    assert other.acquire("recovery/i-1", "bob", TTL, NOW) is None
    assert one.acquire("recovery/i-1", "alice", TTL, NOW) is None
    assert other.read("recovery/i-1") == lease
    assert other.acquire("recovery/i-2", "bob", TTL, NOW) is not None


def test_a_lease_is_over_at_the_moment_it_expires(open_leases: Opened) -> None:
    one, other = open_leases(), open_leases()
    lease = taken(one.acquire("x", "alice", TTL, NOW))

    assert other.acquire("x", "bob", TTL, NOW + TTL - SECOND) is None
    assert one.renew(lease, TTL, NOW + TTL) is None
    successor = taken(other.acquire("x", "bob", TTL, NOW + TTL))
    assert successor.token != lease.token


def test_renewing_prolongs_and_keeps_the_token(open_leases: Opened) -> None:
    one, other = open_leases(), open_leases()
    lease = taken(one.acquire("x", "alice", TTL, NOW))
    renewed = taken(one.renew(lease, TTL, NOW + TTL - SECOND))

    assert (renewed.token, renewed.expires) == (lease.token, NOW + 2 * TTL - SECOND)
    assert other.read("x") == renewed
    assert other.acquire("x", "bob", TTL, NOW + TTL) is None


def test_a_holder_that_lost_its_lease_changes_nothing_of_the_next_ones(open_leases: Opened) -> None:
    one, other = open_leases(), open_leases()
    lost = taken(one.acquire("x", "alice", TTL, NOW))
    later = NOW + 2 * TTL
    lease = taken(other.acquire("x", "bob", TTL, later))

    assert one.renew(lost, TTL, later) is None
    one.release(lost)
    assert other.read("x") == lease
    assert one.acquire("x", "alice", TTL, later) is None
    assert other.renew(lease, TTL, later + SECOND) is not None


def test_a_lease_given_back_is_free_at_once(open_leases: Opened) -> None:
    one, other = open_leases(), open_leases()
    lease = taken(one.acquire("x", "alice", TTL, NOW))
    one.release(lease)
    one.release(lease)

    assert one.read("x") is None
    assert one.renew(lease, TTL, NOW) is None
    assert other.acquire("x", "bob", TTL, NOW) is not None


def test_held_lists_what_has_not_expired_by_the_beginning_of_its_name(open_leases: Opened) -> None:
    leases = open_leases()
    for name, ttl in (("a/2", TTL), ("a/1", TTL), ("a/3", SECOND), ("ab", TTL), ("A/4", TTL), ("a%", TTL)):
        leases.acquire(name, "alice", ttl, NOW)

    assert [lease.name for lease in open_leases().held("a/", NOW + SECOND)] == ["a/1", "a/2"]
    assert [lease.name for lease in leases.held("a%", NOW)] == ["a%"]
    assert leases.held("", NOW + TTL) == ()


def test_names_of_any_kind_do_not_meet(open_leases: Opened) -> None:
    leases = open_leases()
    names = ["a/b", "a%2Fb", "..", ".", "x" * 5_000, "x" * 5_001, "ü", "a b\n", ""]

    assert all(leases.acquire(name, "alice", TTL, NOW) for name in names)
    assert not any(leases.acquire(name, "bob", TTL, NOW) for name in names)
