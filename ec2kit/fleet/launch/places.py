"""Where each of several new machines is tried: spread over zones first, then the next type. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ec2kit.aws.requests import Place
from ec2kit.model.ids import InstanceType, Zone
from ec2kit.model.network import Subnet

Offers = Collection[tuple[InstanceType, Zone]]


def places_for(
    number: int, subnets: Sequence[Subnet], types: Sequence[InstanceType], offered: Offers
) -> tuple[Place, ...]:
    """Given which of the machines it is (from 0), return the places to try, in order.

    Every zone is tried with the first type before the second type is: a type is chosen for what it is, a zone
    mostly for the spread. Machine after machine begins one zone further, so that they are spread evenly. What
    a zone does not offer is left out. Without subnets or without types that choice is the template's.
    """
    ring = _turned(_one_a_zone_first(subnets), number)
    kinds = list(types) or [InstanceType("")]
    if not ring:
        return tuple(Place(type=kind) for kind in kinds)
    return tuple(
        Place(type=kind, subnet=subnet.id, zone=subnet.zone)
        for kind in kinds
        for subnet in ring
        if not kind or (kind, subnet.zone) in offered
    )


def _one_a_zone_first(subnets: Sequence[Subnet]) -> list[Subnet]:
    """The subnets in an order in which each zone comes once before any comes again."""
    rounds: dict[Zone, int] = {}
    ranked: list[tuple[int, int, Subnet]] = []
    for position, subnet in enumerate(subnets):
        rounds[subnet.zone] = rounds.get(subnet.zone, 0) + 1
        ranked.append((rounds[subnet.zone], position, subnet))
    return [subnet for _, _, subnet in sorted(ranked, key=lambda item: item[:2])]


def _turned(ring: list[Subnet], by: int) -> list[Subnet]:
    start = by % len(ring) if ring else 0
    return ring[start:] + ring[:start]
