"""The small chart: both curves, where they meet, and what they are."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ec2kit.screen.curves import curves_text

NAMES, ENDS = ("on demand", "reserved"), ("0 %", "100 %")


def values(*numbers: int) -> list[Decimal]:
    return [Decimal(number) for number in numbers]


def test_a_line_meets_a_level() -> None:
    text = curves_text(values(*range(0, 101, 10)), values(*[50] * 11), NAMES, ENDS, "100.00")

    assert text.splitlines() == [
        "100.00 │          ·",
        "       │         ·",
        "       │        ·",
        "       │       ·",
        "       │━━━━━╳╳━━━━",
        "       │    ·",
        "       │   ·",
        "       │  ·",
        "       │ ·",
        "       │·",
        "     0 └───────────",
        "        0 %   100 %",
        "        · on demand   ━ reserved   ╳ both",
    ]


@pytest.mark.parametrize("first, second", [((0, 0), (0, 0)), ((1, 2), (1, 2, 3))])
def test_what_is_no_chart(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="chart"):
        curves_text(values(*first), values(*second), NAMES, ENDS, "1")
