"""Where a restored machine goes, and what it may be called: what AWS shows of subnets, zones and living names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ec2kit.aws.requests import Place
from ec2kit.errors import NotFound, UsageError
from ec2kit.fleet.restore_source import Described
from ec2kit.inventory.standing import quarantined
from ec2kit.model.ids import InstanceType, Zone
from ec2kit.model.instances import Instance
from ec2kit.model.network import Subnet

if TYPE_CHECKING:
    from ec2kit.aws import Aws


def places(aws: Aws, described: Described, words: Sequence[str]) -> tuple[Place, ...]:
    """Given zones or subnet ids, in the order to try them, return the places; none: where the machine was.

    Another zone is another subnet of the same network: the zone's default one, or the only one. Raises `NotFound`
    for a zone or subnet that does not exist, `UsageError` when the network has several in the zone.
    """
    spec = described.source.spec
    type = InstanceType(described.data.get("InstanceType", ""))
    subnets = aws.network.subnets()
    own = next((subnet for subnet in subnets if subnet.id == spec.subnet), None)
    if not words and own is not None:
        return (Place(type, own.id, own.zone),)
    vpc = own.vpc if own else _network(aws, described)
    chosen = [_subnet(word, subnets, own, vpc) for word in words or (spec.zone,)]
    return tuple(Place(type, subnet.id, subnet.zone) for subnet in chosen)


def _network(aws: Aws, described: Described) -> str:
    """The network of the machine's security groups: it outlives a subnet."""
    groups = described.machine.instance.groups
    found = aws.network.groups({"group-id": list(groups)}) if groups else ()
    return found[0].vpc if found else ""


def _subnet(word: str, subnets: Sequence[Subnet], own: Subnet | None, vpc: str) -> Subnet:
    if word.startswith("subnet-"):
        for subnet in subnets:
            if subnet.id == word:
                return subnet
        raise NotFound(f"subnet '{word}' does not exist", resource=word)
    if own is not None and word == own.zone:
        return own
    near = [subnet for subnet in subnets if subnet.zone == word and vpc in ("", subnet.vpc)]
    if not near:
        zones = ", ".join(sorted({subnet.zone for subnet in subnets if vpc in ("", subnet.vpc)}))
        raise NotFound(
            f"the machine's network has no subnet in a zone '{word}'",
            resource=word,
            hint=f"there are subnets in {zones}" if zones else "",
        )
    default = [subnet for subnet in near if subnet.default_for_zone]
    if not default and len(near) > 1:
        raise UsageError(
            f"zone '{word}' has {len(near)} subnets of the machine's network: "
            f"{', '.join(subnet.id for subnet in near)}",
            hint="name one of them with --to",
        )
    return (default or near)[0]


def zone_for_volumes(aws: Aws, words: Sequence[str], otherwise: str) -> Zone:
    """The one zone in which loose volumes are made; raises `UsageError` for several, `NotFound` for a wrong one."""
    if len(words) > 1:
        raise UsageError("loose volumes are made in one zone", hint="give --to once")
    wanted = words[0] if words else otherwise
    if not wanted:
        raise UsageError("the set does not say in which zone its machine was", hint="name a zone: --to ZONE")
    known = [zone.name for zone in aws.network.zones()]
    if wanted not in known:
        raise NotFound(
            f"zone '{wanted}' does not exist", resource=wanted, hint=f"there are {', '.join(known)}"
        )
    return Zone(wanted)


def living(aws: Aws, described: Described, name: str) -> tuple[Instance, ...]:
    """The living instances that count as the set's machine, or have a name that a restored one could get.

    One that is quarantined does not count: it must never come back as the machine.
    """
    own = described.source.spec
    names = [name, f"{name}-restored*", own.name, f"{own.name}-restored*"]
    found = aws.instances.describe([own.instance]) + aws.instances.describe(filters={"tag:Name": names})
    alive = {each.id: each for each in found if not each.state.is_gone and not quarantined(each.tags)}
    return tuple(alive.values())
