"""What usage reports say, as JSON, as rows and as a page for people: every amount with its view, and nothing left
out."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from ec2kit.costs.usage.answers import Answer, Bill, Idle, Item, Sums
from ec2kit.costs.usage.projecting import LEVEL, Projection
from ec2kit.costs.usage.reading import Read
from ec2kit.costs.usage.topics import OTHER
from ec2kit.model.money import Money, format_amount
from ec2kit.screen.bars import bars_text
from ec2kit.screen.columns import Column

Pairs = list[tuple[str, str]]
MOST_DRIVERS = 5
LONGEST = 36
"""Characters of a detail on a terminal: descriptions of FOCUS are whole sentences."""
LEAST_BARS = 2
"""Days that make a chart."""
MOST_OF_ONE = 5
"""Lines of one topic on a terminal; the rest is added up in one. Pipes and JSON have them all."""


def usage_json(found: Answer) -> dict[str, Any]:
    """Given the whole answer, return the documented JSON object."""
    return {
        "reports": [_report_json(each) for each in found.reads],
        "notes": list(found.notes),
        "bills": [_bill_json(each) for each in found.bills],
        "drivers": [item_json(each, "service") for each in found.drivers],
        "topics": [_topic_json(each) for each in found.topics],
        "idle_balancers": [
            {"id": each.resource, "region": each.region, "hours": _exact(each.hours), "cash": each.cash}
            for each in found.idle
        ],
    }


def item_json(item: Item, dimension: str) -> dict[str, Any]:
    """Given a line of a breakdown, return it as JSON."""
    return {dimension.replace("-", "_"): item.topic, **_sums_json(item.sums), "share": _ratio(item.share)}


def _report_json(read: Read) -> dict[str, Any]:
    return {
        "file": read.report.shown,
        "format": read.report.format,
        "lines": read.lines,
        "first_day": read.first and read.first.isoformat(),
        "last_day": read.last and read.last.isoformat(),
    }


def _bill_json(bill: Bill) -> dict[str, Any]:
    return {
        "currency": bill.currency or None,
        **_sums_json(bill.sums),
        "kinds": {kind: _sums_json(sums) for kind, sums in bill.kinds.items()},
        "days": [
            {
                "day": each.day.isoformat(),
                "cash": Money(each.cash, bill.currency) if bill.currency else None,
                "amortised": None
                if each.amortised is None or not bill.currency
                else Money(each.amortised, bill.currency),
            }
            for each in bill.days
        ],
        "projection": _projection_json(bill.projection, bill.currency),
    }


def _projection_json(found: Projection | None, currency: str) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "month": f"{found.month:%Y-%m}",
        "cash": Money(found.amount, currency),
        "low": None if found.low is None else Money(found.low, currency),
        "high": None if found.high is None else Money(found.high, currency),
        "level_percent": LEVEL,
        "method": found.method,
    }


def _topic_json(item: Item) -> dict[str, Any]:
    return {
        "topic": item.topic,
        "what": item.what or None,
        "detail": item.detail or None,
        "quantity": _exact(item.quantity),
        "unit": item.unit or None,
        **_sums_json(item.sums),
        "share": _ratio(item.share),
    }


def _sums_json(sums: Sums) -> dict[str, Any]:
    return {
        "cash": sums.cash,
        "amortised": sums.amortised,
        "lines": sums.lines,
        "lines_without_cost": sums.uncosted,
    }


def _ratio(value: Decimal | None) -> float | None:
    return None if value is None else float(round(value, 6))


def _exact(value: Decimal | None) -> str | None:
    """A quantity with all of its digits, which a float would not have; twelve of them after the point at most."""
    if value is None:
        return None
    text = f"{value:.12f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def usage_pairs(found: Answer) -> Pairs:
    """Given the whole answer, return what a person reads first."""
    pairs: Pairs = []
    for bill in found.bills:
        pairs += _bill_pairs(bill, len(found.bills) > 1)
    dear = [item for item in found.drivers if item.sums.cash][:MOST_DRIVERS]
    pairs += [("driver", _driver(item)) for item in dear]
    pairs += [("idle", _idle(each)) for each in found.idle]
    return [*pairs, *(("note", note) for note in found.notes)]


def _bill_pairs(bill: Bill, several: bool) -> Pairs:
    if bill.sums.cash is None:
        return [] if several else [("bill", f"none: {bill.sums.lines:,} lines of quantities")]
    spread = f", {bill.sums.amortised!s} amortised" if bill.sums.amortised else ""
    pairs: Pairs = [("bill", f"{bill.sums.cash!s} cash{spread}")]
    if len(bill.kinds) > 1:
        kinds = ((kind, sums.cash) for kind, sums in bill.kinds.items())
        pairs.append(
            ("of it", ", ".join(f"{kind} {format_amount(cash.amount)}" for kind, cash in kinds if cash))
        )
    return [*pairs, ("projection", _projected(bill.projection, bill.currency))]


def _projected(found: Projection | None, currency: str) -> str:
    if found is None:
        return "none: the month is over, or its days are too few to tell"
    between = ""
    if found.low is not None and found.high is not None:
        between = f" (with {LEVEL} % between {format_amount(found.low)} and {format_amount(found.high)})"
    return (
        f"{format_amount(found.amount)} {currency} cash for {found.month:%Y-%m}{between}: {found.method};"
        " tax and fees of the month's end are not in it"
    )


def _driver(item: Item) -> str:
    share = "" if item.share is None else f" {item.share * 100:.1f} %"
    return f"{item.sums.cash!s}{share}: {item.topic or '(no service)'}"


def _idle(found: Idle) -> str:
    cost = f", {found.cash!s}" if found.cash else ""
    where = found.region or "no region"
    return (
        f"{found.resource} ({where}): a balancer for {found.hours:,.0f} h{cost}, next to nothing through it"
    )


def sources(reads: Sequence[Read]) -> str:
    """On what the answer stands: the first line of every answer."""
    formats = sorted({str(each.report.format) for each in reads})
    names = f"'{reads[0].report.shown}'" if len(reads) == 1 else f"{len(reads)} files"
    lines = sum(each.lines for each in reads)
    days = [day for each in reads for day in (each.first, each.last) if day]
    between = f", {min(days).isoformat()} to {max(days).isoformat()}" if days else ""
    return f"{' and '.join(formats)}: {names}, {lines:,} lines{between} (UTC)"


def shortened(items: Sequence[Item]) -> list[Item]:
    """Given the lines of all topics, return those for a terminal: the dearest topic first, of many lines alike the
    dearest, and the rest of them as one."""
    topics: dict[str, list[Item]] = {}
    groups: dict[tuple[str, str, str], list[Item]] = {}
    for item in items:
        topics.setdefault(item.topic, []).append(item)
        currency = item.sums.cash.currency if item.sums.cash else ""
        mixed = OTHER in (item.topic, item.what)
        of = ("", currency) if mixed else (item.what, f"{item.unit} {currency}")
        groups.setdefault((item.topic, *of), []).append(item)
    order = sorted(groups, key=lambda key: (_cash_of(topics[key[0]]), key[0], _cash_of(groups[key])))
    return [item for key in order for item in _few(sorted(groups[key], key=_rank))]


def _cash_of(group: Sequence[Item]) -> Decimal:
    """Below zero, so that the dearest sorts first."""
    return -sum((abs(item.sums.cash.amount) for item in group if item.sums.cash), Decimal(0))


def _rank(item: Item) -> tuple[Decimal, Decimal]:
    return (_cash_of([item]), -(item.quantity or Decimal(0)))


def _few(group: list[Item]) -> list[Item]:
    if len(group) <= MOST_OF_ONE + 1:
        return group
    kept, rest = group[:MOST_OF_ONE], group[MOST_OF_ONE:]
    sums = sum((each.sums for each in rest[1:]), rest[0].sums)
    alike = len({each.unit for each in rest}) == 1 and all(each.quantity is not None for each in rest)
    quantity = sum((each.quantity or Decimal(0) for each in rest), Decimal(0)) if alike else None
    shares = [each.share for each in rest]
    share = sum((each or Decimal(0) for each in shares), Decimal(0)) if any(shares) else None
    what = rest[0].what if len({each.what for each in rest}) == 1 else ""
    return [
        *kept,
        Item(
            rest[0].topic, what, f"({len(rest)} more)", quantity, rest[0].unit if alike else "", sums, share
        ),
    ]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _shown_quantity(item: Item) -> str:
    if item.quantity is None:
        return ""
    size = abs(item.quantity)
    return (
        f"{item.quantity:,.0f}"
        if size >= 1000 or size == item.quantity.to_integral_value()
        else f"{item.quantity:,.3f}"
    )


def _shown(amount: Money | None) -> str:
    return "" if amount is None else format_amount(amount.amount)


def _percent(share: Decimal | None) -> str:
    return "" if share is None else f"{share * 100:.1f} %"


def _money_columns() -> tuple[Column[Item], ...]:
    return (
        Column("cash", lambda item: item.sums.cash, shown=lambda item: _shown(item.sums.cash)),
        Column("amortised", lambda item: item.sums.amortised, shown=lambda item: _shown(item.sums.amortised)),
        Column("currency", lambda item: item.sums.cash.currency if item.sums.cash else None),
        Column("share", lambda item: _ratio(item.share), shown=lambda item: _percent(item.share)),
    )


TOPIC_COLUMNS: tuple[Column[Item], ...] = (
    Column("topic", lambda item: item.topic),
    Column("what", lambda item: item.what),
    Column("detail", lambda item: item.detail, shown=lambda item: _cut(item.detail)),
    Column("quantity", lambda item: _exact(item.quantity), shown=_shown_quantity),
    Column("unit", lambda item: item.unit),
    *_money_columns(),
    Column("lines", lambda item: item.sums.lines, extra=True),
    Column("lines_without_cost", lambda item: item.sums.uncosted, extra=True),
)
"""What people ask about. The rows of all topics add up to the bill."""


def breakdown_columns(dimension: str, *, names: bool = False) -> tuple[Column[Item], ...]:
    """The columns of `--by DIMENSION`; `names` adds those of the fleet."""
    named: tuple[Column[Item], ...] = (Column("name", lambda item: item.detail),) if names else ()
    return (
        Column(dimension.replace("-", "_"), lambda item: item.topic),
        *named,
        *_money_columns(),
        Column("quantity", lambda item: _exact(item.quantity), shown=_shown_quantity),
        Column("unit", lambda item: item.unit),
        Column("lines", lambda item: item.sums.lines, extra=True),
        Column("lines_without_cost", lambda item: item.sums.uncosted, extra=True),
        Column("lines_without_cost", lambda item: item.sums.uncosted, extra=True),
    )


def usage_chart(bill: Bill, width: int) -> str:
    """Given a bill, return a chart of what its days used; empty where there is none to draw."""
    days = [(each.day, each.running) for each in bill.days]
    highest = max((amount for _, amount in days), default=Decimal(0))
    if not bill.currency or len(days) < LEAST_BARS or highest <= 0:
        return ""
    chart = bars_text(days, format_amount(highest), width)
    return f"usage a day, {bill.currency} cash, without tax, fees and credits\n{chart}"
