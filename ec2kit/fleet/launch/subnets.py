"""Which subnets a launch may use: those named, those of the zones named, or the default network's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ec2kit.errors import NotFound, UsageError
from ec2kit.inventory.nearest import SHOWN, nearest_hint
from ec2kit.model.ids import kind_of
from ec2kit.model.network import Subnet
from ec2kit.model.tags import NAME, name_of

if TYPE_CHECKING:
    from ec2kit.aws import Aws


def find_subnets(aws: Aws, words: Sequence[str], zones: Sequence[str], vpc: str = "") -> tuple[Subnet, ...]:
    """Given subnets by id or name, and zones, return the subnets to use, in the order of the words.

    Without words they are those of `vpc`, or the default subnets of the region's zones. Raises `NotFound` for
    a subnet or zone that does not exist, `UsageError` when no subnet is in the zones.
    """
    known_zones = {zone.name: zone.state for zone in aws.network.zones()}
    if unknown := [zone for zone in zones if zone not in known_zones]:
        raise NotFound(
            f"the zone '{unknown[0]}' does not exist",
            resource=unknown[0],
            hint=f"the zones are: {', '.join(sorted(known_zones))}",
        )
    found = _named(aws, words) if words else _usual(aws, vpc)
    if zones:
        ordered = [subnet for zone in zones for subnet in found if subnet.zone == zone]
        if not ordered:
            raise UsageError(f"none of the subnets is in {' or '.join(zones)}", hint="name one with --subnet")
        return tuple(ordered)
    available = tuple(subnet for subnet in found if known_zones.get(subnet.zone, "available") == "available")
    return available or tuple(found)


def of_one_vpc(subnets: Iterable[Subnet]) -> str:
    """The network of the subnets, empty for none; raises `UsageError` for several."""
    networks = list(dict.fromkeys(subnet.vpc for subnet in subnets))
    if len(networks) > 1:
        raise UsageError(
            f"the subnets are in {len(networks)} networks: {', '.join(networks)}",
            hint="security groups belong to one network: name subnets of one",
        )
    return networks[0] if networks else ""


def _named(aws: Aws, words: Sequence[str]) -> tuple[Subnet, ...]:
    ids = [word for word in words if kind_of(word) == "subnet"]
    names = [word for word in words if kind_of(word) != "subnet"]
    found = list(aws.network.subnets({"subnet-id": ids})) if ids else []
    found += aws.network.subnets({f"tag:{NAME}": names}) if names else ()
    chosen: dict[str, Subnet] = {}
    for word in words:
        hits = [subnet for subnet in found if word in (subnet.id, name_of(subnet.tags))]
        if not hits:
            raise NotFound(
                f"the subnet '{word}' does not exist", resource=word, hint=_subnets_hint(aws, word)
            )
        chosen.update({subnet.id: subnet for subnet in hits})
    return tuple(chosen.values())


def _subnets_hint(aws: Aws, word: str) -> str:
    """Subnets by their names where they have some, else by id and zone."""
    known = aws.network.subnets()
    if names := [name_of(subnet.tags) for subnet in known if name_of(subnet.tags)]:
        return nearest_hint(word, names, "subnets with a name")
    shown = [f"{subnet.id} ({subnet.zone})" for subnet in known[:SHOWN]]
    return f"no subnet has a name; there are: {', '.join(shown)}" if shown else "there are no subnets"


def _usual(aws: Aws, vpc: str) -> tuple[Subnet, ...]:
    if vpc:
        return aws.network.subnets({"vpc-id": [vpc]})
    found = aws.network.subnets({"default-for-az": ["true"]})
    if not found:
        raise UsageError(
            "this region has no default network to launch into",
            hint="name a subnet with --subnet, or write `subnets:` in ec2kit.yaml",
        )
    return found
