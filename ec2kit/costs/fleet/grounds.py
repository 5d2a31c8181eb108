"""What an answer stands on beside prices, and what could not be had for it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ec2kit.costs.fleet.wished import Wished


class What(StrEnum):
    """What may be lacking."""

    MACHINES = "machines"
    """All that runs in a region."""
    RESERVATIONS = "reservations"
    """What is owned there."""
    PLANS = "plans"
    """Savings plans that are owned, which are of no region."""
    PLAN_RATES = "plan-rates"
    """Their own rates: the price book's are taken."""
    ADDED = "added"
    """What was to be there too, in a region of which nothing is known."""


@dataclass(frozen=True)
class Lack:
    """Something that is not in the answer, where, and why."""

    what: What
    region: str
    """Empty for what is of all regions."""
    why: str


@dataclass(frozen=True)
class Grounds:
    """What an answer stands on."""

    lacks: tuple[Lack, ...] = ()
    periods: tuple[tuple[datetime, datetime], ...] = ()
    """The times that usage reports have."""
    notes: tuple[str, ...] = ()
    """What the reports' files had to be said of."""


def where_known(wished: Iterable[Wished], lacks: Iterable[Lack]) -> tuple[Wished, ...]:
    """Given what is to be there too, return what of it is where machines are known: elsewhere it would look unused."""
    gone = {lack.region for lack in lacks if lack.what is What.MACHINES}
    return tuple(each for each in wished if each.region not in gone)


def lost(wished: Iterable[Wished], lacks: Iterable[Lack]) -> tuple[Lack, ...]:
    """Given the same, return the rest as lacking, once for each region."""
    gone = {lack.region: lack.why for lack in lacks if lack.what is What.MACHINES}
    regions = dict.fromkeys(each.region for each in wished if each.region in gone)
    return tuple(Lack(What.ADDED, region, gone[region]) for region in regions)
