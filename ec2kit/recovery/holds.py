"""Holds: what keeps recovery away from a machine, or from all, with owner, reason and end. Pure.

They live in tags (`ec2kit:hold.pause`, `.failed`, `.cooldown`) and, for all machines, in the SSM parameter
`/ec2kit/pause`, so that everybody's cron and shell see the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ec2kit.errors import UsageError
from ec2kit.model.periods import format_time, parse_time
from ec2kit.model.tags import HOLD_COOLDOWN, HOLD_FAILED, HOLD_PAUSE, MAX_VALUE, Tags

PAUSE_PARAMETER = "/ec2kit/pause"


@dataclass(frozen=True)
class Hold:
    """Who holds, why, and until when; `until` None is until somebody lifts it."""

    owner: str
    reason: str
    until: datetime | None = None

    def active(self, now: datetime) -> bool:
        """Whether it still holds."""
        return self.until is None or now < self.until

    def __str__(self) -> str:
        end = f"until {format_time(self.until)}" if self.until else "until lifted"
        return f"{self.reason} ({self.owner}, {end})"


def format_hold(hold: Hold) -> str:
    """Given a hold, return it as a tag value of at most 256 characters: `until=…; by=…; why=…`."""
    until = format_time(hold.until) if hold.until else "-"
    owner = hold.owner.replace(";", ",")[:64]
    return f"until={until}; by={owner}; why={hold.reason}"[:MAX_VALUE]


def parse_hold(text: str) -> Hold:
    """Given a tag value, return the hold. What was written by hand and cannot be read holds for ever, and says so:
    a typing mistake must not set a paused machine free."""
    try:
        until, by, why = text.split(";", 2)
        end = until.strip().removeprefix("until=")
        return Hold(
            owner=by.strip().removeprefix("by="),
            reason=why.strip().removeprefix("why="),
            until=None if end == "-" else parse_time(end),
        )
    except (ValueError, UsageError):
        return Hold(owner="unknown", reason=text or "no reason given")


def active_holds(tags: Tags, now: datetime) -> dict[str, Hold]:
    """Given an instance's tags, return its active holds by tag key."""
    found = {key: parse_hold(tags[key]) for key in (HOLD_PAUSE, HOLD_FAILED, HOLD_COOLDOWN) if key in tags}
    return {key: hold for key, hold in found.items() if hold.active(now)}
