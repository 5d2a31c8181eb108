"""`ec2kit cost reserved`: every offer for a type beside its price on demand."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import click

from ec2kit.cli.commands.price_sources import PriceSources
from ec2kit.cli.commands.unreached import UNREACHED
from ec2kit.cli.context import Context
from ec2kit.cli.options import reads
from ec2kit.cli.price_book import book_of
from ec2kit.costs.comparing import parse_utilization
from ec2kit.costs.prices.book_files import is_book_text, parse_book
from ec2kit.costs.prices.discount import discounted, parse_discount
from ec2kit.costs.prices.documents import MOST_BYTES, products_of
from ec2kit.costs.prices.price import Machine, Offers, PriceList, System
from ec2kit.costs.prices.products import Product, pin, regions_with
from ec2kit.costs.reserving import choices
from ec2kit.errors import NotFound, UsageError
from ec2kit.host.files import read_text
from ec2kit.screen.costs import CHOICE_COLUMNS, source_line


@reads
@click.argument("type", metavar="TYPE")
@click.option("-n", "count", default=1, metavar="N", type=click.IntRange(1, 1_000_000), help="how many (1)")
@click.option(
    "--prices",
    metavar="FILE",
    help="of a price document (GetProducts, a bulk file) or book; AWS is not asked",
)
@click.option("--kept", is_flag=True, help="of the price book that is kept here; AWS is not asked")
@click.option(
    "--os",
    "system",
    default=System.LINUX.value,
    type=click.Choice([system.value for system in System]),
    help="the operating system (linux)",
)
@click.option(
    "--utilization", default="100%", metavar="SHARE", help="how much of the time they run: 60% (100%)"
)
@click.option(
    "--discount", default="0", metavar="SHARE", help="what AWS takes off its list prices for you: 8%"
)
@click.option(
    "--interest", default="0", metavar="SHARE", help="a year's, for the column `present_value`: 5% (0)"
)
def reserved(
    context: Context,
    type: str,
    count: int,
    prices: str | None,
    kept: bool,
    system: str,
    utilization: str,
    discount: str,
    interest: str,
) -> None:
    """Show every offer for an instance type beside its price on demand, the cheapest year first.

    Every hour of a term is billed; on demand only those that run. `saving` and `break_even` are shares: of a year on
    demand, and of the term; `effective_hourly` is for an hour that one of them runs. AWS's price list is asked (it
    costs nothing); where that may not be, EC2 is asked which reservations it sells, and on demand is the price book's
    that is kept here; where neither may be, all is. The first line says which, and how old it is. A price is exactly
    one product's, or there is an error.

    \b
    ec2kit cost reserved t3.micro -n 4 --region eu-west-1
    ec2kit cost reserved t3.micro --utilization 60% --discount 8%
    ec2kit cost reserved t3.micro --prices prices.json --columns offer,total,present_value --interest 5%
    """
    share = parse_utilization(utilization)
    if not share:
        raise UsageError("what never runs is cheapest on demand", hint="--utilization 60%")
    less, worth = parse_discount(discount), parse_discount(interest, "year's interest")
    found: PriceList | Offers
    if prices:
        found = _of_file(context, prices, type, System(system))
    else:
        found = _of_aws_or_book(context, Machine(_only_region(context), type, System(system)), kept=kept)
    found = discounted(found, less)
    context.say(source_line(found, count, share, context.clock.now()))
    if found.on_demand is None:
        currency = found.reserved[0].currency
        context.say(
            f"no price on demand in {currency} is known, so no saving is told: --prices FILE may have one"
        )
    if not found.reserved:
        hint = f"ec2kit cost prices --update {type}"
        context.say(f"no offer for {found.machine} is known there: `{hint}` asks AWS")
    context.show(CHOICE_COLUMNS, choices(found, count, share, worth))


def _of_aws_or_book(context: Context, machine: Machine, *, kept: bool) -> PriceList | Offers:
    """AWS's own answer, or what is kept when AWS cannot be asked."""
    if kept:
        return book_of(context).machine(machine)
    sources = PriceSources(context, context.aws(machine.region))
    try:
        return sources.ask(machine)
    except NotFound as error:
        known = [each.type for shelf in book_of(context).shelves for each in shelf.machines()]
        near = get_close_matches(machine.type, set(known) - {machine.type}, 1)
        raise NotFound(
            error.message, hint=f"did you mean {near[0]}?" if near else error.hint, resource=machine.type
        ) from error
    except UNREACHED:
        context.say(f"{sources.reasons[-1]}; this is of what is kept here")
    try:
        return book_of(context).machine(machine)
    except NotFound as error:
        why = "; ".join([error.message, *sources.reasons])
        hint = "--prices FILE, or allow `pricing:GetProducts` or `ec2:DescribeReservedInstancesOfferings`"
        raise NotFound(why, hint=hint, resource=machine.type) from error


def _of_file(context: Context, prices: str, type: str, system: System) -> PriceList:
    path = context.surroundings.cwd / Path(prices)
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise UsageError(
            f"'{prices}' has more than {MOST_BYTES >> 20} MiB",
            hint="take the types that you want out of it, or ask `aws pricing get-products` for them",
        )
    text = read_text(path)
    if is_book_text(text):
        book = parse_book(text, prices)
        machine = Machine(_only_region(context), type, system)
        if (found := book.machine(machine)) is None:
            raise NotFound(f"there is no price for {machine} in '{prices}'", resource=type)
        return found
    products = tuple(products_of(text, prices))
    return pin(products, Machine(_region_there(context, products, type), type, system), f"'{prices}'")


def _only_region(context: Context) -> str:
    if len(context.options.region) > 1 or context.options.region == ("all",):
        raise UsageError("`ec2kit cost reserved` takes one region", hint="run it once for each region")
    found = context.setting("region")
    return found.text if found else context.aws().region


def _region_there(context: Context, products: tuple[Product, ...], type: str) -> str:
    """The one that was asked for; or else the document's, when it has the type in one only."""
    if context.options.region or context.setting("region"):
        return _only_region(context)
    regions = regions_with(products, type)
    if not regions:
        types = sorted({each.attributes.get("instanceType", "") for each in products} - {""})
        near = get_close_matches(type, types, 1)
        hint = f"did you mean {near[0]}?" if near else f"it has {len(types)} types"
        raise NotFound(f"there is no {type} in the price document", hint=hint, resource=type)
    if len(regions) > 1:
        raise UsageError(f"{type} is in {len(regions)} regions there", hint=f"--region {regions[0]}, …")
    return regions[0]
