"""Holds: what keeps recovery away from a machine, or from all, with owner, reason and end. Pure.

They live in tags (`ec2kit:hold.pause`, `.failed`, `.cooldown`) and, for all machines, in the SSM parameter
`/ec2kit/pause`, so that everybody's cron and shell see the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ec2kit.errors import UsageError
from ec2kit.model.periods import format_duration, format_time, parse_duration, parse_time
from ec2kit.model.tags import HOLD_COOLDOWN, HOLD_FAILED, HOLD_PAUSE, MAX_VALUE, Tags

PAUSE_PARAMETER = "/ec2kit/pause"
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(minutes=30)
"""How long a machine is left alone after an attempt that was called off, and after many of them."""
CALM = timedelta(hours=3)
"""After so long without an attempt the next one counts as the first again."""


@dataclass(frozen=True)
class Hold:
    """Who holds, why, and until when; `until` None is until somebody lifts it."""

    owner: str
    reason: str
    until: datetime | None = None
    length: timedelta | None = None
    """Of a back-off: how long it was to last, from which the next one follows."""

    def active(self, now: datetime) -> bool:
        """Whether it still holds."""
        return self.until is None or now < self.until

    def __str__(self) -> str:
        end = f"until {format_time(self.until)}" if self.until else "until lifted"
        return f"{self.reason} ({self.owner}, {end})"


def format_hold(hold: Hold) -> str:
    """Given a hold, return it as a tag value of at most 256 characters: `until=…; by=…; [for=…;] why=…`."""
    until = format_time(hold.until) if hold.until else "-"
    owner = hold.owner.replace(";", ",")[:64]
    length = f"for={format_duration(hold.length)}; " if hold.length else ""
    return f"until={until}; by={owner}; {length}why={hold.reason}"[:MAX_VALUE]


def parse_hold(text: str) -> Hold:
    """Given a tag value, return the hold. What was written by hand and cannot be read holds for ever, and says so:
    a typing mistake must not set a paused machine free."""
    try:
        until, by, why = text.split(";", 2)
        end = until.strip().removeprefix("until=")
        length = None
        if why.strip().startswith("for="):
            text_of_length, why = why.strip().removeprefix("for=").split(";", 1)
            length = parse_duration(text_of_length)
        return Hold(
            owner=by.strip().removeprefix("by="),
            reason=why.strip().removeprefix("why="),
            until=None if end == "-" else parse_time(end),
            length=length,
        )
    except (ValueError, UsageError):
        return Hold(owner="unknown", reason=text or "no reason given")


def active_holds(tags: Tags, now: datetime) -> dict[str, Hold]:
    """Given an instance's tags, return its active holds by tag key."""
    found = {key: parse_hold(tags[key]) for key in (HOLD_PAUSE, HOLD_FAILED, HOLD_COOLDOWN) if key in tags}
    return {key: hold for key, hold in found.items() if hold.active(now)}


def back_off(tags: Tags, reason: str, now: datetime) -> Hold:
    """Given an instance's tags and why an attempt ended with nothing done, return how long it is left alone.

    Five minutes at first, twice as long each further time, at most half an hour; the first again after three hours
    without an attempt. So a machine that comes and goes is not stopped at every blink.
    """
    last = parse_hold(tags[HOLD_COOLDOWN]) if HOLD_COOLDOWN in tags else None
    length = SHORTEST
    if last and last.length and last.until and now - (last.until - last.length) < CALM:
        length = max(SHORTEST, min(last.length * 2, LONGEST))
    return Hold("ec2kit", reason, now + length, length)
