"""When machines ran, by reports that have a line for each hour: a CUR or FOCUS by the hour, an hourly usage report.

A line is so many hours of a usage type in a clock hour, of a resource where the report names them. Hours of a resource
that follow each other are put together in the question, so that a machine which never stops is one row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ec2kit.costs.usage.database import Database
from ec2kit.costs.usage.files import Named
from ec2kit.costs.usage.prefixes import NO_PREFIX, region_and_rest
from ec2kit.costs.usage.reading import every_line
from ec2kit.errors import UsageError

USAGE = {"BoxUsage": ("default", ""), "DedicatedUsage": ("dedicated", ""), "SpotUsage": ("default", "spot")}
"""Tenancy and lifecycle by usage type. `HostBoxUsage` is paid for by the host."""
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Ran:
    """A machine of a kind ran from `start` until just before `end`."""

    machine: str
    region: str
    zone: str
    """Empty where the report does not say."""
    type: str
    operation: str
    tenancy: str
    lifecycle: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Reported:
    """What reports say: their stretches of days without a gap, and what ran in them."""

    periods: tuple[tuple[datetime, datetime], ...]
    ran: tuple[Ran, ...]


def running(database: Database, files: Sequence[Named]) -> Reported:
    """Read all files. Raises `UsageError` for what is no report, or has no hours."""
    lines = every_line(database, files)
    database.rows(
        f"CREATE TABLE lines AS SELECT starting, ending, region, zone, usage_type, operation, resource,"
        f" quantity FROM ({lines}) WHERE kind = 'usage'"
    )
    days = database.rows(
        "SELECT CAST(starting AS DATE) AS day, max(ending) FROM lines GROUP BY day ORDER BY day"
    )
    _require_hours(database, files)
    rows = database.rows(_ISLANDS)
    return Reported(_periods(days), tuple(filter(None, map(_ran, rows))))


_BOXES = " OR ".join(f"usage_type LIKE '{prefix}{name}:%'" for name in USAGE for prefix in ("", "%-"))
_ISLANDS = f"""WITH hourly AS (
SELECT coalesce(resource, '') AS resource, region, zone, usage_type, operation,
  date_trunc('hour', starting) AS hour, sum(quantity) AS quantity
FROM lines WHERE {_BOXES} GROUP BY ALL
), each AS (
SELECT * EXCLUDE (quantity), place, least(quantity - place, 1) AS part
FROM hourly, LATERAL (SELECT unnest(range(CAST(ceil(quantity) AS BIGINT))) AS place)
WHERE quantity > 0
), marked AS (
SELECT *, hour - INTERVAL 1 HOUR * row_number() OVER (
  PARTITION BY resource, place, region, zone, usage_type, operation, part = 1 ORDER BY hour) AS island
FROM each
)
SELECT resource, place, region, zone, usage_type, operation, min(hour), max(hour), count(*), max(part)
FROM marked WHERE part = 1 GROUP BY resource, place, region, zone, usage_type, operation, island
UNION ALL
SELECT resource, place, region, zone, usage_type, operation, hour, hour, 1, part FROM marked WHERE part < 1
ORDER BY ALL"""
"""Whole hours without a gap are one row; a part of an hour is a row of its own."""


def _require_hours(database: Database, files: Sequence[Named]) -> None:
    ((boxes, longest),) = database.rows(
        f"SELECT count(*), max(date_diff('minute', starting, ending)) FROM lines WHERE {_BOXES}"
    )
    if not boxes:
        raise UsageError(
            f"'{files[0].shown}' has no hours of machines",
            hint="a CUR (1.0, 2.0), FOCUS with x_UsageType, or a usage report of EC2, by the hour",
        )
    if longest is None or longest > 60:
        raise UsageError(
            f"'{files[0].shown}' is by the day or month: which hours machines ran is not in it",
            hint="have AWS write the report by the hour (time granularity: hourly)",
        )


def _periods(days: Sequence[tuple[Any, ...]]) -> tuple[tuple[datetime, datetime], ...]:
    found: list[tuple[datetime, datetime]] = []
    for day, last in days:
        start = _midnight(day)
        end = min(start + DAY, _utc(last)) if last is not None else start + DAY
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return tuple(found)


def _ran(row: tuple[Any, ...]) -> Ran | None:
    resource, place, region, zone, usage_type, operation, first, last, _, part = row
    prefix_region, rest = region_and_rest(usage_type)
    name, _, type_ = rest.partition(":")
    if name not in USAGE or not type_:
        return None
    where = region or prefix_region or NO_PREFIX
    machine = (
        f"{resource or '/'.join((where, zone or '', rest, operation or ''))}{f'#{place}' if place else ''}"
    )
    start = _utc(first)
    end = (
        _utc(last) + timedelta(hours=1) if part == 1 else start + timedelta(seconds=round(float(part) * 3600))
    )
    return Ran(machine, where, zone or "", type_, operation or "RunInstances", *USAGE[name], start, end)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
