"""The answers as values: the bill, what drives it, what people ask about, day by day. Amounts are exact, never a
float."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from ec2kit.costs.usage import questions
from ec2kit.costs.usage.database import Database
from ec2kit.costs.usage.projecting import Projection, project
from ec2kit.costs.usage.reading import BILL, Read
from ec2kit.errors import UsageError
from ec2kit.model.money import MOST, Money

GIB = Decimal(1 << 30)
HOURS_A_DAY = 24


@dataclass(frozen=True)
class Sums:
    """What some lines come to; `cash` is None where the report has no money, `amortised` where it does not tell."""

    cash: Money | None
    amortised: Money | None
    lines: int
    uncosted: int = 0
    """Lines of them that have no cost, and are in neither sum."""

    def __add__(self, other: Sums) -> Sums:
        lines, uncosted = self.lines + other.lines, self.uncosted + other.uncosted
        if self.cash is None or other.cash is None:
            return replace(self if other.cash is None else other, lines=lines, uncosted=uncosted)
        if self.amortised is None or other.amortised is None:
            return Sums(self.cash + other.cash, None, lines, uncosted)
        return Sums(self.cash + other.cash, self.amortised + other.amortised, lines, uncosted)


@dataclass(frozen=True)
class Item:
    """One line of an answer: what it is, how much of it, and what it costs."""

    topic: str
    what: str
    detail: str
    quantity: Decimal | None
    unit: str
    sums: Sums
    share: Decimal | None = None
    """Of the bill's cash in this currency."""


@dataclass(frozen=True)
class Day:
    """What a day cost; `running` is usage alone."""

    day: date
    running: Decimal
    cash: Decimal
    amortised: Decimal | None


@dataclass(frozen=True)
class Idle:
    """A balancer that was there, and carried next to nothing."""

    resource: str
    region: str
    hours: Decimal
    cash: Money | None


@dataclass(frozen=True)
class Bill:
    """All of one currency; an empty one is a report without money."""

    currency: str
    sums: Sums
    kinds: Mapping[str, Sums]
    days: Sequence[Day]
    projection: Projection | None


@dataclass(frozen=True)
class Answer:
    """Everything that a report says by itself."""

    reads: Sequence[Read]
    notes: Sequence[str]
    bills: Sequence[Bill]
    topics: Sequence[Item]
    drivers: Sequence[Item]
    idle: Sequence[Idle] = field(default_factory=tuple)


def ask(database: Database, reads: Sequence[Read], notes: Sequence[str], where: str = "") -> Answer:
    """Ask everything of the lines that were read, or of those that `where` leaves.

    Raises `UsageError` where a single line is beyond belief.
    """
    bills = _bills(database, where)
    totals = {bill.currency: bill.sums.cash for bill in bills}
    return Answer(
        reads,
        (*notes, *_remarks(bills, reads)),
        bills,
        _by_topic(database, where, totals),
        broken_down(database, "service", where, totals),
        tuple(
            Idle(resource, region or "", hours, _money(cash, currency))
            for resource, region, currency, hours, cash in database.rows(
                questions.idle_balancers(BILL, where)
            )
        ),
    )


def broken_down(
    database: Database, dimension: str, where: str = "", totals: Mapping[str, Money | None] | None = None
) -> tuple[Item, ...]:
    """What each value of a dimension costs, the dearest first; a quantity only where it is all of one unit."""
    if totals is None:
        totals = {bill.currency: bill.sums.cash for bill in _bills(database, where)}
    found = []
    for item, currency, *rest in database.rows(questions.breakdown(dimension, BILL, where)):
        *summed, quantity, units, unit = rest
        sums = _sums(currency, summed)
        alone = units == 1
        known = Item(item or "", "", "", quantity if alone else None, (unit or "") if alone else "", sums)
        found.append(_with_share(known, totals))
    return tuple(found)


def _bills(database: Database, where: str) -> tuple[Bill, ...]:
    kinds: dict[str, dict[str, Sums]] = {}
    ending: dict[str, datetime | None] = {}
    for kind, currency, largest, last, *summed in database.rows(questions.by_kind(BILL, where)):
        if largest >= MOST:
            raise UsageError(
                f"a line of {largest:,.0f} {currency} is beyond belief",
                hint="is this the report as AWS wrote it?",
            )
        key = currency or ""
        kinds.setdefault(key, {})[kind] = _sums(currency, summed)
        ending[key] = max(filter(None, (ending.get(key), last)), default=None)
    days: dict[str, list[Day]] = {key: [] for key in kinds}
    for day, currency, running, cash, amortised in database.rows(questions.by_day(BILL, where)):
        if day is not None:
            days[currency or ""].append(Day(day, running or Decimal(0), cash or Decimal(0), amortised))
    return tuple(_bill(key, kinds[key], days[key], ending[key]) for key in sorted(kinds))


