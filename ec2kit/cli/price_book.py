"""The price book of whoever types: what was updated or imported on this machine, before the table that comes along."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ec2kit.cli.context import Context
    from ec2kit.costs.prices.book import PriceBook


def price_directory(context: Context) -> Path:
    """Where books are kept. A practice AWS, and whatever else is no AWS, has prices of its own: they must not get
    among the real ones."""
    environ = context.surroundings.environ
    endpoint = environ.get("AWS_ENDPOINT_URL_PRICING") or environ.get("AWS_ENDPOINT_URL", "")
    other = f"sandbox-{context.sandbox}" if context.sandbox else re.sub(r"[^a-z0-9.]+", "-", endpoint.lower())
    return context.state_directory / ("prices" if not other else f"prices-{other.strip('-')}")


def book_of(context: Context, at: datetime | None = None) -> PriceBook:
    """What is known here now, or was at a time; AWS is not asked. Raises `Ec2kitError`."""
    from ec2kit.costs.prices.local import local_book

    return local_book(price_directory(context), at)
