"""What of the reports is wanted: a dimension to break the bill down by, filters, a month; as typed, and as SQL.
Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from ec2kit.costs.usage.dialect import literal, pattern
from ec2kit.costs.usage.questions import DIMENSIONS
from ec2kit.errors import UsageError

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
TAG = "tag:"


@dataclass(frozen=True)
class Wanted:
    """`dimension` is empty when the whole answer is wanted; `tag` the key of the only tag that matters."""

    dimension: str = ""
    tag: str = ""
    month: str = ""
    """The condition that a day is of the month, or nothing."""
    filters: tuple[str, ...] = ()
    """The other conditions."""

    @property
    def where(self) -> str:
        """The WHERE clause, or nothing."""
        return _clause((self.month, *self.filters) if self.month else self.filters)

    @property
    def anytime(self) -> str:
        """The same for any month."""
        return _clause(self.filters)


def _clause(conditions: tuple[str, ...]) -> str:
    return f"\nWHERE {' AND '.join(conditions)}" if conditions else ""


def wanted(by: str = "", month: str = "", filters: Iterable[str] = ()) -> Wanted:
    """Given what was typed (`--by tag:role`, `--month 2026-05`, `--where service=AmazonEC2`), return what it means.

    Raises `UsageError` for a dimension that does not exist, with the nearest.
    """
    dimension, tag = _dimension(by) if by else ("", "")
    conditions: list[str] = []
    for text in filters:
        condition, of = _filter(text)
        if of and tag and of != tag:
            raise UsageError(f"two tags, '{tag}' and '{of}'", hint="one tag at a time")
        tag = of or tag
        conditions.append(condition)
    return Wanted(dimension, tag, _month(month) if month else "", tuple(conditions))


def _dimension(text: str) -> tuple[str, str]:
    name, colon, tag = text.partition(":")
    if name == "tag" and tag:
        return "tag", tag
    if name not in DIMENSIONS or colon or name == "tag":
        near = get_close_matches(name, [each for each in DIMENSIONS if each != "tag"], 1)
        known = ", ".join(each for each in DIMENSIONS if each != "tag")
        hint = f"did you mean {near[0]}?" if near and near[0] != name else f"by {known} or tag:KEY"
        raise UsageError(f"a bill is not broken down by '{text}'", hint=hint)
    return name, ""


def _month(text: str) -> str:
    found = _MONTH.fullmatch(text)
    if not found or not int(found[1]):
        raise UsageError(f"'{text}' is no month", hint="write it as 2026-05")
    first = date(int(found[1]), int(found[2]), 1)
    if first >= date(9999, 12, 1):
        raise UsageError(f"'{text}' is no month of a bill")
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return f"day >= DATE {literal(first.isoformat())} AND day < DATE {literal(after.isoformat())}"


def _filter(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not value:
        raise UsageError(
            f"'{text}' is no filter", hint="--where service=AmazonEC2, --where 'usage-type=*VolumeUsage*'"
        )
    dimension, tag = _dimension(key)
    return f"{DIMENSIONS[dimension]} {pattern(value)}", tag
