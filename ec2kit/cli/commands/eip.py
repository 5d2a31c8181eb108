"""`ec2kit eip`: Elastic IPs, and who holds them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import click

from ec2kit.cli.carrying import Manner
from ec2kit.cli.commands.priced import costs_of, say_total
from ec2kit.cli.context import Context
from ec2kit.cli.items import items_of
from ec2kit.cli.options import AT_ONCE, changes, reads
from ec2kit.costs.standing import Cost, Rates, address_part
from ec2kit.engine.plan import Plan
from ec2kit.engine.session import Outcome
from ec2kit.errors import UsageError
from ec2kit.fleet.tags.words import parse_pairs
from ec2kit.inventory.selectors import is_ip
from ec2kit.model.ids import kind_of
from ec2kit.model.tags import NAME
from ec2kit.network.addresses.observe import addresses_for, assignment, listed
from ec2kit.network.addresses.plan import allocate_plan, assign_plan, release_plan, unassign_plan
from ec2kit.network.addresses.words import one_address
from ec2kit.screen.addresses import ADDRESS_COLUMNS
from ec2kit.screen.reports import Item


@changes
@click.option("-n", "--count", type=AT_ONCE, default=1, show_default=True, help="how many")
@click.option("--name", metavar="NAME", help="its name, by which other commands know it: a Name tag")
@click.option("--tag", "tags", multiple=True, metavar="K=V", help="a tag")
def allocate(context: Context, count: int, name: str | None, tags: tuple[str, ...]) -> None:
    """Allocate Elastic IPs. Each is billed until it is released, in use or not.

    \b
    ec2kit eip allocate --name shop
    ec2kit eip allocate -n 2 --tag role=web
    """
    if name and count > 1:
        raise UsageError(f"{count} addresses cannot all be '{name}'", hint="allocate them one by one")
    parsed = {**parse_pairs(tags), **({NAME: name} if name else {})}
    context.carry_out(
        lambda: allocate_plan(count, parsed),
        Manner(items=_of_addresses("eip allocate"), costs=costs_of(context)),
    )


@reads
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]…")
def ls(context: Context, addresses: tuple[str, ...]) -> None:
    """List Elastic IPs: who has each, and who should (`foreign`: another has it; `lost`: nobody has it).

    \b
    ec2kit eip ls
    """
    words = context.expand(addresses)
    regions = context.everywhere()
    found = [(aws.region, held) for aws in regions for held in listed(aws, words)]
    context.announce(regions[0])

    def cost(rates: Rates) -> Cost:
        return Cost(tuple(address_part(rates, region) for region, _ in found))

    say_total(context, f"{len(found)} Elastic IP{'' if len(found) == 1 else 's'}", cost)
    context.show(ADDRESS_COLUMNS, [held for _, held in found])


@changes
@click.argument("address", metavar="ADDRESS")
@click.argument("instance", metavar="INSTANCE", required=False)
@click.option("--from", "taken_from", metavar="INSTANCE", help="take it from this one, if it has it")
def assign(context: Context, address: str, instance: str | None, taken_from: str | None) -> None:
    """Give an Elastic IP to an instance, in either order, and see that it holds it.

    A free address is taken only if it still is free. One that somebody has is refused without --from.

    \b
    ec2kit eip assign 203.0.113.9 web-1
    ec2kit eip assign web-2 203.0.113.9 --from web-1
    """
    words = context.expand([address, *([instance] if instance else [])])
    if len(words) != 2:
        raise _not_two(words)
    first, second = words
    context.carry_out(
        lambda: assign_plan(assignment(context.aws(), first, second, taken_from or "")),
        Manner(asks=taken_from is not None, items=_of_addresses("eip assign")),
    )


@changes
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS…")
def unassign(context: Context, addresses: tuple[str, ...]) -> None:
    """Take Elastic IPs from the instances that have them; an instance means the address that it has.

    \b
    ec2kit eip unassign 203.0.113.9
    """
    words = context.expand(addresses)
    context.carry_out(
        lambda: unassign_plan(addresses_for(context.aws(), words)),
        Manner(items=_of_addresses("eip unassign")),
    )


@changes
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS…")
def release(context: Context, addresses: tuple[str, ...]) -> None:
    """Give Elastic IPs back to AWS. They cannot be had back for certain; one in use is refused.

    \b
    ec2kit eip release 203.0.113.9
    """
    words = context.expand(addresses)

    def plan() -> Plan:
        everything = context.aws().addresses.describe()
        found = (one_address(word, everything) for word in words)
        return release_plan(tuple({each.allocation: each for each in found}.values()))

    context.carry_out(plan, Manner(items=_of_addresses("eip release")))


def _not_two(words: Sequence[str]) -> UsageError:
    """What to type instead of too few or too many words for `eip assign`."""
    if len(words) != 1:
        return UsageError(
            f"`ec2kit eip assign` takes one address and one instance, not {len(words)} words",
            hint="run it once for each address",
        )
    [word] = words
    if is_ip(word) or kind_of(word) == "address":
        return UsageError(
            f"`ec2kit eip assign {word}` does not say to which instance",
            hint=f"ec2kit eip assign {word} INSTANCE; `ec2kit ls` lists them",
        )
    return UsageError(
        f"`ec2kit eip assign {word}` wants an address and an instance, and has one of them",
        hint=f"ec2kit eip assign ADDRESS {word}; `ec2kit eip ls` lists the addresses",
    )


def _of_addresses(action: str) -> Callable[[Plan, Outcome], Sequence[Item]]:
    """The bulk report by address: the allocation id, and the IP that people call it by."""

    def items(plan: Plan, outcome: Outcome) -> Sequence[Item]:
        found: list[Item] = []
        for item in items_of(plan, outcome, action, "allocation_id"):
            steps = [planned for planned in plan.steps if planned.subject in (item.name, item.id)]
            known = {**vars(steps[0].step), **outcome.results.get(steps[0].key, {})} if steps else {}
            id, ip = known.get("allocation") or item.id, known.get("public_ip") or item.name
            found.append(replace(item, id=str(id), name=str(ip)))
        return found

    return items
