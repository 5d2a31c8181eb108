"""`ec2kit gc`: remove what was made for a while only, once that while is over, and what runs given up have left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from ec2kit.aws import Aws
from ec2kit.cli.context import Context
from ec2kit.cli.options import changes
from ec2kit.engine.codec import decode_plan
from ec2kit.engine.plan import Plan, combine
from ec2kit.errors import Ec2kitError
from ec2kit.images.bundles.leftovers import clean_plan as bundles_plan
from ec2kit.images.bundles.leftovers import unfinished_bundles
from ec2kit.images.unfinished import DIRECT, sweep_plan, unfinished_uploads
from ec2kit.inventory.expired import observe_expiring, plan_removal
from ec2kit.model.runs import RunState
from ec2kit.snapshots.leftovers import clean_plan, leftovers
from ec2kit.snapshots.observe import all_sets, images_using

RUNS = 1000
"""How far back runs are looked at: `gc` in cron meets what is given up long before so many others were begun."""


@changes
def gc(context: Context) -> None:
    """Remove instances, images, snapshots, volumes and addresses whose `ec2kit:expires` tag has passed, and what runs
    given up (`resume --abandon`) have left: sets that can never become complete,
    uploads that became no image, bundles without a manifest.

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
    bundles = bundles_plan(unfinished_bundles(aws, _given_up(context)))
    going = {planned.step.target() for planned in expired.steps}
    left = [
        replace(plan, steps=tuple(each for each in plan.steps if each.step.target() not in going))
        for plan in (broken, vain, bundles)
    ]
    return combine(expired, *left)


def _given_up(context: Context) -> Iterator[Plan]:
    """The plans of the runs of this account and region that were given up; what an older ec2kit planned is left out."""
    for run in context.state.journal.runs(limit=RUNS):
        if run.state is RunState.ABANDONED:
            with suppress(Ec2kitError):
                yield decode_plan(run.plan)
