"""Reports in the place of what was seen: in their days nothing else counts, outside them nothing is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ec2kit.costs.fleet.reported import with_reported
from ec2kit.costs.fleet.seen import Blind, Seen, Unseen
from ec2kit.costs.usage.running import Ran, Reported
from tests.costs.fleet.making import IRELAND, at, pool, span

HOUR = 3600
THERE = "us-east-1"
ELSEWHERE = Ran("i-7", THERE, f"{THERE}a", "m5.large", "RunInstances", "default", "", at(12), at(13))


def ran(start: float, end: float, machine: str = "i-9", operation: str = "RunInstances") -> Ran:
    return Ran(machine, IRELAND, f"{IRELAND}a", "m5.large", operation, "default", "", at(start), at(end))


def reported(*periods: tuple[float, float], of: tuple[Ran, ...] = ()) -> Reported:
    return Reported(tuple((at(start), at(end)) for start, end in periods), of)


def test_by_hand() -> None:
    seen = Seen(
        (span(pool(), 0, 100), span(pool(), 20, 30, "i-2")),
        (Unseen(Blind.BEFORE_HISTORY, (), at(0), at(50), 50 * HOUR),),
        2,
        IRELAND,
    )
    found = with_reported(seen, reported((10, 40), of=(ran(12, 20), ELSEWHERE)))
    assert [(each.machine, each.start, each.end) for each in found.spans] == [
        ("i-1", at(0), at(10)),
        ("i-1", at(40), at(100)),
        ("i-9", at(12), at(20)),
    ]
    assert [(each.start, each.end, each.seconds) for each in found.unseen] == [
        (at(0), at(10), 10 * HOUR),
        (at(40), at(50), 10 * HOUR),
    ]
    assert found.machines == 2


def test_what_a_line_says_is_what_reservations_are_matched_by() -> None:
    found = with_reported(
        Seen(region=IRELAND), reported((0, 9), of=(ran(1, 2, operation="RunInstances:0002"),))
    )
    assert found.spans[0].pool == pool(platform="Windows")
    odd = with_reported(
        Seen(region=IRELAND), reported((0, 9), of=(ran(1, 2, operation="RunInstances:0006"),))
    )
    assert odd.spans[0].pool.platform == "Windows with SQL Server Standard", "it has no price here"


@given(
    st.integers(0, 50), st.integers(1, 50), st.lists(st.integers(0, 100), min_size=2, max_size=8, unique=True)
)
def test_each_hour_is_on_one_side(start: int, length: int, cuts: list[int]) -> None:
    cuts = sorted(cuts[: len(cuts) // 2 * 2])
    periods = list(zip(cuts[::2], cuts[1::2], strict=True))
    seen = Seen((span(pool(), start, start + length),), (), 1, IRELAND)
    kept = with_reported(seen, reported(*periods)).spans
    hours = {hour for each in kept for hour in range(101 + 50) if each.start <= at(hour) < each.end}
    inside = {hour for begin, end in periods for hour in range(begin, end)}
    assert hours == set(range(start, start + length)) - inside
