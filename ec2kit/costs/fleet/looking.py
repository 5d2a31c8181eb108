"""Which hours are looked at, in all regions alike. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ec2kit.costs.fleet.hours import Window
from ec2kit.costs.fleet.reported import with_reported
from ec2kit.costs.fleet.seen import Seen, Sight, as_if_always, look
from ec2kit.costs.usage.running import Reported
from ec2kit.errors import UsageError
from ec2kit.model.periods import parse_duration

USUAL = timedelta(days=30)
LONGEST = timedelta(days=1096)
"""Three years: the longest term."""


def parse_back(text: str) -> timedelta:
    """Given `90d`, return how far to look back. Raises `UsageError` for less than an hour and more than three years."""
    found = parse_duration(text)
    if not timedelta(hours=1) <= found <= LONGEST:
        raise UsageError(f"--last {text} is not between an hour and three years", hint="--last 30d")
    return found


def begins(now: datetime, back: timedelta | None, reported: Reported | None) -> datetime:
    """Given how far to look back, return from when on; None is 30 days, or as far as usage reports go."""
    since = now - (back or USUAL)
    if back or reported is None:
        return since
    return min(since, max(now - LONGEST, reported.periods[0][0]))


def look_everywhere(sights: Sequence[Sight], reported: Reported | None = None) -> tuple[list[Seen], Window]:
    """Given what there is to look at, one region at least, return what was seen, and in which hours.

    They begin when it was asked for; or, if that is later, when the history begins or the first machine is known to
    have run: hours of which nothing at all is known would look like hours in which nothing ran.
    """
    since, now = sights[0].since, sights[0].now
    firsts = [seen.first for seen in map(look, sights) if seen.first is not None]
    firsts += [sight.begun for sight in sights if sight.begun is not None]
    firsts += [reported.periods[0][0]] if reported else []
    window = Window.around(max(since, min(firsts, default=since)), now)
    found = [look(replace(sight, since=window.start_time)) for sight in sights]
    return [with_reported(each, reported) for each in found] if reported else found, window


def steadily(sights: Sequence[Sight]) -> tuple[list[Seen], Window]:
    """Given the same, return what runs now as if it always had, in one hour that stands for all."""
    window = Window.around(sights[0].now, sights[0].now)
    return [as_if_always(sight) for sight in sights], window