def _bill(currency: str, kinds: Mapping[str, Sums], days: Sequence[Day], ending: datetime | None) -> Bill:
    parts = list(kinds.values())
    whole = sum(parts[1:], parts[0])
    return Bill(currency, whole, kinds, days, _projection(days, ending) if currency else None)


def _projection(days: Sequence[Day], ending: datetime | None) -> Projection | None:
    """A day of which hours are missing still is not whole: hourly reports end within it, daily ones do not tell."""
    used = [day for day in days if day.running]
    if not used or ending is None:
        return None
    last = used[-1].day
    whole = last + timedelta(days=1) if ending >= _midnight_after(last) else last
    running = {day.day: day.running for day in days}
    return project(running, {day.day: day.cash for day in days}, whole)


def _midnight_after(day: date) -> datetime:
    after = day + timedelta(days=1)
    return datetime(after.year, after.month, after.day)  # noqa: DTZ001  the database's times are UTC without a zone


def _by_topic(database: Database, where: str, totals: Mapping[str, Money | None]) -> tuple[Item, ...]:
    found: dict[tuple[str, ...], Item] = {}
    for topic, what, detail, unit, currency, month, quantity, *summed in database.rows(
        questions.by_topic(BILL, where)
    ):
        sums = _sums(currency, summed)
        item = Item(topic, what or "", detail or "", quantity, unit or "", sums)
        item = _scaled(item, month) if month else item
        key = (topic, item.what, item.detail, item.unit, currency or "")
        found[key] = _joined(found[key], item) if key in found else item
    items = (_with_share(item, totals) for item in found.values())
    return tuple(sorted(items, key=_dearest))


def _dearest(item: Item) -> tuple[str, Decimal, str, str]:
    return (item.topic, -item.sums.cash.amount if item.sums.cash else Decimal(0), item.what, item.detail)


def _joined(one: Item, other: Item) -> Item:
    quantity = None if one.quantity is None or other.quantity is None else one.quantity + other.quantity
    return replace(one, quantity=quantity, sums=one.sums + other.sums)


def _scaled(item: Item, month: date) -> Item:
    """Bytes as GB, and byte-hours as GB-months of the month they are in (S3 User Guide: 2^30 bytes, its own hours)."""
    if item.quantity is None or item.unit not in ("Bytes", "Byte-Hrs"):
        return item
    if item.unit == "Bytes":
        return replace(item, quantity=item.quantity / GIB, unit="GB")
    hours = monthrange(month.year, month.month)[1] * HOURS_A_DAY
    return replace(item, quantity=item.quantity / GIB / hours, unit="GB-Mo")


def _with_share(item: Item, totals: Mapping[str, Money | None]) -> Item:
    cash = item.sums.cash
    total = totals.get(cash.currency) if cash else None
    return replace(item, share=cash.amount / total.amount if cash and total and total.amount > 0 else None)


def _sums(currency: str | None, summed: Sequence[Any]) -> Sums:
    """Of the columns of `questions.SUMMED`."""
    cash, amortised, lines, uncosted, unspread = summed
    spread = None if unspread else _money(amortised, currency)
    return Sums(_money(cash, currency), spread, int(lines), int(uncosted))


def _money(amount: Decimal | None, currency: str | None) -> Money | None:
    return None if amount is None or not currency else Money(amount, currency)


def _remarks(bills: Sequence[Bill], reads: Iterable[Read]) -> list[str]:
    found = []
    if not all(each.report.format.has_money for each in reads):
        found.append("old usage reports have no money in them: quantities only")
    if len(bills) > 1:
        names = ", ".join(bill.currency or "none" for bill in bills)
        found.append(f"several currencies ({names}): each is added up by itself")
    if any(bill.currency and bill.sums.amortised is None for bill in bills):
        found.append(
            "no amortised sum: the report lacks columns of reservations or savings plans that it has lines of"
        )
    return found
