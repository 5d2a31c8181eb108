"""A pipe that named nothing: `ec2kit ls role=gone | ec2kit stop -` stops nothing, and above all not everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ec2kit.errors import Exit, UsageError

if TYPE_CHECKING:
    from ec2kit.cli.context import Context


class NothingSelected(Exception):
    """`-` was typed, stdin held no names, and no other word names anything: there is nothing to work on."""


def end_with_nothing(context: Context, *, is_verdict: bool) -> Exit:
    """Say so and show an empty list or plan; raises `UsageError` where the exit code would be a verdict (`check`)."""
    from ec2kit.engine.plan import Plan
    from ec2kit.screen.paper import Format
    from ec2kit.screen.plans import plan_text
    from ec2kit.screen.rows import rows_text

    why = "stdin names nothing"
    if is_verdict:
        raise UsageError(why, hint="look at the command before the pipe")
    if not context.options.dry_run or context.paper.format is not Format.TABLE:
        context.say(f"nothing to do: {why}")
    if context.options.dry_run:
        context.output.write(plan_text(Plan((), why_empty=why), context.place, context.paper))
    else:
        context.output.write(rows_text((), (), context.paper))
    return Exit.DONE
