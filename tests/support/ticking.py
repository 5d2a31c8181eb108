"""A clock whose sleep lets the in-process sandbox's time pass: waiting costs nothing and is always long enough."""

from __future__ import annotations

import threading
from datetime import datetime

from tests.support.inprocess import InProcess


class TickingClock:
    """A `Clock` of a sandbox; `slept` is how long all of it was."""

    def __init__(self, sandbox: InProcess) -> None:
        self.speed = 1.0
        self.stop = threading.Event()
        self.slept = 0.0
        self._sandbox = sandbox

    def now(self) -> datetime:
        """The sandbox's time."""
        return self._sandbox.now

    def monotonic(self) -> float:
        """Seconds since any moment."""
        return self._sandbox.now.timestamp()

    def sleep(self, seconds: float) -> None:
        """Let the sandbox's time pass."""
        if not self.stop.is_set() and seconds > 0:
            self.slept += seconds
            self._sandbox.tick(seconds)

    def learn(self, server_now: datetime) -> None:
        """Nothing to learn: the sandbox's time is read."""
