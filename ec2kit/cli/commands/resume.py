"""`ec2kit resume`: go on with a run that was killed or ended badly, or give it up."""

from __future__ import annotations

import click

from ec2kit.cli.carrying import Manner, typed
from ec2kit.cli.carrying import resume as go_on
from ec2kit.cli.commands.history import find_run
from ec2kit.cli.context import Context
from ec2kit.cli.options import changes
from ec2kit.engine.codec import decode_plan
from ec2kit.errors import NotFound
from ec2kit.model.runs import Run
from ec2kit.screen.plans import plan_text


@changes
@click.argument("run", required=False)
@click.option("--abandon", is_flag=True, help="give it up: what it made stays, the same words begin anew")
def resume(context: Context, run: str | None, abandon: bool) -> None:
    """Go on with an unfinished run from its stored plan: the newest one, or RUN (an id, or the end of one).

    Nothing is done twice: what the run did already is found by its marks.

    \b
    ec2kit resume
    ec2kit resume 01JGFJJZ8R --abandon
    """
    context.announce()
    found = find_run(context, run) if run else _newest(context)
    if context.options.dry_run:
        context.output.write(plan_text(decode_plan(found.plan), context.place, context.paper, run=found.id))
    elif abandon:
        context.state.runs.abandon(found.id)
        context.say(f"gave up run {found.id}: `{typed(found)}`")
    else:
        go_on(context, found, Manner())


def _newest(context: Context) -> Run:
    state = context.state
    for run in state.journal.runs(limit=1000):
        if state.runs.is_unfinished(run) and not state.journal.is_held(run.id):
            return run
    raise NotFound("there is no unfinished run", hint="ec2kit history")
