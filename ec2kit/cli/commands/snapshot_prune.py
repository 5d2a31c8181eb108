"""`ec2kit snapshot prune`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import click

from ec2kit.cli.carrying import Manner
from ec2kit.cli.context import Context
from ec2kit.cli.items import items_of
from ec2kit.cli.keeping import keeps, policy_of
from ec2kit.cli.options import changes
from ec2kit.engine.plan import Plan
from ec2kit.engine.session import Outcome
from ec2kit.screen.reports import Item
from ec2kit.snapshots.choose import sets_chosen
from ec2kit.snapshots.observe import uses_of
from ec2kit.snapshots.pruning import prune_plan


@changes
@click.argument("selectors", nargs=-1, required=True, metavar="SELECTOR…")
@keeps
def prune(context: Context, selectors: tuple[str, ...], **policy: Any) -> None:
    """Delete the snapshot sets that a policy does not want, for each machine by itself.

    SELECTOR as in `snapshot ls`; `all` is every set. The newest complete set of a machine and the newest that was
    drilled stay, and so does what an image uses or the tag ec2kit:keep protects. --dry-run says why each is kept or
    goes.

    \b
    ec2kit snapshot prune role=web --keep-daily 7 --keep-weekly 4 --dry-run
    """
    words = context.expand(selectors)
    wanted = policy_of(policy)
    aws = context.aws()

    def plan() -> Plan:
        sets = sets_chosen(aws, words)
        return prune_plan(sets, uses_of(aws, sets), wanted, aws.now())

    context.carry_out(plan, Manner(items=_pruned, again=True))


def _pruned(plan: Plan, outcome: Outcome) -> Sequence[Item]:
    """The bulk report: the set is the item, whatever its steps are about."""
    items = items_of(plan, outcome, "snapshot prune")
    return [replace(item, id=item.name, name="") if item.name else item for item in items]
