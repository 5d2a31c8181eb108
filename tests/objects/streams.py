"""Streams whose every byte is known, and what makes them again."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache

from ec2kit.objects.sending import Takes

MIB = 1 << 20


@cache
def noise(size: int, seed: int = 1) -> bytes:
    """Bytes that cannot be compressed, the same each time."""
    return random.Random(seed).randbytes(size)


def pouring(data: bytes, step: int = 3 * MIB) -> Callable[[Takes], None]:
    """Writes the data in pieces that fit nothing."""

    def pour(out: Takes) -> None:
        for at in range(0, len(data), step):
            out.write(data[at : at + step])

    return pour
