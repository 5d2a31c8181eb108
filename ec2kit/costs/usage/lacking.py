"""What lines of reports lack that sums are made of: a cost, a day. Said beside each answer: a part of a bill looks
like the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ec2kit.costs.usage.database import Database
from ec2kit.costs.usage.questions import without_cost, without_day
from ec2kit.costs.usage.reading import BILL, Read
from ec2kit.costs.usage.wanted import Wanted
from ec2kit.model.money import Money

NAMED = 3
"""Usage types that are named, of those without a cost."""


def lacks(database: Database, reads: Sequence[Read], want: Wanted) -> list[str]:
    """Given what was read and what is wanted of it, return a sentence for each thing that lines lack."""
    if not any(each.report.format.has_money for each in reads):
        return []
    return [*_costs(database, want), *_days(database, want)]


def _costs(database: Database, want: Wanted) -> Iterator[str]:
    found = [
        (usage or "no usage type", int(lines))
        for usage, lines in database.rows(without_cost(BILL, want.where))
    ]
    if not found:
        return
    named = ", ".join(usage for usage, _ in found[:NAMED])
    more = f" and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
    lines = sum(lines for _, lines in found)
    are = "is" if lines == 1 else "are"
    yield f"{_have(lines)} no cost in the report, and {are} in no sum of money: {named}{more}"


def _days(database: Database, want: Wanted) -> Iterator[str]:
    for currency, lines, cash in database.rows(without_day(BILL, want.anytime)):
        worth = f", {Money(cash, currency)}" if cash is not None and currency else ""
        yield f"{_have(int(lines))} no date{worth}: in no month and no day"


def _have(lines: int) -> str:
    return f"{lines:,} line{' has' if lines == 1 else 's have'}"
