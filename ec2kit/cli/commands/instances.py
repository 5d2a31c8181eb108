"""`ec2kit ls`: which instances there are. It lists thousands, often: imported here is what it needs and no more."""

from __future__ import annotations

import click

from ec2kit.cli.context import Context
from ec2kit.cli.options import reads
from ec2kit.fleet.listing import instances_in
from ec2kit.inventory.selectors import parse
from ec2kit.screen.instances import INSTANCE_COLUMNS


@reads
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]…")
@click.option("--except", "excluded", multiple=True, metavar="SELECTOR", help="but not these")
def ls(context: Context, selectors: tuple[str, ...], excluded: tuple[str, ...]) -> None:
    """List instances: all but the terminated ones, or those selected.

    Names, patterns, ids and addresses add; TAG=VALUE, state:, az:, type:, older: and newer: narrow.

    \b
    ec2kit ls
    ec2kit ls role=web state:running
    ec2kit ls 'web-*' --region all -o json
    """
    selection = parse(context.expand(selectors), context.expand(excluded, removing=True))
    regions = context.everywhere()
    found = instances_in(regions, selection)
    context.announce(regions[0])
    context.show(INSTANCE_COLUMNS, found)
