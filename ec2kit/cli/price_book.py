"""The price book of whoever types: what was updated or imported on this machine, before the table that comes along."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ec2kit.cli.context import Context
    from ec2kit.costs.prices.book import PriceBook


def price_directory(context: Context) -> Path:
    """Where books are kept. A practice AWS has prices of its own: they must not get among the real ones."""
    return context.state_directory / (f"prices-sandbox-{context.sandbox}" if context.sandbox else "prices")


def book_of(context: Context, at: datetime | None = None) -> PriceBook:
    """What is known here now, or was at a time; AWS is not asked. Raises `Ec2kitError`."""
    from ec2kit.costs.prices.local import local_book

    return local_book(price_directory(context), at)
