"""One value as text in a cell, or as JSON: times are RFC 3339 UTC, nothing is `-`, control characters are escaped."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from ec2kit.model.money import Money, format_rate
from ec2kit.model.periods import format_time

EMPTY = "-"
"""What stands for nothing in text: `cut` and `awk` need a field to be there."""

_NAMED = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_ESCAPES = {ord(char): text for char, text in _NAMED.items()} | {
    code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in _NAMED
}

_C1 = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}

_SCALARS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (Enum, lambda value: json_of(value.value)),
    (str, str),
    (datetime, format_time),
    (timedelta, lambda value: int(value.total_seconds())),
    (Decimal, str),
    (Money, lambda value: {"amount": format_rate(value.amount), "currency": value.currency}),
)


def json_of(value: Any) -> Any:
    """Given a value of ours, return what `json.dumps` takes: no sets, enums, dataclasses, times or decimals."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    for kind, convert in _SCALARS:
        if isinstance(value, kind):
            return convert(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: json_of(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): json_of(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(json_of(item) for item in value)
    if isinstance(value, Iterable):
        return [json_of(item) for item in value]
    raise TypeError(f"no JSON for a {type(value).__name__}")


def json_dump(value: Any, indent: int | None = None) -> str:
    """Given a value of ours, return it as JSON, in which a terminal finds nothing to obey (RFC 8259 leaves C1 in)."""
    return json.dumps(json_of(value), indent=indent, ensure_ascii=False).translate(_C1)


def one_line(text: str) -> str:
    """Given a sentence, return it without line ends and terminal escapes, which the names in it may hold."""
    return text.translate({code: shown for code, shown in _ESCAPES.items() if code != ord("\\")})


def text_of(value: Any) -> str:
    """Given a value of ours, return one line for a cell: never empty, no tab, newline or terminal escape in it."""
    plain = format_rate(value.amount) if isinstance(value, Money) else _plain(json_of(value))
    return plain.translate(_ESCAPES) or EMPTY


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ",".join(f"{key}={_plain(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ",".join(_plain(item) for item in value)
    return str(value)
