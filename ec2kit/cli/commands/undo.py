"""`ec2kit undo`: take back what a run did."""

from __future__ import annotations

import click

from ec2kit.cli.carrying import typed
from ec2kit.cli.commands.history import find_run
from ec2kit.cli.context import Context
from ec2kit.cli.options import changes
from ec2kit.engine.plan import Plan
from ec2kit.engine.undo import changed_something, undo_plan
from ec2kit.model.runs import Run

LOOKED_AT = 1000
"""How many runs back."""


@changes
@click.argument("run")
def undo(context: Context, run: str) -> None:
    """Take back what a run did, newest first. RUN is an id, the end of one, or `last`: the last that changed anything.

    What cannot be taken back is listed with the reason, and what was so before the run is left alone.

    \b
    ec2kit undo last --dry-run
    """

    def plan() -> Plan:
        found = _last(context) if run == "last" else None
        return undo_plan(context.state.journal.steps((found or find_run(context, run)).id))

    context.carry_out(plan)


def _last(context: Context) -> Run | None:
    """The newest run that changed something; None when none did. Which one it is is said when it is not the newest."""
    journal = context.state.journal
    known = journal.runs(limit=LOOKED_AT)
    found = next((each for each in known if changed_something(journal.steps(each.id))), None)
    if found and found != known[0]:
        context.say(f"taking back `{typed(found)}`, run {found.id}: the runs after it changed nothing")
    return found
