"""Waiting as data, carried out: wanted words so often in a row, failed words, a bound, and nothing that AWS
says once is believed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from ec2kit.errors import Ec2kitError, Interrupted, NotFound, StillInProgress, Unavailable
from ec2kit.model.periods import format_duration
from ec2kit.model.waiting import Wait

NOT_SHOWN = "not shown yet"
"""What a look has seen when AWS does not show the thing at all: lag, not failure."""
NO_ANSWER = "no answer"


class Clock(Protocol):
    """The part of `ec2kit.host.clock` that the engine needs."""

    def now(self) -> datetime:
        """AWS's time, as far as it was learnt."""

    def sleep(self, seconds: float) -> None:
        """Wait; may return early when the program is told to stop."""


@dataclass
class Watch:
    """One wait under way: how often in a row the wanted word was seen, and since when it is waited for."""

    wait: Wait
    began: datetime
    seen: str = ""
    streak: int = 0

    def look(self, word: str | Ec2kitError, now: datetime) -> bool:
        """Given what one look saw, return whether the wait is over.

        Raises `StillInProgress` past the bound (never while the wanted word is showing), `Ec2kitError` for a
        failed word, and the error it is given unless that only means "look again".
        """
        self.seen = _word(word)
        if self.seen in self.wait.wanted:
            self.streak += 1
            return self.streak >= self.wait.times
        self.streak = 0
        if self.seen in self.wait.failed:
            raise Ec2kitError(f"waited for {self.wait.what}: it is '{self.seen}'")
        if now - self.began >= self.wait.bound:
            raise StillInProgress(
                f"gave up waiting for {self.wait.what} after {format_duration(self.wait.bound)}: "
                f"it is '{self.seen or 'unknown'}'"
            )
        return False

    def waited(self, now: datetime) -> timedelta:
        """How long it has been waited for."""
        return now - self.began


def wait_until(
    look: Callable[[], str],
    wait: Wait,
    clock: Clock,
    stop: threading.Event | None = None,
    on_look: Callable[[str, timedelta], None] | None = None,
) -> str:
    """Look until `wait` holds and return the wanted word that was seen last.

    Raises `StillInProgress` past the bound, `Ec2kitError` for a failed word, `Interrupted` once `stop` is set.
    """
    watch = Watch(wait, clock.now())
    while True:
        if stop is not None and stop.is_set():
            raise Interrupted(f"interrupted while waiting for {wait.what}")
        over = watch.look(_ask(look), clock.now())
        if on_look is not None:
            on_look(watch.seen, watch.waited(clock.now()))
        if over:
            return watch.seen
        clock.sleep(wait.pause.total_seconds())


def _ask(look: Callable[[], str]) -> str | Ec2kitError:
    try:
        return look()
    except (NotFound, Unavailable) as error:
        return error


def _word(word: str | Ec2kitError) -> str:
    if isinstance(word, NotFound):
        return NOT_SHOWN
    if isinstance(word, Unavailable):
        return NO_ANSWER
    if isinstance(word, Ec2kitError):
        raise word
    return word
