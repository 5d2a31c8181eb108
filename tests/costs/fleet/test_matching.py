"""Reservations applied to hours: the User Guide's own scenarios, and an independent reckoning of small cases."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.costs.fleet.hours import HOUR, Pool, Span, use_of
from ec2kit.costs.fleet.matching import Matched, held_in, match
from ec2kit.costs.fleet.sizes import quarters
from ec2kit.model.reservations import Owned
from tests.costs.fleet.making import at, owned, pool, span, window


def running(machines: dict[Pool, int], hours: float = 1) -> list[Span]:
    return [
        span(which, 0, hours, f"{which.type}-{which.zone}-{n}")
        for which, count in machines.items()
        for n in range(count)
    ]


def matched(spans: list[Span], held: list[Owned], hours: int = 1) -> Matched:
    return match(use_of(spans, window(hours)), held_in(held, window(hours)))


def covered(found: Matched) -> dict[str, Decimal]:
    """Machine hours by type."""
    totals: dict[str, Decimal] = {}
    for which in found.use.pools:
        totals[which.type] = totals.get(which.type, Decimal(0)) + found.covered_seconds(which) / HOUR
    return totals


def test_scenario_1_of_the_user_guide() -> None:
    machines = {pool("m3.large", "a"): 4, pool("m4.xlarge", "b"): 2, pool("c4.xlarge", "c"): 1}
    held = [
        owned("m3.large", 4, "a", id="zonal"),
        owned("m4.large", 4, id="m4"),
        owned("c4.large", 1, id="c4"),
    ]
    found = matched(running(machines), held)
    assert covered(found) == {"m3.large": 4, "m4.xlarge": 2, "c4.xlarge": Decimal("0.5")}
    assert [found.used(place) for place in range(3)] == [each.bought for each in found.held]


def test_scenario_2_of_the_user_guide() -> None:
    machines = {pool("m3.xlarge", "a"): 2, pool("m3.large", "b"): 2}
    found = matched(running(machines), [owned("m3.2xlarge")])
    assert covered(found) == {"m3.large": 2, "m3.xlarge": 1}


def test_bare_metal_is_as_large_as_its_virtual_size() -> None:
    whole = matched(running({pool("i3.8xlarge"): 2}), [owned("i3.metal")])
    assert covered(whole) == {"i3.8xlarge": 2}
    assert covered(matched(running({pool("i3.metal"): 1}), [owned("i3.8xlarge", 2)])) == {"i3.metal": 1}


def test_its_own_size_goes_before_a_smaller_one() -> None:
    machines = {pool("m5.large"): 2, pool("m5.xlarge"): 1}
    assert covered(matched(running(machines), [owned("m5.xlarge")])) == {"m5.xlarge": 1, "m5.large": 0}


def test_a_zonal_one_goes_first_and_leaves_the_regional_one_to_others() -> None:
    machines = {pool("m5.large", "a"): 1, pool("m5.large", "b"): 1}
    held = [owned(id="regional"), owned(zone="a", id="zonal")]
    assert covered(matched(running(machines), held)) == {"m5.large": 2}


@pytest.mark.parametrize(
    "machine, held",
    [
        (pool("m5.large", "b"), owned(zone="a")),
        (pool("m5.xlarge", "a"), owned(zone="a")),
        (pool(), owned(platform="Windows")),
        (pool("m5.xlarge", platform="Windows"), owned(platform="Windows")),
        (pool("g4dn.2xlarge"), owned("g4dn.xlarge")),
        (pool(tenancy="dedicated"), owned()),
        (pool("m5.xlarge", tenancy="dedicated"), replace(owned(), tenancy="dedicated")),
        (replace(pool(), lifecycle="spot"), owned()),
        (pool("m5a.large"), owned()),
        (pool(), replace(owned(), region="us-east-1")),
        (pool(), replace(owned(), state="payment-failed")),
        (pool(), replace(owned(), end=at(0))),
        (pool(), replace(owned(), start=at(1))),
    ],
)
def test_what_differs_is_not_covered(machine: Pool, held: Owned) -> None:
    assert set(covered(matched(running({machine: 1}), [held])).values()) == {0}


def test_a_dedicated_reservation_covers_its_own_type() -> None:
    machine, held = pool(tenancy="dedicated"), replace(owned(), tenancy="dedicated")
    assert covered(matched(running({machine: 1}), [held])) == {"m5.large": 1}


def test_what_was_bought_in_between_covers_from_then_on() -> None:
    late = replace(owned(), start=at(2))
    assert covered(matched(running({pool(): 1}, 5), [late], 5)) == {"m5.large": 3}
    lasting = match(use_of(running({pool(): 1}, 5), window(5)), held_in([late], window(5), throughout=True))
    assert covered(lasting) == {"m5.large": 5}
    gone = replace(owned(), end=at(2))
    assert held_in([gone], window(5), throughout=True) == ()


def test_an_hour_of_many_short_machines_is_covered_as_one() -> None:
    short = [span(pool(), n / 4, n / 4 + 0.25, f"i-{n}") for n in range(4)]
    assert covered(matched(short, [owned()])) == {"m5.large": 1}


SIZES = st.sampled_from(["m5.large", "m5.xlarge", "m5.2xlarge"])
MACHINES = st.lists(
    st.tuples(SIZES, st.sampled_from("ab"), st.integers(0, 3), st.integers(0, 3), st.integers(1, 3600)),
    max_size=6,
)
HELD = st.lists(st.tuples(SIZES, st.integers(1, 3), st.sampled_from(["", "a", "b"])), max_size=4)


@given(MACHINES, HELD)
def test_nothing_is_used_twice_and_nothing_is_covered_twice(
    machines: list[tuple[str, str, int, int, int]], bought: list[tuple[str, int, str]]
) -> None:
    spans = [
        span(pool(type, zone), start, start + length + seconds / HOUR, f"i-{n}")
        for n, (type, zone, start, length, seconds) in enumerate(machines)
    ]
    held = [owned(type, count, zone, id=f"r-{n}") for n, (type, count, zone) in enumerate(bought)]
    found = matched(spans, held, 8)

    for place, each in enumerate(found.held):
        assert 0 <= found.used(place) <= each.bought
    for which in found.use.pools:
        assert 0 <= found.covered_seconds(which) <= found.use.seconds(which)
    left = sum(hours * sum(amounts.values()) for rests in found.left.values() for hours, amounts in rests)
    whole = sum(found.use.seconds(each) * (quarters(each.type) or 0) for each in found.use.pools)
    assert left + sum(found.covered.values()) == whole
    assert sum(found.covered.values()) == sum(sum(by_hand(spans, held, hour).values()) for hour in range(8))


def by_hand(spans: list[Span], held: list[Owned], hour: int) -> dict[tuple[str, str], Fraction]:
    """Unit seconds covered in one hour, reckoned another way: by filling totals of (type, zone), stage by stage."""
    need = needed(spans, hour)
    taken: dict[tuple[str, str], Fraction] = dict.fromkeys(need, Fraction(0))

    def take(keys: list[tuple[str, str]], pot: Fraction) -> Fraction:
        for key in keys:
            amount = min(need[key] - taken[key], pot)
            taken[key] += amount
            pot -= amount
        return pot

    for key in need:
        take([key], pot_of(held, *key))
    rest = sum((take(of_type(need, type), pot_of(held, type, "")) for type in ORDER), Fraction(0))
    for type in ORDER:
        rest = take(of_type(need, type), rest)
    return taken


ORDER = ("m5.large", "m5.xlarge", "m5.2xlarge")


def of_type(need: dict[tuple[str, str], Fraction], type: str) -> list[tuple[str, str]]:
    return sorted(key for key in need if key[0] == type)


def pot_of(held: list[Owned], type: str, zone: str) -> Fraction:
    count = sum(each.count for each in held if (each.type, each.zone) == (type, zone))
    return Fraction(count * HOUR * (quarters(type) or 0))


def needed(spans: list[Span], hour: int) -> dict[tuple[str, str], Fraction]:
    use = use_of(spans, window(8))
    for stretch in use.stretches(use.pools):
        if stretch.first <= use.window.first + hour < stretch.first + stretch.hours:
            return {
                (which.type, which.zone): Fraction(seconds * (quarters(which.type) or 0))
                for which, seconds in stretch.seconds.items()
            }
    return {}
