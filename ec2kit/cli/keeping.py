"""The options that say what to keep, the same for images and for snapshot sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from ec2kit.model.periods import parse_duration
from ec2kit.snapshots.retention import Policy

Function = TypeVar("Function", bound=Callable[..., Any])

COUNTS = ("last", "hourly", "daily", "weekly", "monthly", "yearly")
HELP = {
    "last": "the N newest",
    "hourly": "the newest of each of the last N hours that have any",
    "daily": "of each of the last N days, UTC",
    "weekly": "of each of the last N weeks, from Monday on",
    "monthly": "of each of the last N months",
    "yearly": "of each of the last N years",
}


def keeps(function: Function) -> Function:
    """A command with the options of a policy; it gets them as `keep_last` and so on, for `policy_of`."""
    within = click.option("--keep-within", metavar="TIME", help="all so much older than the newest: 30d")
    function = within(function)
    for name in reversed(COUNTS):
        option = click.option(
            f"--keep-{name}", type=click.IntRange(min=0), default=0, metavar="N", help=HELP[name]
        )
        function = option(function)
    return function


def policy_of(given: dict[str, Any]) -> Policy:
    """Given the options of a policy, return it; raises `UsageError` when it keeps nothing."""
    within = given["keep_within"]
    counts = {name: int(given[f"keep_{name}"]) for name in COUNTS}
    return Policy(**counts, within=parse_duration(within) if within else None)
