"""The formats of usage reports, told by the names of their columns, whatever the file is called. Pure.

Legacy: AWS usage reports ("Download usage report"). CUR 1.0: Cost and Usage Report, `lineItem/UsageType`; its
Parquet and CUR 2.0: `line_item_usage_type` (Data Exports User Guide, table dictionaries). FOCUS 1.x: `BilledCost`
(focus.finops.org).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Format(StrEnum):
    """What a report is."""

    USAGE_CSV = "usage report, CSV"
    USAGE_XML = "usage report, XML"
    CUR_1 = "CUR 1.0"
    CUR_2 = "CUR 2.0"
    FOCUS = "FOCUS"

    @property
    def has_money(self) -> bool:
        """Whether it has amounts of money: the old usage reports have quantities alone."""
        return self not in (Format.USAGE_CSV, Format.USAGE_XML)


class Holds(StrEnum):
    """What the cells of a column are, as far as it matters here."""

    TEXT = "text"
    NUMBER = "a number"
    TIME = "a time"
    MAP = "a map"
    ODD = "something else"


@dataclass(frozen=True)
class Column:
    """A column of a report: its name in the file, and what it holds."""

    name: str
    holds: Holds = Holds.TEXT


@dataclass(frozen=True)
class Shape:
    """A format and the columns of one report, by the names that they have in it, in small letters with underscores."""

    format: Format
    columns: dict[str, Column]


LEGACY = ("service", "operation", "usagetype", "starttime", "endtime", "usagevalue")
CUR = (
    "line_item_line_item_type",
    "line_item_usage_start_date",
    "line_item_usage_type",
    "line_item_unblended_cost",
)
FOCUS = ("billedcost", "chargecategory", "chargeperiodstart", "billingcurrency")
ONLY_CUR_2 = {"product", "resource_tags", "bill_payer_account_name", "line_item_usage_account_name", "tags"}
"""Columns that CUR 1.0 has not, in its Parquet either."""


def shape_of(columns: Iterable[Column]) -> Shape | None:
    """Given a report's columns, return what it is; None when it is none of AWS's reports."""
    found = list(columns)
    plain = {column.name.strip().lower(): column for column in found}
    snake = {snake_case(column.name): column for column in found}
    if set(LEGACY) <= plain.keys():
        return Shape(Format.USAGE_CSV, plain)
    if set(CUR) <= snake.keys():
        old = any("/" in column.name for column in found) or not ONLY_CUR_2 & snake.keys()
        return Shape(Format.CUR_1 if old else Format.CUR_2, snake)
    if set(FOCUS) <= plain.keys():
        return Shape(Format.FOCUS, plain)
    return None


def nearest(names: Iterable[str]) -> str:
    """Given the names of a header that is none of AWS's, return what is missing to the one that it is most like."""
    found = list(names)
    plain = {name.strip().lower() for name in found}
    snake = {snake_case(name) for name in found}
    wanted = {
        "a usage report": set(LEGACY) - plain,
        "a CUR": set(CUR) - snake,
        "FOCUS": set(FOCUS) - plain,
    }
    whole = {"a usage report": len(LEGACY), "a CUR": len(CUR), "FOCUS": len(FOCUS)}
    name, missing = min(wanted.items(), key=lambda item: len(item[1]) / whole[item[0]])
    return f"for {name} it lacks {', '.join(sorted(missing))}" if len(missing) < whole[name] else ""


def snake_case(name: str) -> str:
    """Given `lineItem/UsageType`, return `line_item_usage_type`, as AWS's Parquet and its Athena tables have it.

    An underscore before each capital (CUR User Guide, "Column names"): `ReservationARN` is `reservation_a_r_n`.
    """
    parts = re.sub(r"([A-Z])", r"_\1", name.strip()) if "/" in name else name.strip()
    return re.sub(r"_+", "_", re.sub(r"[^A-Za-z0-9]", "_", parts)).strip("_").lower()


@dataclass(frozen=True)
class Report:
    """A file that was named, or found in a directory or by a manifest; `shown` is how a person knows it."""

    path: Path
    shown: str
    shape: Shape
    parquet: bool = False
    zipped: bool = False
    """One CSV in a zip file."""
    packed: bool = False
    """gzip."""

    @property
    def format(self) -> Format:
        """What it is."""
        return self.shape.format

    @property
    def rewritten(self) -> bool:
        """Whether it is read in Python first: the old reports are ragged, and DuckDB knows no zip and no XML."""
        return not self.format.has_money or self.zipped
