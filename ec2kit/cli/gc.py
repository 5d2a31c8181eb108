"""`ec2kit gc`: remove what was made for a while only, once that while is over, and broken sets of runs given up."""

from __future__ import annotations

from dataclasses import replace

from ec2kit.aws import Aws
from ec2kit.cli.context import Context
from ec2kit.cli.options import changes
from ec2kit.engine.plan import Plan, combine
from ec2kit.inventory.expired import observe_expiring, plan_removal
from ec2kit.snapshots.leftovers import clean_plan, leftovers
from ec2kit.snapshots.observe import all_sets


@changes
def gc(context: Context) -> None:
    """Remove instances, images, snapshots, volumes and addresses whose `ec2kit:expires` tag has passed, and the
    snapshot sets of runs given up (`resume --abandon`) that can never become complete.

    Nothing else is ever touched, nor what is protected by `ec2kit:keep` or still used by something that stays.

    \b
    ec2kit gc --dry-run
    """
    aws = context.aws()
    context.carry_out(lambda: _plan(context, aws))


def _plan(context: Context, aws: Aws) -> Plan:
    """What has expired, and what else was left behind: a snapshot that is both goes once."""
    expired = plan_removal(observe_expiring(aws), aws.now())
    broken = clean_plan(leftovers(all_sets(aws), context.state.runs.was_given_up, aws.now()))
    going = {planned.step.target() for planned in expired.steps}
    left = tuple(planned for planned in broken.steps if planned.step.target() not in going)
    return combine(expired, replace(broken, steps=left))
