"""How high something stood for how long, sorted by height: what a bound on it would have caught. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True)
class Levels:
    """Heights in order, with the hours up to each and what they add up to; made by `levels_of`."""

    heights: tuple[int, ...]
    hours: tuple[int, ...]
    """Of this height and of all lower ones."""
    sums: tuple[int, ...]
    """Height × hours, of this and of all lower ones."""

    def below(self, bound: int) -> int:
        """The sum over all hours of the height, or of the bound where it stood higher."""
        at = bisect_right(self.heights, bound)
        hours, total = (self.hours[at - 1], self.sums[at - 1]) if at else (0, 0)
        return total + bound * (self.hours[-1] - hours) if self.hours else 0

    @property
    def highest(self) -> int:
        """The greatest height; 0 of nothing."""
        return self.heights[-1] if self.heights else 0


def levels_of(found: Iterable[tuple[int, int]]) -> Levels:
    """Given heights with the hours of each, in any order, return them sorted."""
    by_height: dict[int, int] = {}
    for height, hours in found:
        by_height[height] = by_height.get(height, 0) + hours
    ordered = sorted(by_height.items())
    return Levels(
        tuple(height for height, _ in ordered),
        tuple(accumulate(hours for _, hours in ordered)),
        tuple(accumulate(height * hours for height, hours in ordered)),
    )
