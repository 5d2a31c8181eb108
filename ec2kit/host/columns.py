"""Values as SQLite's columns hold them, and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from ec2kit.model.runs import Json


def time_text(moment: datetime) -> str:
    """Given an aware time, return text that sorts as time does, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def read_time(text: str) -> datetime:
    """The time that `time_text` wrote."""
    return datetime.fromisoformat(text).astimezone(UTC)


def json_text(value: Json) -> str:
    """Given plain data, return it as JSON in ASCII: arguments may hold bytes that are no text."""
    return json.dumps(value, separators=(",", ":"))


def read_json(text: str) -> Json:
    """The data that `json_text` wrote; tuples come back as lists."""
    return json.loads(text)


def plain(text: str) -> str:
    """Given text, perhaps with undecodable bytes (PEP 383), return it as SQLite can store it."""
    return text.encode("utf-8", "backslashreplace").decode()
