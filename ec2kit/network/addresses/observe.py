"""What AWS shows of addresses and of those who have them or should have them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ec2kit.errors import NotFound
from ec2kit.inventory.select import select, select_one
from ec2kit.inventory.selectors import parse
from ec2kit.model.instances import Address
from ec2kit.model.tags import HOLDER
from ec2kit.network.addresses.plan import Assignment
from ec2kit.network.addresses.words import find_address, one_address, tell_apart

if TYPE_CHECKING:
    from ec2kit.aws import Aws


@dataclass(frozen=True)
class Held:
    """An address with the names of who has it and who should have it."""

    address: Address
    instance_name: str = ""
    holder_name: str = ""

    @property
    def state(self) -> str:
        """`free`, `held`, or `foreign`: somebody else has it than `ec2kit:holder` says."""
        address, holder = self.address, self.address.tags.get(HOLDER)
        if holder and holder != address.instance:
            return "foreign" if address.association else "lost"
        return "held" if address.association else "free"


def listed(aws: Aws, words: Sequence[str] = ()) -> tuple[Held, ...]:
    """All addresses, or those that the words mean, with names; raises `NotFound`."""
    everything = aws.addresses.describe()
    chosen = tuple(one_address(word, everything) for word in words) if words else everything
    names = names_of(aws, (id for each in chosen for id in (each.instance, each.tags.get(HOLDER)) if id))
    ordered = sorted(dict.fromkeys(each.allocation for each in chosen))
    by_id = {each.allocation: each for each in chosen}
    return tuple(
        Held(each, names.get(each.instance or "", ""), names.get(each.tags.get(HOLDER, ""), ""))
        for each in sorted((by_id[id] for id in ordered), key=_numeric)
    )


def names_of(aws: Aws, ids: Iterable[str]) -> dict[str, str]:
    """The Names of these instances by id."""
    wanted = list(dict.fromkeys(ids))
    return {each.id: each.name for each in aws.instances.describe(wanted)} if wanted else {}


def assignment(aws: Aws, first: str, second: str, taken_from: str = "") -> Assignment:
    """Given an address and an instance in either order, and whom it may be taken from, return the assignment."""
    everything = aws.addresses.describe()
    address, word = tell_apart(first, second, everything)
    instance = select_one(aws, parse([word]))
    former = select_one(aws, parse([taken_from]), terminated=True) if taken_from else None
    known = {str(each.id): each.name for each in (instance, former) if each}
    if address.instance and address.instance not in known:
        known |= names_of(aws, [address.instance])
    return Assignment(address, instance, former.id if former else None, everything, known)


def addresses_for(aws: Aws, words: Sequence[str]) -> tuple[Address, ...]:
    """Given addresses, or instances that have one, return the addresses, each once; raises `NotFound`."""
    everything = aws.addresses.describe()
    chosen: dict[str, Address] = {}
    for word in words:
        for address in _meant(aws, word, everything):
            chosen[address.allocation] = address
    return tuple(chosen.values())


def _meant(aws: Aws, word: str, everything: Sequence[Address]) -> tuple[Address, ...]:
    address = find_address(word, everything)
    if address is not None:
        return (address,)
    try:
        instances = {instance.id for instance in select(aws, parse([word]))}
    except NotFound:
        return (one_address(word, everything),)
    found = tuple(each for each in everything if each.instance in instances)
    if instances and not found:
        raise NotFound(f"'{word}' has no Elastic IP", resource=word, hint="ec2kit eip ls")
    return found


def _numeric(address: Address) -> tuple[int, ...]:
    return tuple(int(part) for part in address.public_ip.split("."))
