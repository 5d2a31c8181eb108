"""What could not be answered for lack of a price, and the commands that get the prices. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ec2kit.costs.fleet.report import Advice


@dataclass(frozen=True)
class Missing:
    """The markets of which something could not be answered."""

    advice: tuple[Advice, ...]
    whole: bool
    """Whether nothing at all could be answered."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """What they are, in words."""
        return tuple(
            f"{', '.join(each.offered.unpriced) or each.market.what} in {each.market.region}"
            for each in self.advice
        )

    @property
    def commands(self) -> tuple[str, ...]:
        """What gets the prices, where anything does."""
        return tuple(dict.fromkeys(each.offered.hint for each in self.advice if each.offered.hint))


def missing_in(advice: Iterable[Advice]) -> Missing | None:
    """Given advice, return what of it is missing for lack of a price; None when all is answered.

    What is covered already needs no price. Nor does what no reservation is good for, and what has offers, but none of
    those that were asked for.
    """
    judged = [each for each in advice if not each.apart]
    found = tuple(each for each in judged if each.unanswered)
    if not found:
        return None
    return Missing(found, all(each.unanswered and each.unanswered == each.left for each in judged))
