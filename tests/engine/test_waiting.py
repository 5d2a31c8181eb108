"""Waiting: wanted so often in a row, failed words, the bound, and looks that say nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.engine.waiting import NO_ANSWER, NOT_SHOWN, Watch, wait_until
from ec2kit.errors import AccessDenied, Ec2kitError, Interrupted, NotFound, StillInProgress, Unavailable
from ec2kit.model.waiting import Wait
from tests.support.clocks import FakeClock

WAIT = Wait("it to run", frozenset({"running"}), frozenset({"dead"}), bound=timedelta(seconds=60))


def saying(*words: str | Ec2kitError) -> Callable[[], str]:
    left = list(words)

    def look() -> str:
        word = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(word, Ec2kitError):
            raise word
        return word

    return look


def test_a_word_counts_when_seen_three_times_in_a_row() -> None:
    clock = FakeClock()
    assert wait_until(saying("pending", "running", "pending", "running"), WAIT, clock) == "running"
    assert clock.slept == [5.0] * 5


def test_a_look_that_finds_nothing_or_gets_no_answer_is_no_failure() -> None:
    seen: list[str] = []
    words = saying(NotFound("not yet"), Unavailable("throttled"), "running")
    wait_until(words, WAIT, FakeClock(), on_look=lambda word, _: seen.append(word))
    assert seen == [NOT_SHOWN, NO_ANSWER, "running", "running", "running"]


def test_a_failed_word_ends_it() -> None:
    with pytest.raises(Ec2kitError, match="it is 'dead'"):
        wait_until(saying("pending", "dead"), WAIT, FakeClock())


def test_any_other_error_is_the_failure() -> None:
    with pytest.raises(AccessDenied):
        wait_until(saying(AccessDenied("no")), WAIT, FakeClock())


def test_past_the_bound_it_is_still_in_progress() -> None:
    clock = FakeClock()
    with pytest.raises(StillInProgress, match="after 1m: it is 'pending'"):
        wait_until(saying("pending"), WAIT, clock)
    assert sum(clock.slept) == 60


def test_the_wanted_word_just_before_the_bound_still_counts() -> None:
    assert wait_until(saying(*["pending"] * 12, "running"), WAIT, FakeClock()) == "running"


def test_it_stops_when_told() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Interrupted):
        wait_until(saying("running"), WAIT, FakeClock(), stop)


@given(st.lists(st.sampled_from(["running", "pending", "stopping"]), max_size=30))
def test_it_is_over_exactly_when_the_last_three_looks_agree(words: list[str]) -> None:
    clock = FakeClock()
    watch = Watch(WAIT, clock.now())
    for number, word in enumerate(words, 1):
        over = watch.look(word, clock.now())
        assert over == (words[max(0, number - 3) : number] == ["running"] * 3)
        if over:
            return
