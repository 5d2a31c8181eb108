"""What recovery keeps in tags: policy, holds, the failure's number. Written and read back, and read by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.errors import UsageError
from ec2kit.model.ids import InstanceId
from ec2kit.model.tags import FAILURE, HOLD_COOLDOWN, HOLD_FAILED, HOLD_PAUSE, MAX_VALUE, POLICY, PROTECT
from ec2kit.recovery.failures import Course, Failure, failure_of, next_number, recovery_run
from ec2kit.recovery.holds import LONGEST, SHORTEST, Hold, active_holds, back_off, format_hold, parse_hold
from ec2kit.recovery.policy import Policy, Rung, policy_of
from tests.recovery.making import NOW

whole_seconds = st.integers(1_577_836_800, 4_000_000_000).map(lambda at: datetime.fromtimestamp(at, UTC))
words = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=40).map(str.strip)


@given(words.filter(bool), words.filter(bool), st.none() | whole_seconds)
def test_a_hold_reads_back(owner: str, reason: str, until: datetime | None) -> None:
    hold = Hold(owner.replace(";", ","), reason, until)
    assert parse_hold(format_hold(hold)) == hold


@given(
    words.filter(bool), whole_seconds, st.integers(1, 1000).map(lambda minutes: timedelta(minutes=minutes))
)
def test_a_back_off_reads_back(reason: str, until: datetime, length: timedelta) -> None:
    hold = Hold("ec2kit", reason, until, length)
    assert parse_hold(format_hold(hold)) == hold


def test_a_machine_that_comes_and_goes_is_left_alone_for_longer_and_longer() -> None:
    tags: dict[str, str] = {}
    lengths = []
    at = NOW
    for _ in range(5):
        hold = back_off(tags, "called off", at)
        tags = {HOLD_COOLDOWN: format_hold(hold)}
        lengths.append(hold.length)
        assert hold.until == at + (hold.length or timedelta())
        at += timedelta(hours=2, minutes=59)
    assert lengths == [timedelta(minutes=minutes) for minutes in (5, 10, 20, 30, 30)]
    calm = back_off(tags, "called off", at + timedelta(minutes=1))
    assert calm.length == SHORTEST, "three calm hours and it is the first again"


@pytest.mark.parametrize("text", ["", "until=soon; by=me; for=9h; why=x", "until=-; by=me; for=1h; why=x"])
def test_a_back_off_after_a_hold_that_tells_no_length_is_the_first(text: str) -> None:
    assert back_off({HOLD_COOLDOWN: text}, "called off", NOW).length == SHORTEST


@given(whole_seconds, st.integers(0, 10**6))
def test_a_back_off_is_always_between_its_bounds(at: datetime, seconds: int) -> None:
    last = Hold("ec2kit", "x", at + timedelta(seconds=seconds), timedelta(seconds=seconds))
    hold = back_off({HOLD_COOLDOWN: format_hold(last)}, "called off", at)
    assert hold.length is not None
    assert SHORTEST <= hold.length <= LONGEST


@given(st.text(max_size=400), st.text(max_size=400))
def test_a_hold_fits_a_tag(owner: str, reason: str) -> None:
    assert len(format_hold(Hold(owner, reason, NOW))) <= MAX_VALUE


@pytest.mark.parametrize(
    "text", ["", "back at five", "until=tomorrow; by=me; why=x", "until=2026-01-01; by=me"]
)
def test_a_hold_written_by_hand_that_cannot_be_read_holds(text: str) -> None:
    assert parse_hold(text).active(NOW)


def test_holds_end() -> None:
    ended = format_hold(Hold("ops", "deploy", NOW - timedelta(seconds=1)))
    active = format_hold(Hold("ops", "deploy", NOW + timedelta(seconds=1)))
    tags = {HOLD_PAUSE: ended, HOLD_COOLDOWN: active, HOLD_FAILED: format_hold(Hold("ec2kit", "no disk"))}
    assert sorted(active_holds(tags, NOW)) == [HOLD_COOLDOWN, HOLD_FAILED]


@given(
    st.integers(1, 999),
    st.sampled_from(list(Course)),
    st.none() | st.tuples(st.sampled_from(list(Rung)), whole_seconds),
)
def test_a_failure_reads_back(number: int, course: Course, on: tuple[Rung, datetime] | None) -> None:
    failure = Failure(number, course, *(on or (None, None)))
    assert failure_of({FAILURE: str(failure)}) == failure


@pytest.mark.parametrize(
    "text", ["", "x", "1", "1:who", "1:recovering:fly:20260102T030405Z", "1:done:restart:now"]
)
def test_a_failure_that_cannot_be_read_is_none(text: str) -> None:
    assert failure_of({FAILURE: text}) is None


def test_the_number_goes_on_only_when_a_recovery_ended() -> None:
    assert next_number({}) == 1
    assert next_number({FAILURE: "4:recovering:restart:20260102T030405Z"}) == 4
    assert next_number({FAILURE: "4:done"}) == 5
    assert next_number({FAILURE: "4:failed"}) == 5


def test_two_monitors_use_the_same_run() -> None:
    assert recovery_run(InstanceId("i-00000001"), 2) == "recover-i-00000001-2"


def test_the_policy_of_bare_protection() -> None:
    assert policy_of({}) is None
    assert policy_of({PROTECT: "replace"}) == Policy()
    assert policy_of({PROTECT: "watch"}) == Policy(last=Rung.WATCH)


def test_a_policy_by_tag() -> None:
    policy = policy_of({PROTECT: "restart", POLICY: "bad=2 of=4, over=90s max-age=48h"})
    assert policy == Policy(
        last=Rung.RESTART, bad=2, of=4, over=timedelta(seconds=90), max_age=timedelta(hours=48)
    )


@pytest.mark.parametrize(
    "protect, policy",
    [
        ("fly", ""),
        ("replace", "bad"),
        ("replace", "bad="),
        ("replace", "bad=many"),
        ("replace", "bad=0"),
        ("replace", "last=watch"),
        ("replace", "storm=9"),
        ("replace", "over=soon"),
        ("replace", "bad=6"),
        ("replace", "of=31"),
        ("replace", "over=16m"),
    ],
)
def test_a_policy_that_cannot_be_read_is_an_error(protect: str, policy: str) -> None:
    with pytest.raises(UsageError):
        policy_of({PROTECT: protect, POLICY: policy})


def test_rungs_reach_those_below() -> None:
    assert Rung.REPLACE.reaches(Rung.RESTART)
    assert Rung.RESTART.reaches(Rung.RESTART)
    assert not Rung.WATCH.reaches(Rung.REBOOT)
