"""Values in cells and in JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.model.instances import State
from ec2kit.screen.values import json_of, text_of


@dataclass(frozen=True)
class Money:
    amount: Decimal
    currency: str


@pytest.mark.parametrize(
    "value,text",
    [
        (None, "-"),
        ("", "-"),
        ((), "-"),
        (0, "0"),
        (False, "no"),
        (True, "yes"),
        (State.RUNNING, "running"),
        (("a", "b"), "a,b"),
        ({"role": "web", "n": 1}, "role=web,n=1"),
        (frozenset({"b", "a"}), "a,b"),
        (datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC), "2026-01-02T03:04:05Z"),
        (timedelta(minutes=2), "120"),
        ("two\tcells\nand lines\r", "two\\tcells\\nand lines\\r"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("C:\\new", "C:\\\\new"),
        ("naïve 日本", "naïve 日本"),
    ],
)
def test_text_of_a_cell(value: Any, text: str) -> None:
    assert text_of(value) == text


@given(st.text())
def test_a_cell_is_one_field_of_one_line_and_reads_back(text: str) -> None:
    cell = text_of(text)

    assert cell
    assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in cell)
    if text:
        assert unescaped(cell) == text


def unescaped(cell: str) -> str:
    """What the documented escapes stand for."""
    out, rest = "", cell
    named = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}
    while rest:
        if rest[0] != "\\":
            out, rest = out + rest[0], rest[1:]
        elif rest[1] == "x":
            out, rest = out + chr(int(rest[2:4], 16)), rest[4:]
        else:
            out, rest = out + named[rest[1]], rest[2:]
    return out


def test_json_of_nested_values() -> None:
    value = {"cost": Money(Decimal("12.30"), "USD"), "states": (State.PENDING,), "none": None}

    assert json.loads(json.dumps(json_of(value))) == {
        "cost": {"amount": "12.30", "currency": "USD"},
        "states": ["pending"],
        "none": None,
    }


def test_what_has_no_json_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="no JSON for a object"):
        json_of(object())
