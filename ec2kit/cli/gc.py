"""`ec2kit gc`: remove what was made for a while only, once that while is over, and what runs given up have left."""

from __future__ import annotations

from dataclasses import replace

from ec2kit.aws import Aws
from ec2kit.cli.context import Context
from ec2kit.cli.options import changes
from ec2kit.engine.plan import Plan, combine
from ec2kit.images.unfinished import DIRECT, sweep_plan, unfinished_uploads
from ec2kit.inventory.expired import observe_expiring, plan_removal
from ec2kit.snapshots.leftovers import clean_plan, leftovers
from ec2kit.snapshots.observe import all_sets, images_using


@changes
def gc(context: Context) -> None:
    """Remove instances, images, snapshots, volumes and addresses whose `ec2kit:expires` tag has passed, and what runs
    given up (`resume --abandon`) have left: sets that can never become complete, uploads that became no image.

    Nothing else is ever touched, nor what is protected by `ec2kit:keep` or still used by something that stays.

    \b
    ec2kit gc --dry-run
    """
    aws = context.aws()
    context.carry_out(lambda: _plan(context, aws))


def _plan(context: Context, aws: Aws) -> Plan:
    """What has expired, and what else was left behind: a snapshot that is both goes once."""
    expired = plan_removal(observe_expiring(aws), aws.now())
    given_up = context.state.runs.was_given_up
    broken = clean_plan(leftovers(all_sets(aws), given_up, aws.now()))
    direct = aws.snapshots.describe(filters={"volume-id": [DIRECT]})
    used = {id for image in images_using(aws, [each.id for each in direct]) for id in image.snapshots}
    vain = sweep_plan(unfinished_uploads(direct, used, given_up))
    going = {planned.step.target() for planned in expired.steps}
    left = [
        replace(plan, steps=tuple(each for each in plan.steps if each.step.target() not in going))
        for plan in (broken, vain)
    ]
    return combine(expired, *left)
