"""The offers beside the one that is advised, as columns, and what could not be answered, in words."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from ec2kit.costs.fleet.missing import Missing
from ec2kit.costs.fleet.offerings import Offering
from ec2kit.costs.prices.price import Commitment
from ec2kit.errors import Ec2kitError, NotFound, PartialFailure
from ec2kit.model.money import Money, format_amount
from ec2kit.screen.columns import Column

FEW = 3
"""More are counted, not named."""


def _bound(offering: Offering) -> Commitment | None:
    return offering.price.commitment


def _unit(offering: Offering) -> str:
    return offering.advice.offered.unit.type if offering.advice.offered.unit else ""


def _reserve(offering: Offering) -> str:
    found = offering.reserving
    return f"{found.count} × {_unit(offering)}" if found else ""


def _upfront(offering: Offering) -> Money | None:
    return offering.reserving.upfront if offering.reserving else None


def _saving(offering: Offering) -> Money | None:
    return offering.reserving.saving_yearly if offering.reserving else None


def _percent(share: Decimal) -> str:
    return f"{(share * 100).quantize(Decimal('0.1'), ROUND_HALF_EVEN) + 0:f} %"


def _ratio(value: Decimal | None) -> float | None:
    return None if value is None else float(round(value, 6))


def _amount(value: Money | None) -> str:
    return "" if value is None else format_amount(value.amount)


OFFERING_COLUMNS: tuple[Column[Offering], ...] = (
    Column("what", lambda row: row.advice.market.what),
    Column("region", lambda row: row.advice.market.region),
    Column("offer", lambda row: str(_bound(row) or "")),
    Column("reserve", _reserve),
    Column("upfront", _upfront, shown=lambda row: _amount(_upfront(row))),
    Column("monthly", lambda row: row.monthly, shown=lambda row: _amount(row.monthly)),
    Column("saving_yearly", _saving, shown=lambda row: _amount(_saving(row))),
    Column("break_even", lambda row: _ratio(row.break_even), shown=lambda row: _percent(row.break_even)),
    Column("count", lambda row: row.reserving.count if row.reserving else 0, extra=True),
    Column("type", _unit, extra=True),
    Column("used", lambda row: _ratio(row.reserving.utilization) if row.reserving else None, extra=True),
    Column("paid_back_days", lambda row: _ratio(row.paid_back_days), extra=True),
    Column("advised", lambda row: row.reserving == row.advice.reserving and bool(row.reserving), extra=True),
    Column("platform", lambda row: row.advice.market.platform, extra=True),
    Column("term", lambda row: (_bound(row) or None) and row.price.offer.term, extra=True),
    Column("class", lambda row: (found := _bound(row)) and found.offering_class, extra=True),
    Column("payment", lambda row: (found := _bound(row)) and found.payment, extra=True),
)
"""Each offer with the count that would have saved the most. `monthly` is the hourly fees, used or not; `break_even`
the share of the term from which on one of it pays; `paid_back_days` when what is paid at once has been saved."""


def missing_error(missing: Missing) -> Ec2kitError:
    """Given what could not be answered, return the error: which prices are missing, and what gets them."""
    hint = "; ".join(missing.commands) or "no prices of such platforms are kept: see AWS's own pages"
    kinds = _few(missing.kinds)
    if missing.whole:
        return NotFound(f"nothing can be advised: prices of {kinds} are missing", hint=hint)
    return PartialFailure(f"not all could be answered: prices of {kinds} are missing", hint=hint)


def _few(words: Sequence[str]) -> str:
    more = f" and {len(words) - FEW} more" if len(words) > FEW else ""
    return ", ".join(words[:FEW]) + more
