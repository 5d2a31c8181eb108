"""What things cost a month, as JSON and in words: the sum, its parts, what has no price, and what it stands on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from ec2kit.costs.planned import PlanCost
from ec2kit.costs.standing import Cost, Part, sources
from ec2kit.model.money import Money, format_amount

MORE = "`ec2kit cost prices --update` asks AWS for more"


def monthly_text(cost: Cost) -> str:
    """Given what something costs, return the sum: `12.34 USD a month`, `at most 2.80 USD a month`, or that it is not
    known."""
    total = cost.monthly
    if total is None:
        return "what it costs is not known" if cost.parts else "nothing"
    most = "at most " if cost.at_most else ""
    more = ", and what is not counted" if cost.unpriced else ""
    return f"{most}{total} a month{more}"


def parts_text(cost: Cost) -> str:
    """Given what something costs, return its parts, those of a kind together: `t3.micro 7.30, 28 GiB of gp3 2.24`."""
    return ", ".join(f"{_what(parts)} {_amount(parts)}" for parts in _alike(cost.parts))


def unpriced_text(cost: Cost) -> str:
    """Given what something costs, return what has no price; empty when all has."""
    unseen = cost.unseen
    without = [unit for unit in cost.unpriced if unit not in unseen]
    words = [f"no price known for {', '.join(without)} ({MORE})"] if without else []
    words += [f"not counted: {', '.join(unseen)}"] if unseen else []
    return "; ".join(words)


def cost_json(cost: Cost | None, now: datetime) -> dict[str, Any] | None:
    """Given what something costs, return the documented JSON object; None for None: nobody looked."""
    if cost is None:
        return None
    return {
        "month": cost.monthly,
        "at_most": cost.at_most,
        "parts": [
            {
                "kind": part.kind,
                "resource": part.resource,
                "what": part.what,
                "month": part.monthly,
            }
            for part in cost.parts
        ],
        "unpriced": list(cost.unpriced),
        "sources": list(sources(cost.rates, now)),
    }


def cost_pairs(cost: Cost, now: datetime) -> Iterator[tuple[str, str]]:
    """Given what something costs, yield it for a person: the sum with its parts, what has no price, the sources."""
    if cost.monthly is not None:
        yield "costs", f"{monthly_text(cost)} (730 h): {parts_text(cost.priced)}"
    if unpriced := unpriced_text(cost):
        yield "costs", unpriced
    yield from (("prices", source) for source in sources(cost.rates, now))


def plan_cost_lines(found: PlanCost, now: datetime) -> Iterator[str]:
    """Given what a plan costs, yield it for a person; nothing for a plan that makes nothing which is billed."""
    if found.trouble:
        yield f"what it costs cannot be told: {found.trouble}"
    elif found.steps:
        yield from (f"{label}: {text}" for label, text in cost_pairs(found.whole, now))


def after_lines(ends: Cost, stays: Cost, now: datetime) -> Iterator[str]:
    """Given what is billed no more and what stays billed, yield both for a person, with what has no price."""
    both = ends + stays
    if ends.monthly is not None:
        yield f"no longer billed: {monthly_text(ends)}: {parts_text(ends.priced)}"
    if stays.monthly is not None:
        yield f"goes on to be billed: {monthly_text(stays)}: {parts_text(stays.priced)}"
    if unpriced := unpriced_text(both):
        yield unpriced
    yield from (f"prices: {source}" for source in sources(both.rates, now))


def _alike(parts: Iterable[Part]) -> Iterable[list[Part]]:
    found: dict[tuple[str, str], list[Part]] = {}
    for part in parts:
        found.setdefault((part.kind, part.unit), []).append(part)
    return found.values()


def _what(parts: list[Part]) -> str:
    first, quantity = parts[0], sum((part.quantity for part in parts), Decimal(0))
    if not first.hourly:
        return f"{quantity} {first.unit}"
    return first.unit if len(parts) == 1 else f"{len(parts)} × {first.unit}"


def _amount(parts: list[Part]) -> str:
    amounts: list[Money] = [amount for part in parts if (amount := part.monthly) is not None]
    return format_amount(sum((each.amount for each in amounts), Decimal(0)))
