"""Waiting as data: what is wanted, what means failure, how often in a row, how long at most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

CONFIRM = 3
"""Times in a row that AWS must show a result before it counts: EC2 answers from replicas that lag each other."""


@dataclass(frozen=True)
class Wait:
    """Look every `pause` until one of `wanted` was seen `times` in a row, or `failed` was, or `bound` has passed."""

    what: str
    wanted: frozenset[str]
    failed: frozenset[str] = frozenset()
    times: int = CONFIRM
    pause: timedelta = timedelta(seconds=5)
    bound: timedelta = timedelta(minutes=10)
