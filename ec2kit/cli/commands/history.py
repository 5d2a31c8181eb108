"""`ec2kit history` and `history show`: what ec2kit did, when, for whom, why, and how it ended."""

from __future__ import annotations

import click

from ec2kit.cli.carrying import typed
from ec2kit.cli.context import Context
from ec2kit.cli.options import reads
from ec2kit.errors import NotFound, UsageError
from ec2kit.model.ids import RunId
from ec2kit.model.periods import format_time
from ec2kit.model.runs import Run
from ec2kit.screen.history import RUN_COLUMNS, RunRow, run_json, run_pairs


@reads
@click.option("-n", "--count", type=click.IntRange(1, 1000), default=20, show_default=True, help="how many")
def history(context: Context, count: int) -> None:
    """Show the newest runs: what was typed, by whom, and how it ended.

    `unfinished` runs were killed or ended badly after they had begun to change something; the same words, or
    `ec2kit resume RUN`, go on with them.

    \b
    ec2kit history
    ec2kit history -n 100 -o json
    """
    rows = [_row(context, run) for run in context.state.journal.runs(limit=count)]
    context.show(RUN_COLUMNS, rows)


@reads
@click.argument("run")
def show(context: Context, run: str) -> None:
    """Show one run: its steps with their results, and its story. RUN is an id, the end of one, or `last`.

    \b
    ec2kit history show last
    """
    found = find_run(context, run)
    journal = context.state.journal
    steps, events = journal.steps(found.id), journal.events(found.id)
    row = _row(context, found)
    context.show_one(run_json(row, steps, events), run_pairs(row, steps, events))


def find_run(context: Context, word: str) -> Run:
    """The run of an id, of the end of an id, or the last one; raises `NotFound`, or `UsageError` for several."""
    journal = context.state.journal
    exact = journal.run(RunId(word))
    if exact is not None:
        return exact
    known = journal.runs(limit=1000)
    if word == "last" and known:
        return known[0]
    matching = [run for run in known if run.id.lower().endswith(word.lower())]
    if not matching:
        raise NotFound(f"there is no run '{word}'", resource=word, hint="ec2kit history")
    if len(matching) > 1:
        names = ", ".join(f"{run.id} ({format_time(run.started)})" for run in matching[:5])
        raise UsageError(f"'{word}' ends several runs: {names}", hint="write more of the id")
    return matching[0]


def _row(context: Context, run: Run) -> RunRow:
    state = context.state
    held = state.journal.is_held(run.id)
    unfinished = not held and state.runs.is_unfinished(run)
    return RunRow(run, "running" if held else "unfinished" if unfinished else run.state.value, typed(run))
