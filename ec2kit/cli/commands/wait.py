"""`ec2kit wait`: until instances are what somebody waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ec2kit.cli.context import Context
from ec2kit.cli.options import reads
from ec2kit.engine.waiting import wait_until
from ec2kit.errors import NotFound
from ec2kit.fleet.waiting import GOALS, look, wait_for
from ec2kit.inventory.select import select
from ec2kit.inventory.selectors import Selection, TermKind, parse
from ec2kit.model.ids import InstanceId
from ec2kit.screen.instances import INSTANCE_COLUMNS

if TYPE_CHECKING:
    from ec2kit.aws import Aws


@reads
@click.argument("selectors", nargs=-1, required=True, metavar="SELECTOR…")
@click.option("--for", "goal", required=True, type=click.Choice(list(GOALS)), help="what to wait for")
@click.option("--timeout", metavar="TIME", help="how long at most: 30m, 2h (10m)")
def wait(context: Context, selectors: tuple[str, ...], goal: str) -> None:
    """Wait until AWS shows all of the instances so, three times in a row.

    `ok` is running with all of EC2's checks passed; `gone` is terminated or no longer known. Ends with 8 when the
    time is over. Prints the instances, so that a pipe goes on with them.

    \b
    ec2kit wait web-1 --for running
    ec2kit launch web -n 2 --no-wait | ec2kit wait - --for ok
    """
    selection = parse(context.expand(selectors))
    aws = context.aws()
    context.announce()
    ids = _ids(aws, selection, absent_is_fine=goal in ("gone", "terminated"))
    if ids:
        clock = context.clock
        wait_until(
            lambda: look(aws, GOALS[goal], ids), wait_for(goal, ids, context.timeout), clock, clock.stop
        )
    by_id = {each.id: each for each in aws.instances.describe(ids)} if ids else {}
    context.show(INSTANCE_COLUMNS, [by_id[id] for id in ids if id in by_id])


def _ids(aws: Aws, selection: Selection, *, absent_is_fine: bool) -> tuple[InstanceId, ...]:
    """The instances to wait for; an id that AWS knows no more is what `gone` waits for."""
    try:
        return tuple(instance.id for instance in select(aws, selection, terminated=True))
    except NotFound:
        only_ids = all(term.kind is TermKind.ID for term in selection.terms)
        if not (absent_is_fine and only_ids):
            raise
        return tuple(InstanceId(term.word) for term in selection.terms)
