"""The waiting room: steps whose call was answered and whose result AWS must still show.

Many wait at once and cost few calls: those of one class that are due together are looked at together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ec2kit.engine.acting import Acted
from ec2kit.engine.steps.base import Look, Step
from ec2kit.engine.waiting import Watch
from ec2kit.errors import Ec2kitError
from ec2kit.model.waiting import Wait


@dataclass
class Guest:
    """One step in the room; `due` is when it is looked at next."""

    acted: Acted
    watch: Watch
    due: datetime


@dataclass(frozen=True)
class Seen:
    """One look at one guest: still waiting, over, or failed with an error."""

    guest: Guest
    over: bool = False
    error: Ec2kitError | None = None


class Room:
    """Holds the guests and says what AWS shows of them; used by one thread."""

    def __init__(self) -> None:
        self._guests: dict[str, Guest] = {}

    def __len__(self) -> int:
        return len(self._guests)

    def guests(self) -> tuple[Guest, ...]:
        """Those who wait, in the order in which they came."""
        return tuple(self._guests.values())

    def enter(self, acted: Acted, wait: Wait, now: datetime) -> None:
        """Begin to wait; the first look is due at once."""
        self._guests[acted.planned.key] = Guest(acted, Watch(wait, now), now)

    def leave(self, key: str) -> None:
        """Stop waiting for this step."""
        del self._guests[key]

    def next_due(self) -> datetime | None:
        """When somebody is to be looked at next, None in an empty room."""
        return min((guest.due for guest in self._guests.values()), default=None)

    def look(self, now: datetime) -> list[Seen]:
        """Look at everybody who is due, and return what was seen; whoever is done has to be sent away."""
        due: dict[type[Step], list[Guest]] = {}
        for guest in self._guests.values():
            if guest.due <= now:
                due.setdefault(type(guest.acted.step), []).append(guest)
        return [seen for kind, guests in due.items() for seen in _look_together(kind, guests, now)]


def _look_together(kind: type[Step], guests: list[Guest], now: datetime) -> list[Seen]:
    looks = [Look(guest.acted.step, guest.acted.attempt, guest.acted.result) for guest in guests]
    try:
        words = kind.seen_together(looks)
    except Ec2kitError as error:
        words = [error] * len(guests)
    return [_judge(guest, word, now) for guest, word in zip(guests, words, strict=True)]


def _judge(guest: Guest, word: str | Ec2kitError, now: datetime) -> Seen:
    guest.due = now + guest.watch.wait.pause
    try:
        return Seen(guest, over=guest.watch.look(word, now))
    except Ec2kitError as error:
        return Seen(guest, error=error)
