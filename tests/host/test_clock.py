"""Time by hand: the clocks under the clock are given."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.host.clock import DATE_STEP, Clock, Deadline, Real, SystemClock
from tests.support.clocks import FakeClock

LOCAL = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass
class Machine:
    """A machine whose clocks are moved by the test."""

    wall: float = LOCAL.timestamp()
    ticks: float = 1_000.0

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.ticks += seconds

    @property
    def real(self) -> Real:
        return Real(lambda: self.wall, lambda: self.ticks)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def test_before_anything_is_learnt_it_is_this_machines_time() -> None:
    machine = Machine()
    clock = SystemClock(real=machine.real)
    machine.pass_by(7)

    assert clock.now() == LOCAL + seconds(7)
    assert clock.now().tzinfo is UTC
    assert clock.offset == seconds(0)


def test_the_endpoints_time_counts_once_it_was_learnt_and_goes_on() -> None:
    machine = Machine()
    clock = SystemClock(real=machine.real)
    clock.learn(LOCAL + seconds(3_600))
    machine.pass_by(10)

    assert clock.now() == LOCAL + seconds(3_610)
    assert clock.offset == seconds(3_600)


def test_a_local_clock_that_is_set_moves_nothing() -> None:
    machine = Machine()
    clock = SystemClock(real=machine.real)
    clock.learn(LOCAL)
    machine.wall += 86_400
    machine.pass_by(5)

    assert clock.now() == LOCAL + seconds(5)
    assert clock.monotonic() == pytest.approx(5)
    assert clock.offset == seconds(-86_400)


def test_between_two_answers_time_runs_at_the_sandboxs_speed() -> None:
    machine = Machine()
    clock = SystemClock(real=machine.real)
    machine.pass_by(1)
    clock.speed = 60
    clock.learn(LOCAL + seconds(100))
    machine.pass_by(2)

    assert clock.now() == LOCAL + seconds(220)
    assert clock.monotonic() == pytest.approx(121)


@given(st.lists(st.tuples(st.floats(0, 3), st.booleans()), max_size=30), st.floats(-1_000, 1_000))
def test_answers_whose_date_is_cut_to_the_second_send_time_back_only_where_it_was_ahead(
    looks: list[tuple[float, bool]], ahead: float
) -> None:
    machine = Machine()
    clock = SystemClock(real=machine.real)
    clock.learn((LOCAL + seconds(ahead)).replace(microsecond=0))
    before = clock.now()
    for step, answered in looks:
        machine.pass_by(step)
        server = LOCAL + seconds(ahead + machine.ticks - 1_000)
        date = server.replace(microsecond=0)
        if answered:
            clock.learn(date)
        assert clock.now() >= (min(before, date + DATE_STEP) if answered else before)
        assert abs(clock.now() - server) <= DATE_STEP + timedelta(microseconds=1)
        before = clock.now()


def test_a_stop_wakes_a_sleeper_and_lets_nobody_sleep_again() -> None:
    clock = SystemClock()
    sleeper = threading.Thread(target=clock.sleep, args=(3_600,))
    sleeper.start()
    clock.stop.set()
    sleeper.join(30)

    assert not sleeper.is_alive()
    clock.sleep(3_600)


def test_sleeping_is_shorter_at_speed() -> None:
    clock = SystemClock(speed=1_000_000)
    clock.sleep(86_400)
    clock.sleep(-1)
    clock.sleep(0)


def test_a_speed_is_more_than_nothing() -> None:
    with pytest.raises(ValueError, match="more than 0"):
        SystemClock(speed=0)


def test_a_deadline_is_in_real_seconds_and_passes_once() -> None:
    machine = Machine()
    deadline = Deadline(5, machine.real.ticks)
    machine.pass_by(3)
    assert deadline.left() == pytest.approx(2)
    assert deadline.passed == pytest.approx(3)
    machine.pass_by(2)
    with pytest.raises(TimeoutError, match="within 5 s"):
        deadline.left()


@pytest.mark.parametrize("make", [FakeClock, SystemClock])
def test_the_fake_and_the_real_one_are_clocks(make: type[Clock]) -> None:
    clock = make()
    clock.speed = 1_000_000
    before, ticks = clock.now(), clock.monotonic()
    clock.sleep(10)
    assert clock.now() > before
    assert clock.monotonic() > ticks
    clock.learn(LOCAL + timedelta(days=9_000))
    assert clock.now() >= LOCAL + timedelta(days=9_000)
    clock.stop.set()
    clock.sleep(3_600_000_000)
