"""The sandbox's time: one offset from the real clock, a speed, and jumps by hand."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any


class SandboxClock:
    """Aware UTC time that runs at `speed` times the real clock, or, when `manual`, only when told.

    A copy that was saved and loaded again goes on from where it was, plus the real time that passed meanwhile
    at speed 1: what was due becomes due, and a day switched off at speed 60 is not two months.
    """

    def __init__(self, *, speed: float = 1.0, manual: bool = False, start: datetime | None = None) -> None:
        self.manual = manual
        self._speed = _checked(speed)
        self._real = time.time()
        self._shown = start or datetime.fromtimestamp(self._real, UTC)

    def now(self) -> datetime:
        """The time that every timestamp of the sandbox comes from."""
        if self.manual:
            return self._shown
        return self._shown + timedelta(seconds=(time.time() - self._real) * self._speed)

    def tick(self, step: timedelta) -> None:
        """Jump ahead by `step`, which is not negative: nothing in the sandbox survives a clock that goes back."""
        if step < timedelta(0):
            raise ValueError("time only goes forward")
        self._shown += step

    @property
    def speed(self) -> float:
        """Seconds of the sandbox in one real second."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        speed = _checked(speed)
        self._shown, self._real = self.now(), time.time()
        self._speed = speed

    def real_seconds(self, seconds: float) -> float:
        """How long `seconds` of the sandbox take in the world outside."""
        return seconds / self._speed

    def __getstate__(self) -> dict[str, Any]:
        return {"manual": self.manual, "speed": self._speed, "shown": self.now(), "real": time.time()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.manual = state["manual"]
        self._speed = state["speed"]
        self._real = time.time()
        away = timedelta(0) if self.manual else timedelta(seconds=max(0.0, self._real - state["real"]))
        self._shown = state["shown"] + away


def _checked(speed: float) -> float:
    if not 0 < speed <= 100_000:
        raise ValueError(f"a speed is more than 0 and at most 100000, not {speed:g}")
    return speed
