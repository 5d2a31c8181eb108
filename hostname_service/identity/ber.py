"""The bounds of a BER value, looked at before a parser that recurses sees it.

Attack: a thousand indefinite lengths inside each other exhaust the stack of a recursive parser, and a length that
points outside the bytes, or bytes behind the value, hide what was not signed.
"""

from __future__ import annotations

from typing import NamedTuple

MOST_DEPTH = 16
"""An identity blob is 10 deep, counted from the outermost SEQUENCE; with S/MIME capabilities, 11."""
MOST_VALUES = 512
"""An identity blob has about 60 values."""

MOST_LENGTH_BYTES = 3

_CONSTRUCTED = 0x20
_HIGH_TAG = 0x1F
_INDEFINITE = 0x80
_END = b"\0\0"


class Malformed(ValueError):
    """The bytes are not one bounded BER value; the message says at which byte."""


class _Open(NamedTuple):
    """A value whose members are being walked."""

    limit: int
    """No member may reach beyond this byte."""
    indefinite: bool
    """Whether it ends with two zeros, somewhere before the limit, and not at the limit."""


def check_bounds(data: bytes) -> None:
    """Given bytes, return if they are exactly one BER value of bounded depth and count; raises `Malformed`."""
    around = [_Open(len(data), indefinite=False)]
    at = _enter(data, 0, around)
    for _ in range(MOST_VALUES):
        at = _leave(data, at, around)
        if len(around) == 1:
            break
        at = _enter(data, at, around)
    else:
        raise Malformed(f"more than {MOST_VALUES} values")
    if at != len(data):
        raise Malformed(f"{len(data) - at} bytes behind the value")


def _enter(data: bytes, at: int, around: list[_Open]) -> int:
    """Given where a value begins, step over its header, and over its content if it has no members."""
    limit = around[-1].limit
    if at + 2 > limit:
        raise Malformed(f"cut off at byte {at}")
    tag = data[at]
    if tag == 0 or tag & _HIGH_TAG == _HIGH_TAG:
        raise Malformed(f"a tag of no use at byte {at}")
    constructed = bool(tag & _CONSTRUCTED)
    if data[at + 1] == _INDEFINITE and constructed:
        begins, ends, indefinite = at + 2, limit, True
    else:
        begins, length = _length(data, at + 1)
        ends, indefinite = begins + length, False
    if max(begins, ends) > limit:
        raise Malformed(f"longer than what is around it at byte {at}")
    if not constructed:
        return ends
    if len(around) > MOST_DEPTH:
        raise Malformed(f"nested deeper than {MOST_DEPTH} at byte {at}")
    around.append(_Open(ends, indefinite))
    return begins


def _leave(data: bytes, at: int, around: list[_Open]) -> int:
    """Given where a value ended, close all that end here; the outermost entry, the bytes themselves, stays."""
    while len(around) > 1:
        limit, indefinite = around[-1]
        if indefinite and data[at : at + 2] == _END and at + 2 <= limit:
            at += 2
        elif indefinite or at < limit:
            break
        around.pop()
    return at


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Given where a definite length is written, return where the content begins, and the length."""
    first = data[at]
    if first < _INDEFINITE:
        return at + 1, first
    size = first & 0x7F
    if not 0 < size <= MOST_LENGTH_BYTES:
        raise Malformed(f"a length of no use at byte {at}")
    return at + 1 + size, int.from_bytes(data[at + 1 : at + 1 + size], "big")
