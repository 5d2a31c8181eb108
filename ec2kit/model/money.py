"""Money: an exact amount and its currency. Never a float: a bill has to add up to the cent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from ec2kit.errors import UsageError

USD = "USD"
"""What AWS's price lists and bills are in, but for China's regions."""
MOST = Decimal(10) ** 12
"""More than anybody's bill; an amount beyond it is a slip."""
_AMOUNT = re.compile(
    r"(?P<whole>\d{1,3}(?:,\d{3})+|\d+)?(?:\.(?P<part>\d{1,12}))?(?:e(?P<power>-?\d\d?))?", re.ASCII
)
_CENT = Decimal("0.01")
_FINE = Decimal("0.000001")


@dataclass(frozen=True, order=True)
class Money:
    """An amount with all of its digits; what is shown is rounded, what is added up is not."""

    amount: Decimal
    currency: str = USD

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __mul__(self, factor: Decimal | int) -> Money:
        return Money(self.amount * factor, self.currency)

    def __truediv__(self, divisor: Decimal | int) -> Money:
        return Money(self.amount / divisor, self.currency)

    def __str__(self) -> str:
        return f"{format_amount(self.amount)} {self.currency}"

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise ValueError(f"{other} is not in {self.currency}")
        return other.amount


def parse_amount(text: str, what: str) -> Decimal:
    """Given an amount as people and price lists write it (`0.025`, `$54`, `1,234.50`), return it.

    Raises `UsageError`, which names `what` it was to be, for what is no amount, is below zero or beyond belief.
    """
    word = text.strip().lower().removeprefix("$").removesuffix("usd").strip()
    found = _AMOUNT.fullmatch(word)
    if not found or not (found["whole"] or found["part"]):
        hint = "write it as 0.025 or 1234.50: digits, and a point for the fraction"
        raise UsageError(f"'{text}' is no amount for {what}", hint=hint)
    amount = Decimal(word.replace(",", ""))
    if amount >= MOST:
        raise UsageError(f"'{text}' is beyond what {what} can be")
    return amount


def format_amount(amount: Decimal) -> str:
    """Given an amount, return it with two digits after the point, as a bill has it: `1,234.50`.

    What is less than half a cent is not shown as nothing: `<0.01`, or `>-0.01` for what is given back.
    """
    rounded = amount.quantize(_CENT, ROUND_HALF_EVEN) + 0
    if amount and not rounded:
        return "<0.01" if amount > 0 else ">-0.01"
    return f"{rounded:,f}"


def format_rate(amount: Decimal) -> str:
    """Given a price per hour or piece, return it with two to six digits after the point: `0.0162`, `0.10`; one that is
    too small for them with the first two digits that it has: `0.000000052`."""
    fine = amount.quantize(_FINE, ROUND_HALF_EVEN) + 0
    if amount and not fine:
        fine = amount.quantize(Decimal(1).scaleb(amount.adjusted() - 1), ROUND_HALF_EVEN)
    whole, _, part = f"{fine:f}".partition(".")
    return f"{whole}.{part.rstrip('0'):0<2}"
