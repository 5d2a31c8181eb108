"""`ec2kit image delete` and `prune`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from ec2kit.cli.carrying import Manner
from ec2kit.cli.commands.image import profiles
from ec2kit.cli.context import Context
from ec2kit.cli.keeping import keeps, policy_of
from ec2kit.cli.options import changes
from ec2kit.engine.plan import Plan
from ec2kit.images.choose import chosen, own_images
from ec2kit.images.deleting import Liberties, Surrounding, delete_plan
from ec2kit.images.pruning import is_ours, prune_plan
from ec2kit.images.uses import observe_users

if TYPE_CHECKING:
    from ec2kit.aws import Aws
    from ec2kit.model.disks import Image


def surrounding(
    context: Context, aws: Aws, everything: Sequence[Image], going: Sequence[Image]
) -> Surrounding:
    """What a deletion must look at, asked of AWS."""
    ids = {id for each in going for id in each.snapshots}
    snapshots = aws.snapshots.describe(ids) if ids else ()
    users = observe_users(aws, everything, profiles(context)) if going else {}
    return Surrounding(everything, users, {str(each.id): each for each in snapshots})


@changes
@click.argument("images", nargs=-1, required=True, metavar="IMAGE…")
@click.option("--in-use", is_flag=True, help="although instances, launch templates or profiles use it")
@click.option("--keep-snapshots", is_flag=True, help="only deregister")
def delete(context: Context, images: tuple[str, ...], in_use: bool, keep_snapshots: bool) -> None:
    """Delete images with their snapshots. IMAGE is an id, a name, or a pattern of names.

    An image that somebody uses is refused, and who it is is said. Snapshots that another image uses, or that belong
    to a set of a machine, stay.

    \b
    ec2kit image delete debian-11-amd64
    ec2kit image ls 'old-*' -q | ec2kit image delete -
    """
    words = context.expand(images)
    aws = context.aws()

    def plan() -> Plan:
        everything = own_images(aws)
        going = chosen(everything, words)
        return delete_plan(
            going, surrounding(context, aws, everything, going), Liberties(in_use, keep_snapshots)
        )

    context.carry_out(plan)


@changes
@click.argument("images", nargs=-1, metavar="[IMAGE]…")
@keeps
def prune(context: Context, images: tuple[str, ...], **policy: Any) -> None:
    """Delete the images that a policy does not want, with their snapshots.

    Images built from recipes are judged, for each recipe and architecture by itself; others only when IMAGE (an id,
    a name, a pattern) means them, by their names without the date at the end. The newest, those in use and those with
    the tag ec2kit:keep stay. --dry-run says why each is kept or goes.

    \b
    ec2kit image prune --keep-last 3 --keep-monthly 6 --dry-run
    """
    words = context.expand(images)
    wanted = policy_of(policy)
    aws = context.aws()

    def plan() -> Plan:
        everything = own_images(aws)
        judged = chosen(everything, words) if words else tuple(filter(is_ours, everything))
        around = surrounding(context, aws, everything, judged)
        made, _ = prune_plan(judged, around, wanted, aws.now())
        return made if words else _with_others(made, len(everything) - len(judged))

    context.carry_out(plan, Manner(again=True))


def _with_others(plan: Plan, others: int) -> Plan:
    """The plan, and that there are images which were not judged."""
    if not others:
        return plan
    number = "1 image that no recipe built is" if others == 1 else f"{others} images that no recipe built are"
    note = f"{number} not judged: name them, as `image prune 'web-*'`"
    return (
        replace(plan, notes=(*plan.notes, note))
        if plan
        else replace(plan, why_empty=f"{plan.why_empty}; {note}")
    )
