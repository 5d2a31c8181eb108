"""`ec2kit gc`: remove what was made for a while only, once that while is over."""

from __future__ import annotations

from ec2kit.cli.context import Context
from ec2kit.cli.options import changes
from ec2kit.inventory.expired import observe_expiring, plan_removal


@changes
def gc(context: Context) -> None:
    """Remove instances, images, snapshots, volumes and addresses whose `ec2kit:expires` tag has passed.

    Nothing without that tag is ever touched, nor what is protected by `ec2kit:keep` or still used by something
    that stays.

    \b
    ec2kit gc --dry-run
    """
    aws = context.aws()
    context.carry_out(lambda: plan_removal(observe_expiring(aws), aws.now()))
