"""So many of a type, somewhere: reservations that are to be owned too, or machines that are to run too. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ec2kit.costs.fleet.sizes import LINUX
from ec2kit.costs.prices.price import PLATFORMS, System
from ec2kit.errors import UsageError

MOST = 100_000
HINT = (
    "write a type, how many, and in which of several regions: 'm5.large x4 eu-west-1', 'm5.large x4 windows'"
)
_KIND = re.compile(
    r"(?P<type>[a-z0-9-]+\.[a-z0-9-]+)(?:\s*[x×*]\s*(?P<count>\d{1,9}))?(?P<rest>(?:\s+[a-z0-9-]+)*)",
    re.ASCII | re.IGNORECASE,
)
_PLACE = re.compile(r"(?P<region>[a-z][a-z-]+-\d{1,2})(?P<zone>(?:-[a-z]{3}-\d{1,2})?[a-z])?", re.ASCII)


@dataclass(frozen=True)
class Wished:
    """So many of a type in a region, or in one zone of it."""

    type: str
    count: int
    region: str
    zone: str = ""
    """Empty for what may be in any: a reservation that is good in all of the region."""
    platform: str = LINUX

    def __str__(self) -> str:
        system = "" if self.platform == LINUX else f" ({self.platform})"
        return f"{self.count:,} × {self.type}{system} in {self.zone or self.region}"


def parse_wished(text: str, regions: Sequence[str], what: str = "reservation") -> Wished:
    """Given `m5.large x4`, with a region or zone where there are several regions, and a system that is not Linux,
    return it; `what` it is, for errors.

    Raises `UsageError`.
    """
    found = _KIND.fullmatch(text.strip())
    if not found:
        raise UsageError(f"'{text}' is no {what}", hint=HINT)
    count = int(found["count"] or 1)
    if not 0 < count <= MOST:
        raise UsageError(f"'{text}' is {'none' if not count else 'more than anybody has'}", hint=HINT)
    place, system = "", System.LINUX
    for word in found["rest"].lower().split():
        if word in list(System):
            system = System(word)
        elif word != "in" and not place and _PLACE.fullmatch(word):
            place = word
        elif word != "in":
            raise UsageError(f"'{word}' in '{text}' is no region, zone or system", hint=HINT)
    region, zone = _place(place, regions, text)
    return Wished(found["type"].lower(), count, region, zone, PLATFORMS[system])


def _place(place: str, regions: Sequence[str], text: str) -> tuple[str, str]:
    if not place:
        if len(regions) > 1:
            raise UsageError(f"'{text}' does not say in which of {len(regions)} regions", hint=HINT)
        return regions[0], ""
    found = _PLACE.fullmatch(place)
    region = found["region"] if found else place
    if region not in regions:
        raise UsageError(f"'{region}' is not among the regions that are looked at", hint=f"--region {region}")
    return region, place if place != region else ""
