"""What Cost Explorer said, as a text to keep for some hours: what asks each minute must not pay each minute."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from ec2kit.costs.month.billing import Told
from ec2kit.errors import UsageError
from ec2kit.model.bills import Billed, Days, Foreseen
from ec2kit.model.money import Money
from ec2kit.model.periods import format_time, parse_time

FRESH = timedelta(hours=6)
"""AWS's own data change some times a day."""
REFUSED = timedelta(hours=1)
"""For a refusal: whoever was just allowed to see the bill wants to see it."""
VERSION = 1


def text_of(told: Told) -> str:
    """Given what was said, return it as a text."""
    return json.dumps(
        {
            "version": VERSION,
            "asked": format_time(told.asked),
            "by_use": [_billed_json(each) for each in told.by_use],
            "by_day": [_billed_json(each) for each in told.by_day],
            "foreseen": [
                [str(each.day), *map(str, (each.mean, each.low, each.high))] for each in told.foreseen
            ],
            "requests": told.requests,
            "refusal": told.refusal,
        }
    )


def told_of(text: str) -> Told | None:
    """Given a text, return what was said; None for a text that is none of ours: then it is asked again."""
    try:
        found = json.loads(text)
        if found["version"] != VERSION:
            return None
        return Told(
            parse_time(found["asked"]),
            tuple(map(_billed, found["by_use"])),
            tuple(map(_billed, found["by_day"])),
            tuple(_foreseen(found["foreseen"])),
            int(found["requests"]),
            str(found["refusal"]),
        )
    except (UsageError, ValueError, KeyError, TypeError, ArithmeticError):
        return None


def holds(told: Told, now: datetime) -> bool:
    """Whether it still does: of the same month, and not too old."""
    for_long = REFUSED if told.refusal else FRESH
    same_month = told.month.start <= now.date() < told.month.end
    return same_month and timedelta() <= now - told.asked < for_long


def _billed_json(billed: Billed) -> Mapping[str, Any]:
    return {
        "days": [str(billed.days.start), str(billed.days.end)],
        "keys": billed.keys,
        "cash": str(billed.cash.amount),
        "amortised": str(billed.amortised.amount),
        "currency": billed.cash.currency,
        "estimated": billed.estimated,
    }


def _billed(item: Mapping[str, Any]) -> Billed:
    start, end = map(date.fromisoformat, item["days"])
    currency = str(item["currency"])
    return Billed(
        Days(start, end),
        tuple(map(str, item["keys"])),
        Money(Decimal(item["cash"]), currency),
        Money(Decimal(item["amortised"]), currency),
        bool(item["estimated"]),
    )


def _foreseen(items: Iterable[list[str]]) -> Iterable[Foreseen]:
    for day, *amounts in items:
        mean, low, high = map(Decimal, amounts)
        yield Foreseen(date.fromisoformat(day), mean, low, high)
