"""`ec2kit image copy`, `share` and `deprecate`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import click

from ec2kit.cli.carrying import Manner
from ec2kit.cli.commands.priced import costs_of
from ec2kit.cli.context import Context
from ec2kit.cli.items import items_of
from ec2kit.cli.options import changes
from ec2kit.engine.plan import Plan
from ec2kit.engine.session import Outcome
from ec2kit.errors import UsageError
from ec2kit.images.choose import chosen, one_own, own_images
from ec2kit.images.copying import Copying, check_regions, copy_plan
from ec2kit.images.deprecating import deprecate_plan, parse_date
from ec2kit.images.naming import check_name
from ec2kit.images.sharing import Shared, Wish, parse_accounts, share_plan
from ec2kit.model.periods import parse_duration
from ec2kit.screen.reports import Item


@changes
@click.argument("image", metavar="IMAGE")
@click.option(
    "--to", "regions", multiple=True, required=True, metavar="REGION", help="copy it there; several"
)
@click.option("--name", metavar="NAME", default="", help="the name of the copies (its own)")
def copy(context: Context, image: str, regions: tuple[str, ...], name: str) -> None:
    """Copy an image to other regions, all at the same time, with its tags.

    Done when each copy is available, its snapshots are complete, and every attribute is equal. A copy that is there
    already is left alone; another image of the name there is an error.

    \b
    ec2kit image copy debian-12-amd64 --to eu-west-2 --to us-east-1
    """
    (word,) = context.expand([image])
    if name:
        check_name(name)
    aws = context.aws()

    def plan() -> Plan:
        copying = Copying(one_own(aws, word), aws.region, name)
        wanted = check_regions(regions, aws.network.regions())
        same_name = {"name": [copying.new_name]}
        there = {each: aws.elsewhere(each).images.describe(filters=same_name) for each in wanted}
        return copy_plan(copying, there)

    context.carry_out(plan, Manner(items=_copied, costs=costs_of(context)))


def _copied(plan: Plan, outcome: Outcome | None) -> Sequence[Item]:
    """The bulk report: each copy by its id, with the region that it is in."""
    found = []
    for item in items_of(plan, outcome, "image copy", "image_id"):
        name, _, region = item.name.rpartition(" in ")
        found.append(
            replace(item, id=item.id if item.id.startswith("ami-") else "", name=name, resource=region)
        )
    return found


@changes
@click.argument("image", metavar="IMAGE")
@click.option("--with", "accounts", multiple=True, metavar="ACCOUNT", help="an account's number; several")
@click.option("--public", is_flag=True, help="everybody with an AWS account: asks first")
@click.option("--off", is_flag=True, help="no longer: with those named, or with anybody")
def share(context: Context, image: str, accounts: tuple[str, ...], public: bool, off: bool) -> None:
    """Let other accounts launch and copy an image, or no longer. Its snapshots are shared with them too.

    \b
    ec2kit image share debian-12-amd64 --with 444455556666
    ec2kit image share debian-12-amd64 --off
    """
    (word,) = context.expand([image])
    wish = Wish(parse_accounts(accounts), public, off)
    if not (wish.accounts or public or off):
        raise UsageError(
            "with whom?",
            hint="`--with ACCOUNT`, `--public`, or `--off` for nobody; `image show` says who has it",
        )
    aws = context.aws()

    def plan() -> Plan:
        found = one_own(aws, word)
        snapshots = aws.snapshots.describe(found.snapshots) if found.snapshots else ()
        holders = {str(each.id): aws.sharing.of_snapshot(each.id) for each in snapshots}
        return share_plan(Shared(found, aws.sharing.of_image(found.id), snapshots, holders), wish)

    context.carry_out(plan, Manner(asks=public and not off))


@changes
@click.argument("images", nargs=-1, required=True, metavar="IMAGE…")
@click.option("--in", "after", metavar="TIME", help="so long from now: 30d")
@click.option("--at", "date", metavar="DATE", help="a day (its midnight, UTC) or a time: 2027-01-31")
@click.option("--off", is_flag=True, help="never")
def deprecate(
    context: Context, images: tuple[str, ...], after: str | None, date: str | None, off: bool
) -> None:
    """Say when images go out of date. From then on only their owner sees them in lists; they launch as before.

    \b
    ec2kit image deprecate debian-12-amd64 --in 30d
    ec2kit image deprecate 'debian-11-*' --at 2027-01-31
    """
    words = context.expand(images)
    if [after is not None, date is not None, off].count(True) != 1:
        raise UsageError("when?", hint="one of `--in 30d`, `--at 2027-01-31` and `--off`")
    span = parse_duration(after) if after is not None else None
    day = parse_date(date) if date is not None else None
    aws = context.aws()

    def plan() -> Plan:
        found = chosen(own_images(aws), words)
        return deprecate_plan(found, aws.now() + span if span is not None else day, aws.now())

    context.carry_out(plan)
