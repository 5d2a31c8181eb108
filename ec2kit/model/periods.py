"""Durations as people type them (`3m`, `2h`, `7d`, `1h30m`) and half-open periods of time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from ec2kit.errors import UsageError

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PART = re.compile(r"(\d{1,12})([smhdw])", re.ASCII)
_LONGEST = timedelta(days=36525)
"""A century: today less that is still a date."""


def parse_duration(text: str) -> timedelta:
    """Given `3m` or `1h30m`, return the duration; raises `UsageError` on anything else.

    A bare number is none but 0: `older:7` would be seconds to us and days to who typed it.
    """
    word = text.strip().lower()
    if word == "0":
        word = "0s"
    if word.isascii() and word.isdecimal():
        raise UsageError(
            f"'{text}' is a number without a unit", hint=f"write {word}s, {word}m, {word}h or {word}d"
        )
    if not word or _PART.sub("", word):
        raise UsageError(
            f"'{text}' is not a duration", hint="write a number and a unit: 30s, 5m, 2h, 7d, 1w, or 1h30m"
        )
    seconds = sum(int(number) * _SECONDS[unit] for number, unit in _PART.findall(word))
    if seconds > _LONGEST.total_seconds():
        raise UsageError(f"'{text}' is more than a century", hint="write less than 36525d")
    return timedelta(seconds=seconds)


def format_duration(duration: timedelta) -> str:
    """Given a duration, return it in its two largest units: `2d3h`, `4m`, `45s`; parses back when whole seconds."""
    left = int(duration.total_seconds())
    if left <= 0:
        return "0s"
    parts: list[str] = []
    for unit in ("d", "h", "m", "s"):
        count, left = divmod(left, _SECONDS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts[:2])


def format_age(then: datetime, now: datetime) -> str:
    """Given a moment in the past, return how long ago it was, as `3h` or `2d`."""
    return format_duration(now - then)


def format_time(moment: datetime) -> str:
    """Given an aware time, return it as RFC 3339 in UTC to the second: `2026-01-02T03:04:05Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str) -> datetime:
    """Given RFC 3339, return the aware time in UTC; raises `UsageError` on anything else or without a zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"'{text}' is not a time", hint="write it as 2026-01-02T03:04:05Z") from error
    if moment.tzinfo is None:
        raise UsageError(f"'{text}' has no time zone", hint="end it with Z for UTC")
    return moment.astimezone(UTC)


def compact_time(moment: datetime) -> str:
    """Given an aware time, return it as the names of sets carry it: `20260102T030405Z`."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
