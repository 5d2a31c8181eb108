"""The sandbox's clock."""

import pickle
from datetime import UTC, datetime, timedelta

import pytest

from ec2kit.sandbox.clock import SandboxClock

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def test_a_manual_clock_moves_only_by_ticks() -> None:
    clock = SandboxClock(manual=True, start=NOON)
    assert clock.now() == clock.now() == NOON
    clock.tick(timedelta(minutes=10))
    assert clock.now() == NOON + timedelta(minutes=10)


def test_a_running_clock_never_goes_back() -> None:
    clock = SandboxClock(speed=1000)
    shown = [clock.now() for _ in range(100)]
    assert shown == sorted(shown)
    assert shown[0].tzinfo is UTC


def test_changing_the_speed_does_not_jump() -> None:
    clock = SandboxClock(speed=60, start=NOON)
    before = clock.now()
    clock.speed = 1
    assert timedelta(0) <= clock.now() - before < timedelta(hours=1)


@pytest.mark.parametrize("speed", [0, -1, float("nan"), 1e9])
def test_an_impossible_speed_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        SandboxClock(speed=speed)


def test_time_does_not_go_back_by_a_tick() -> None:
    with pytest.raises(ValueError, match="forward"):
        SandboxClock(manual=True).tick(timedelta(seconds=-1))


def test_waits_are_divided_by_the_speed() -> None:
    assert SandboxClock(speed=60).real_seconds(30) == 0.5


def test_a_manual_clock_stands_still_while_it_is_saved() -> None:
    clock = SandboxClock(manual=True, start=NOON)
    assert pickle.loads(pickle.dumps(clock)).now() == NOON


def test_a_running_clock_counts_the_time_it_was_away_at_real_speed() -> None:
    state = SandboxClock(speed=60, start=NOON).__getstate__()
    state["real"] -= 3600
    loaded = SandboxClock.__new__(SandboxClock)
    loaded.__setstate__(state)
    assert loaded.speed == 60
    # At speed 60 an hour away would have been two days and a half.
    assert timedelta(hours=1) <= loaded.now() - state["shown"] < timedelta(hours=2)
