"""A bill in memory, as Cost Explorer tells one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from ec2kit.costs.month.billing import Told
from ec2kit.errors import Ec2kitError
from ec2kit.model.bills import Billed, Days, Foreseen
from ec2kit.model.money import Money

DAY = timedelta(days=1)
NOW = datetime(2026, 6, 21, 12, tzinfo=UTC)


def usd(amount: str | int | Decimal) -> Money:
    """Dollars."""
    return Money(Decimal(amount))


def billed(
    start: date, amount: str | Decimal, *keys: str, end: date | None = None, spread: str = ""
) -> Billed:
    """What was billed on a day, or in days; `spread` is the amortised amount where it is another."""
    days = Days(start, end or start + DAY)
    return Billed(days, keys, usd(amount), usd(spread or amount), estimated=True)


def by_day(amounts: Sequence[str], last: date) -> tuple[Billed, ...]:
    """Days that end with `last`."""
    first = last - DAY * (len(amounts) - 1)
    return tuple(billed(first + DAY * number, amount) for number, amount in enumerate(amounts))


def told(amounts: Sequence[str], now: datetime = NOW, foreseen: Sequence[Foreseen] = ()) -> Told:
    """What Cost Explorer said of days of which the last is today."""
    return Told(now, (), by_day(amounts, now.date()), tuple(foreseen), 3)


@dataclass
class FakeBill:
    """Answers what was declared, and remembers what it was asked."""

    answers: Mapping[str, tuple[Billed, ...]] = field(default_factory=dict)
    foreseen: tuple[Foreseen, ...] = ()
    failure: Ec2kitError | None = None
    no_forecast: Ec2kitError | None = None
    asked: list[tuple[str, Days]] = field(default_factory=list)

    def billed(self, days: Days, granularity: str, group_by: tuple[str, ...] = ()) -> tuple[Billed, ...]:
        """By granularity."""
        self.asked.append((granularity, days))
        if self.failure:
            raise self.failure
        return self.answers.get(granularity, ())

    def forecast(self, days: Days, level: int) -> tuple[Foreseen, ...]:
        """As declared."""
        self.asked.append((f"forecast {level}", days))
        if self.no_forecast:
            raise self.no_forecast
        return self.foreseen
