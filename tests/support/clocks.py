"""A clock that moves only when told, or when somebody sleeps."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class FakeClock:
    """A `Clock` without waiting: `sleep` moves it, `advance` moves it by hand, `slept` says for how long each."""

    def __init__(self, now: datetime = START, speed: float = 1.0) -> None:
        self.speed = speed
        self.stop = threading.Event()
        self.slept: list[float] = []
        self._now = now
        self._grown = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The time it was set to, plus what was slept and advanced."""
        return self._now

    def monotonic(self) -> float:
        """Seconds slept and advanced so far."""
        return self._grown

    def sleep(self, seconds: float) -> None:
        """Move on by `seconds`, at once; not at all once `stop` is set."""
        if self.stop.is_set():
            return
        with self._lock:
            self.slept.append(seconds)
        self.advance(max(0.0, seconds))

    def learn(self, server_now: datetime) -> None:
        """Take AWS's time as it is."""
        self._now = server_now

    def advance(self, step: timedelta | float) -> None:
        """Let this much time pass; a number is seconds."""
        seconds = step.total_seconds() if isinstance(step, timedelta) else step
        with self._lock:
            self._grown += seconds
            self._now += timedelta(seconds=seconds)
