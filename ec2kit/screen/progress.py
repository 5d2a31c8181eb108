"""How a run is going, for a person at a terminal: one line for each step that ends, and one that moves."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

from ec2kit.engine.plan import Plan, Planned
from ec2kit.engine.steps.base import Result
from ec2kit.errors import Ec2kitError
from ec2kit.model.periods import format_duration
from ec2kit.screen.plans import sentence
from ec2kit.screen.values import text_of

CLEAR = "\r\x1b[K"
"""Back to the line's start, and the line emptied (ECMA-48, EL)."""


class Quiet:
    """For a pipe or cron: only what somebody must know, which is events; failures are printed by the report."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def planned(self, plan: Plan) -> None:
        """Nothing to say."""

    def started(self, planned: Planned) -> None:
        """Nothing to say."""

    def waiting(self, planned: Planned, seen: str, waited: timedelta) -> None:
        """Nothing to say."""

    def done(self, planned: Planned, result: Result) -> None:
        """Nothing to say."""

    def unchanged(self, planned: Planned) -> None:
        """Nothing to say."""

    def failed(self, planned: Planned, error: Ec2kitError) -> None:
        """Nothing to say: the report says it with the others."""

    def event(self, text: str) -> None:
        """A line."""
        self._write(f"{text}\n")

    def close(self) -> None:
        """Nothing to clear."""


class Moving(Quiet):
    """For a terminal. Calls come from any thread; each writes whole lines under one lock."""

    def __init__(self, write: Callable[[str], None], width: int) -> None:
        super().__init__(write)
        self._width = width
        self._lock = threading.Lock()
        self._total = 0
        self._ended = 0
        self._going: dict[str, tuple[str, str]] = {}

    def planned(self, plan: Plan) -> None:
        """How many steps there are."""
        self._total = len(plan.steps)

    def started(self, planned: Planned) -> None:
        """The step joins the moving line."""
        with self._lock:
            self._going[planned.key] = (sentence(planned), "")
            self._draw()

    def waiting(self, planned: Planned, seen: str, waited: timedelta) -> None:
        """What AWS shows, and for how long it has been waited for."""
        with self._lock:
            self._going[planned.key] = (
                sentence(planned),
                f": {text_of(seen)}, {format_duration(waited)}",
            )
            self._draw()

    def done(self, planned: Planned, result: Result) -> None:
        """A line that stays."""
        ids = (value for name, value in result.items() if name.endswith("_id") and isinstance(value, str))
        made = ", ".join(text_of(value) for value in ids)
        about = "" if not made or made in sentence(planned) else f" ({made})"
        self._end(planned, f"{sentence(planned)}: done{about}")

    def unchanged(self, planned: Planned) -> None:
        """A line that stays."""
        self._end(planned, f"{sentence(planned)}: unchanged")

    def failed(self, planned: Planned, error: Ec2kitError) -> None:  # noqa: ARG002  told with the report
        """A line that stays; the reason comes with the report."""
        self._end(planned, f"{sentence(planned)}: failed")

    def event(self, text: str) -> None:
        """A line that stays."""
        with self._lock:
            self._write(f"{CLEAR}{text}\n")
            self._draw()

    def close(self) -> None:
        """Empty the moving line."""
        with self._lock:
            self._write(CLEAR)

    def _end(self, planned: Planned, line: str) -> None:
        with self._lock:
            self._going.pop(planned.key, None)
            self._ended += 1
            self._write(f"{CLEAR}{text_of(line)}\n")
            self._draw()

    def _draw(self) -> None:
        if self._going:
            step, seen = list(self._going.values())[-1]
            counted = f"[{self._ended}/{self._total}] "
            room = max(0, self._width - 1 - len(counted) - len(seen))
            line = counted + _within(text_of(step), room) + seen
            self._write(CLEAR + line[: self._width - 1])


def _within(text: str, room: int) -> str:
    """Cut what a step is about, and not what moves: how far it is."""
    return text if len(text) <= room else f"{text[: max(0, room - 1)]}…"
