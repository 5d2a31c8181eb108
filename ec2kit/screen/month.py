"""A month's costs, as JSON and as lines for people: each amount with its view, each answer with what it stands on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ec2kit.costs.month.projecting import Projection
from ec2kit.costs.month.summary import Driver, Source, Summary
from ec2kit.model.money import format_amount
from ec2kit.model.periods import format_age

Pairs = list[tuple[str, str]]
_NOW = timedelta(minutes=1)


def month_json(found: Summary, account: str) -> dict[str, Any]:
    """Given a month, return the documented JSON object."""
    return {
        "source": found.source,
        "account": account,
        "month": f"{found.month.start:%Y-%m}",
        "asked": found.asked,
        "requests": found.requests,
        "so_far": {"cash": found.so_far, "amortised": found.amortised},
        "estimated": found.estimated,
        "last_day": found.last_day and found.last_day.isoformat(),
        "drivers": [_driver_json(found, each) for each in found.biggest],
        "others": {"count": len(found.drivers) - len(found.biggest), "cash": found.others},
        "projection": _projection_json(found.projection),
        "unpriced": list(found.unpriced),
        "notes": list(found.notes),
    }


def _driver_json(found: Summary, driver: Driver) -> dict[str, Any]:
    share = found.share(driver)
    return {
        "service": driver.service,
        "usage": driver.usage,
        "cash": driver.cash,
        "amortised": driver.amortised,
        "share": None if share is None else float(round(share, 6)),
        "count": driver.count or None,
    }


def _projection_json(projection: Projection | None) -> dict[str, Any] | None:
    if projection is None:
        return None
    return {
        "cash": projection.amount,
        "low": projection.low,
        "high": projection.high,
        "level_percent": projection.level if projection.low else None,
        "method": projection.method,
    }


def month_pairs(found: Summary) -> Pairs:
    """Given a month, return what a person reads."""
    pairs: Pairs = [("so far", _so_far(found)), ("projection", _projected(found))]
    pairs += [("driver", _driverstr(found, each)) for each in found.biggest]
    rest = len(found.drivers) - len(found.biggest)
    if rest:
        pairs.append(("others", f"{found.others!s}: {rest} more"))
    pairs += [("no price", each) for each in found.unpriced]
    return [*pairs, *(("note", each) for each in found.notes)]


def month_source(found: Summary, account: str, now: datetime) -> str:
    """On what the answer stands, and how old it is: the first line of every answer."""
    month = f"{found.month.start:%Y-%m}, account {account}"
    if found.source is Source.RUNNING:
        return f"{month}: by what runs now and the price table"
    age = "now" if now - found.asked < _NOW else f"{format_age(found.asked, now)} ago (--fresh asks again)"
    return f"{month} and those that it pays for: by Cost Explorer, asked {age}"


def _so_far(found: Summary) -> str:
    words = [f"{found.so_far!s} cash"]
    words += [f"{found.amortised!s} amortised"] if found.amortised else []
    if found.source is Source.RUNNING:
        return f"{found.so_far!s} for what runs now, since it runs, this month"
    until = f"up to {found.last_day.isoformat()}" if found.last_day else "nothing billed yet"
    estimated = "; estimated until the month is closed, and a day or so behind" if found.estimated else ""
    return f"{', '.join(words)}, {until}{estimated}"


def _projected(found: Summary) -> str:
    projection = found.projection
    if projection is None:
        return "cannot be told"
    between = ""
    if projection.low is not None and projection.high is not None:
        low, high = format_amount(projection.low.amount), format_amount(projection.high.amount)
        between = f" (with {projection.level} % between {low} and {high})"
    return f"{projection.amount!s} cash{between}, by {projection.method}"


def _driverstr(found: Summary, driver: Driver) -> str:
    share = found.share(driver)
    part = "" if share is None else f" {share * 100:.1f} %"
    amortised = driver.amortised
    spread = f", {amortised!s} amortised" if amortised and amortised != driver.cash else ""
    many = f", {driver.count} of them" if driver.count > 1 else ""
    return f"{driver.cash!s}{part}: {driver.usage} ({driver.service}){spread}{many}"
