"""Machine seconds in clock hours: by hand, and against counting each second's hour."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from ec2kit.costs.fleet.hours import HOUR, Pool, Span, Use, Window, second_of, use_of
from tests.costs.fleet.making import MONDAY, at, pool, span, window

LARGE = pool()
SPANS = st.lists(st.tuples(st.integers(-9000, 40000), st.integers(0, 30000)), max_size=6)


def by_hour(use: Use, which: Pool) -> list[int]:
    """Seconds of each hour of the window."""
    return [
        stretch.seconds.get(which, 0) for stretch in use.stretches(use.pools) for _ in range(stretch.hours)
    ]


def test_a_first_and_a_last_hour_are_parts() -> None:
    use = use_of([span(LARGE, 0.5, 3.25)], window(5))
    assert by_hour(use, LARGE) == [1800, 3600, 3600, 900, 0]
    assert use.seconds(LARGE) == 9900


def test_two_machines_one_after_another_share_an_hour() -> None:
    use = use_of([span(LARGE, 0, 0.25, "i-1"), span(LARGE, 0.5, 1, "i-2")], window(2))
    assert by_hour(use, LARGE) == [2700, 0]


def test_what_ran_before_and_after_is_cut_off() -> None:
    use = use_of([span(LARGE, -20, 30)], window(3))
    assert by_hour(use, LARGE) == [3600, 3600, 3600]


def test_a_machine_that_did_not_run_in_it_is_not_in_it() -> None:
    use = use_of([span(LARGE, -5, 0), span(LARGE, 3, 4), span(LARGE, 1, 1)], window(3))
    assert use.seconds(LARGE) == 0
    assert by_hour(use, LARGE) == [0, 0, 0]


def test_thousands_that_never_stop_are_one_stretch() -> None:
    machines = [span(LARGE, 0, 8760, f"i-{number}") for number in range(2000)]
    (only,) = use_of(machines, window(8760)).stretches([LARGE])
    assert (only.hours, only.seconds[LARGE]) == (8760, 2000 * HOUR)


def test_hours_are_cut_where_something_else_changes() -> None:
    use = use_of([span(LARGE, 0, 4)], window(4))
    first = use.window.first
    assert [(each.first - first, each.hours) for each in use.stretches([LARGE], [first + 1, first + 3])] == [
        (0, 1),
        (1, 2),
        (3, 1),
    ]


def test_a_window_has_all_hours_that_have_something_of_it() -> None:
    found = Window.around(at(0.5), at(2.1))
    assert (found.hours, found.start_time, found.end_time) == (3, MONDAY, at(3))
    assert Window.around(at(1), at(1)).hours == 1


@given(SPANS, st.integers(1, 9))
def test_every_second_is_in_its_hour(times: list[tuple[int, int]], hours: int) -> None:
    spans = [
        Span(f"i-{n}", LARGE, MONDAY + timedelta(seconds=start), MONDAY + timedelta(seconds=start + length))
        for n, (start, length) in enumerate(times)
    ]
    use = use_of(spans, window(hours))
    low = second_of(MONDAY)
    expected = [
        sum(
            max(
                0,
                min(second_of(each.end), low + (hour + 1) * HOUR)
                - max(second_of(each.start), low + hour * HOUR),
            )
            for each in spans
        )
        for hour in range(hours)
    ]
    assert by_hour(use, LARGE) == expected
    assert use.seconds(LARGE) == sum(expected)
