"""Run ids that sort by time and can be read over the telephone: ULIDs, 26 characters of Crockford's base 32."""

from __future__ import annotations

from datetime import datetime

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_BYTES = 10
"""80 bits after the 48 of the time in milliseconds (the ULID specification)."""


def ulid(moment: datetime, randomness: bytes) -> str:
    """Given an aware time and ten random bytes, return the ULID; later times sort after earlier ones."""
    if len(randomness) != RANDOM_BYTES:
        raise ValueError(f"a ULID takes {RANDOM_BYTES} random bytes, not {len(randomness)}")
    milliseconds = int(moment.timestamp() * 1000)
    number = (milliseconds << 80) | int.from_bytes(randomness, "big")
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
