"""Many at once: each item once, no more at a time than there are workers, the first error ends it."""

from __future__ import annotations

import threading

import pytest

from ec2kit.blocks.crew import Crew


class Wrong(Exception):
    """Something went wrong."""


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_every_item_is_done_once(workers: int) -> None:
    done: list[int] = []
    told: list[str] = []
    Crew(workers, tell=told.append).carry(iter(range(100)), 100, done.append)
    assert sorted(done) == list(range(100))
    assert told[-1] == "100 of 100 blocks"
    if workers == 1:
        assert done == sorted(done)
        assert told[41] == "42 of 100 blocks"


def test_no_more_at_a_time_than_there_are_workers() -> None:
    together = threading.Barrier(3)
    lock = threading.Lock()
    now: set[int] = set()
    most: list[int] = []

    def work(item: int) -> None:
        with lock:
            now.add(item)
            most.append(len(now))
        together.wait(10)
        with lock:
            now.remove(item)

    Crew(3).carry(range(9), 9, work)
    assert max(most) == 3


@pytest.mark.parametrize("workers", [1, 4])
def test_the_first_error_ends_it_and_nothing_new_is_begun(workers: int) -> None:
    done: list[int] = []

    def work(item: int) -> None:
        done.append(item)
        if item == 5:
            raise Wrong

    with pytest.raises(Wrong):
        Crew(workers).carry(range(10_000), 10_000, work)
    assert len(done) < 10_000


@pytest.mark.parametrize("workers", [1, 4])
def test_a_check_that_raises_stops_between_items(workers: int) -> None:
    done: list[int] = []

    def check() -> None:
        if len(done) >= 20:
            raise Wrong

    with pytest.raises(Wrong):
        Crew(workers, check).carry(range(10_000), 10_000, done.append)
    assert 20 <= len(done) < 20 + workers + 1


def test_nothing_to_do_is_done_at_once() -> None:
    Crew(4).carry([], 0, pytest.fail)
