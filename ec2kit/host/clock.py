"""Time and sleep: the one place that reads this machine's clocks.

`now` is the endpoint's time once an answer's Date header was learnt. Between answers it goes on by a clock
that only grows, so somebody who sets this machine's clock moves nothing here. Against the sandbox time runs
`speed` times as fast: sleeping is shorter, and `now` and `monotonic` grow faster, all by the same factor.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

DATE_STEP = timedelta(seconds=1)
"""An HTTP Date header is cut to whole seconds (RFC 9110, 5.6.7): the true time is less than this above it."""


class Clock(Protocol):
    """What everything that waits or looks at the time is given."""

    speed: float
    stop: threading.Event

    def now(self) -> datetime:
        """The endpoint's time in UTC, as far as it was learnt; else this machine's."""

    def monotonic(self) -> float:
        """Seconds that only grow, `speed` of them in a real second."""

    def sleep(self, seconds: float) -> None:
        """Wait; returns early once `stop` is set, so ask for `stop` after it."""

    def learn(self, server_now: datetime) -> None:
        """Take the time of an answer's Date header."""


def wall_seconds() -> float:
    """This machine's idea of the time, as seconds since 1970."""
    return time.time()


def ticking_seconds() -> float:
    """Seconds that only grow and, unlike CLOCK_MONOTONIC, go on while a laptop sleeps (clock_gettime(2))."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True)
class Real:
    """The clocks under a `SystemClock`; a test gives its own."""

    wall: Callable[[], float] = wall_seconds
    ticks: Callable[[], float] = ticking_seconds


class SystemClock:
    """The real `Clock`. Safe for threads: answers are learnt by many at once."""

    def __init__(self, speed: float = 1.0, real: Real | None = None) -> None:
        self.stop = threading.Event()
        self._real = real or Real()
        self._lock = threading.Lock()
        self._speed = _checked(speed)
        self._ticks = self._real.ticks()
        self._grown = 0.0
        self._epoch = self._local()

    @property
    def speed(self) -> float:
        """Seconds of the endpoint's time in one real second: 1 on AWS, what the sandbox's header says there."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        with self._lock:
            self._settle()
            self._speed = _checked(speed)

    @property
    def offset(self) -> timedelta:
        """How far the endpoint's time is ahead of this machine's clock; changes when that clock is set."""
        return self.now() - self._local()

    def now(self) -> datetime:
        """The endpoint's time in UTC, as far as it was learnt; else this machine's when it started."""
        return self._epoch + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Seconds that only grow, `speed` of them in a real second."""
        with self._lock:
            self._settle()
            return self._grown

    def sleep(self, seconds: float) -> None:
        """Wait `seconds` of the endpoint's time; returns early once `stop` is set."""
        if seconds > 0:
            self.stop.wait(seconds / self._speed)

    def learn(self, server_now: datetime) -> None:
        """Take the time of an answer's Date header: `now` moves to the nearest moment that it allows.

        Nearest, because a header cut to the second would otherwise send time back with every answer.
        """
        with self._lock:
            self._settle()
            moment = self._epoch + timedelta(seconds=self._grown)
            self._epoch += min(max(moment, server_now), server_now + DATE_STEP) - moment

    def _settle(self) -> None:
        """Let the time since the last look pass at the speed of then."""
        ticks = self._real.ticks()
        self._grown += (ticks - self._ticks) * self._speed
        self._ticks = ticks

    def _local(self) -> datetime:
        return datetime.fromtimestamp(self._real.wall(), UTC)


class Deadline:
    """A point in real time by which something must be over: for sockets and processes, whatever the speed."""

    def __init__(self, seconds: float, ticks: Callable[[], float] = ticking_seconds) -> None:
        self.seconds = seconds
        self._ticks = ticks
        self._began = ticks()

    @property
    def passed(self) -> float:
        """Real seconds since it was set."""
        return self._ticks() - self._began

    def restart(self, seconds: float) -> None:
        """Count anew from now, and wait no longer than this from here on."""
        self.seconds = min(self.seconds, seconds)
        self._began = self._ticks()

    def left(self) -> float:
        """Real seconds left, more than 0; raises `TimeoutError` when there are none."""
        left = self.seconds - self.passed
        if left <= 0:
            raise TimeoutError(f"not over within {self.seconds:g} s")
        return left


def _checked(speed: float) -> float:
    if not speed > 0:
        raise ValueError(f"a speed is more than 0, not {speed:g}")
    return speed
