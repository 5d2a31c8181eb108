"""`ec2kit cost reserved`: every offer for a type beside its price on demand."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import click

from ec2kit.cli.context import Context
from ec2kit.cli.options import reads
from ec2kit.costs.comparing import parse_utilization
from ec2kit.costs.prices.documents import MOST_BYTES, products_of
from ec2kit.costs.prices.price import Machine, System
from ec2kit.costs.prices.products import Product, pin, regions_with
from ec2kit.costs.reserving import choices
from ec2kit.errors import NotFound, UsageError
from ec2kit.host.files import read_text
from ec2kit.screen.costs import CHOICE_COLUMNS, source_line


@reads
@click.argument("type", metavar="TYPE")
@click.option("-n", "count", default=1, metavar="N", type=click.IntRange(1, 1_000_000), help="how many (1)")
@click.option(
    "--prices", required=True, metavar="FILE", help="a price document: of GetProducts, or a bulk file"
)
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
def reserved(context: Context, type: str, count: int, prices: str, system: str, utilization: str) -> None:
    """Show every offer for an instance type beside its price on demand, the cheapest year first.

    Every hour of a term is billed; on demand only those that run. `saving` and `break_even` are shares: of a year on
    demand, and of the term; `effective_hourly` is for an hour that one of them runs. A price is taken from exactly one
    product of the document, or there is an error.

    \b
    aws pricing get-products --region us-east-1 --service-code AmazonEC2 --filters \\
        Type=TERM_MATCH,Field=instanceType,Value=t3.micro >prices.json
    ec2kit cost reserved t3.micro --prices prices.json --region eu-west-1 -n 4
    """
    share = parse_utilization(utilization)
    if not share:
        raise UsageError("what never runs is cheapest on demand", hint="--utilization 60%")
    products = tuple(_products(context, prices))
    machine = Machine(_region(context, products, type), type, System(system))
    found = pin(products, machine, f"'{prices}'")
    context.say(source_line(found, count, share, context.clock.now()))
    context.show(CHOICE_COLUMNS, choices(found, count, share))


def _products(context: Context, prices: str) -> tuple[Product, ...]:
    path = context.surroundings.cwd / Path(prices)
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise UsageError(
            f"'{prices}' has more than {MOST_BYTES >> 20} MiB",
            hint="take the types that you want out of it, or ask `aws pricing get-products` for them",
        )
    return tuple(products_of(read_text(path), prices))


def _region(context: Context, products: tuple[Product, ...], type: str) -> str:
    """The one that was asked for; or else the document's, when it has the type in one only."""
    if len(context.options.region) > 1 or context.options.region == ("all",):
        raise UsageError("`ec2kit cost reserved` takes one region", hint="run it once for each region")
    if found := context.setting("region"):
        return found.text
    regions = regions_with(products, type)
    if not regions:
        types = sorted({each.attributes.get("instanceType", "") for each in products} - {""})
        near = get_close_matches(type, types, 1)
        hint = f"did you mean {near[0]}?" if near else f"it has {len(types)} types"
        raise NotFound(f"there is no {type} in the price document", hint=hint, resource=type)
    if len(regions) > 1:
        raise UsageError(f"{type} is in {len(regions)} regions there", hint=f"--region {regions[0]}, …")
    return regions[0]
