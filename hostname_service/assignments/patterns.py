"""Patterns such as `web-{n}.shop.example.com`: a machine gets the lowest number that nobody has, and keeps it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice

from hostname_service.assignments.names import name_in, shown

PLACE = "{n}"

MOST = 99_999
"""The highest number: a pattern that is valid has room for it in its label."""


@dataclass(frozen=True)
class Pattern:
    """A name with a place for a number in its first label."""

    prefix: str
    """What is before the number."""
    suffix: str
    """What is behind it, the zone with it."""

    def __str__(self) -> str:
        return f"{self.prefix}{PLACE}{self.suffix}"

    def name(self, number: int) -> str:
        """Given a number, return the name with it."""
        return f"{self.prefix}{number}{self.suffix}"

    def number(self, fqdn: str) -> int | None:
        """Given a name, return its number; None when it is not of this pattern (`web-01` is not `web-1`)."""
        if not fqdn.startswith(self.prefix) or not fqdn.endswith(self.suffix):
            return None
        told = fqdn[len(self.prefix) : len(fqdn) - len(self.suffix)]
        if not (told.isascii() and told.isdigit()) or len(told) > len(str(MOST)):
            return None
        number = int(told)
        return number if number >= 1 and self.name(number) == fqdn else None


def is_pattern(text: str) -> bool:
    """Whether a text wants to be a pattern, right or not."""
    return "{" in text or "}" in text


def pattern_in(text: str, zones: Sequence[str]) -> Pattern:
    """Given a text with one `{n}` in its first label, return the pattern in full; raises `ValueError`."""
    if text.count(PLACE) != 1 or text.count("{") != 1 or text.count("}") != 1:
        raise ValueError(f"{shown(text)} wants {PLACE} exactly once, and no other braces")
    if PLACE not in text.partition(".")[0]:
        raise ValueError(f"{shown(text)} wants {PLACE} before the first dot")
    prefix, _, behind = text.partition(PLACE)
    # A prefix that ends with a digit would make one name of two numbers: web1{n} with 1, web{n} with 11.
    if prefix[-1:].isdigit() or behind[:1].isdigit():
        raise ValueError(f"{shown(text)} wants no digit beside {PLACE}")
    longest = name_in(text.replace(PLACE, str(MOST)), zones)
    return Pattern(prefix, longest[len(prefix) + len(str(MOST)) :])


def free_names(pattern: Pattern, taken: Collection[str]) -> Iterator[str]:
    """Given the names that are taken, of this pattern or not, yield the free ones of the pattern from the lowest on."""
    numbers = {pattern.number(fqdn) for fqdn in taken}
    return (pattern.name(number) for number in islice(count(1), MOST) if number not in numbers)
