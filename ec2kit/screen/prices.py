"""Prices as rows: what, where, for which unit, and always where a price is from and how old it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ec2kit.costs.prices.book import PriceBook
from ec2kit.costs.prices.price import PriceList
from ec2kit.costs.prices.units import HOURS_A_MONTH, INCLUDED, PER, Kind, Thing, UnitPrice
from ec2kit.errors import NotFound
from ec2kit.model.money import Money, format_amount, format_rate
from ec2kit.screen.columns import Column

OLD_DAYS = 90
"""AWS changes some price in most quarters."""


@dataclass(frozen=True)
class PriceRow:
    """One price; `monthly` is that of one which is there all of a month, 730 hours."""

    kind: str
    type: str
    region: str
    system: str
    price: Money
    per: str
    monthly: Money
    offers: int
    source: str
    published: datetime | None
    now: datetime
    included: int = 0

    @classmethod
    def of_machine(cls, found: PriceList, now: datetime) -> PriceRow:
        """A machine's price on demand."""
        machine, price = found.machine, Money(found.on_demand.hourly, found.on_demand.currency)
        return cls(
            "machine",
            machine.type,
            machine.region,
            machine.system.value,
            price,
            "hour",
            price * HOURS_A_MONTH,
            len(found.reserved),
            found.source,
            found.published,
            now,
        )

    @classmethod
    def of_unit(cls, found: UnitPrice, now: datetime) -> PriceRow:
        """The price of what machines hang on."""
        thing, price = found.thing, Money(found.amount, found.currency)
        monthly = price * (HOURS_A_MONTH if thing.kind is Kind.ADDRESS else 1)
        included = INCLUDED.get((thing.kind, thing.type), 0)
        words = (thing.kind.value, thing.type, thing.region, "", price, PER[thing.kind], monthly, 0)
        return cls(*words, found.source, found.published, now, included)

    @property
    def age_days(self) -> int | None:
        """How old it is."""
        return None if self.published is None else max((self.now - self.published).days, 0)


def price_rows(book: PriceBook, things: Iterable[Thing], region: str, now: datetime) -> Iterator[PriceRow]:
    """Given a book, yield the rows of what machines hang on in a region."""
    for thing in sorted(each for each in things if each.region == region):
        try:
            yield PriceRow.of_unit(book.unit(thing), now)
        except NotFound:
            continue


def age_line(rows: Sequence[PriceRow]) -> str:
    """Given rows, return how old the oldest is, and what to do about it."""
    ages = [row.age_days for row in rows if row.age_days is not None]
    if not ages:
        return "prices of an unknown date"
    oldest = max(ages)
    if oldest <= OLD_DAYS:
        return f"prices of at most {oldest} days ago"
    said = f"{oldest} days" if oldest < 730 else f"{Decimal(oldest) / 365:.1f} years"
    return f"the oldest of these prices is {said} old: `ec2kit cost prices --update` asks AWS"


def _day(moment: datetime | None) -> str:
    return "" if moment is None else moment.date().isoformat()


def _monthly(row: PriceRow) -> str:
    """What is priced by the month is not rounded: nobody has a single one of it."""
    if row.price == row.monthly:
        return format_rate(row.monthly.amount)
    return format_amount(row.monthly.amount)


PRICE_COLUMNS: tuple[Column[PriceRow], ...] = (
    Column("kind", lambda row: row.kind),
    Column("type", lambda row: row.type),
    Column("region", lambda row: row.region),
    Column("system", lambda row: row.system),
    Column("price", lambda row: row.price),
    Column("per", lambda row: row.per),
    Column("monthly", lambda row: row.monthly, shown=_monthly),
    Column("currency", lambda row: row.price.currency),
    Column("offers", lambda row: row.offers),
    Column("published", lambda row: row.published, shown=lambda row: _day(row.published)),
    Column("source", lambda row: row.source),
    Column("age_days", lambda row: row.age_days, extra=True),
    Column("included", lambda row: row.included, extra=True),
)
"""`offers` are the reservations and savings plans that are known; `included` costs nothing, of each volume."""
