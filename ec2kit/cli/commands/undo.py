"""`ec2kit undo`: take back what a run did."""

from __future__ import annotations

import click

from ec2kit.cli.commands.history import find_run
from ec2kit.cli.context import Context
from ec2kit.cli.options import changes
from ec2kit.engine.plan import Plan
from ec2kit.engine.undo import undo_plan


@changes
@click.argument("run")
def undo(context: Context, run: str) -> None:
    """Take back what a run did, newest first. RUN is an id, the end of one, or `last`.

    What cannot be taken back is listed with the reason, and what was so before the run is left alone.

    \b
    ec2kit undo last --dry-run
    """

    def plan() -> Plan:
        return undo_plan(context.state.journal.steps(find_run(context, run).id))

    context.carry_out(plan)
