"""How every changing command acts: resume or plan, show, ask, journal, do, report. The one flow.

An unfinished run of the same words goes on from its stored plan. Otherwise a plan is made; a dry run shows it
and stops; what destroys, or is above the brake, asks; the run is journalled, carried out, and reported.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ec2kit.cli.consent import consent
from ec2kit.cli.items import items_of
from ec2kit.costs.planned import PlanCost
from ec2kit.engine.codec import decode_plan
from ec2kit.engine.execute import execute
from ec2kit.engine.plan import Plan
from ec2kit.engine.runs import Work
from ec2kit.engine.session import Outcome, Session, free
from ec2kit.errors import Ec2kitError, Exit, Refused
from ec2kit.model.ids import RunId
from ec2kit.model.periods import format_age
from ec2kit.model.runs import Run, RunState
from ec2kit.screen.columns import choose
from ec2kit.screen.paper import Format
from ec2kit.screen.plans import Priced, lines_beside, plan_text, sentence
from ec2kit.screen.progress import Moving, Quiet
from ec2kit.screen.reports import ITEM_COLUMNS, Happened, Item, exit_of

if TYPE_CHECKING:
    from ec2kit.cli.context import Context

MakePlan = Callable[[], Plan]

CUT_SHORT = frozenset({Exit.STILL_IN_PROGRESS, Exit.INTERRUPTED, Exit.TERMINATED})
"""How a run ends that did not fail: AWS was still at work, or somebody stopped it."""


@dataclass(frozen=True)
class Manner:
    """In what a command differs from the others when it is carried out."""

    asks: bool | None = None
    """Whether it asks; None: what the table of `ec2kit.cli.asking` says."""
    items: Callable[[Plan, Outcome], Sequence[Item]] | None = None
    """Makes the bulk report; None: one item for each subject."""
    made: str = ""
    """The result field that is an item's id when the command makes things: `instance_id`."""
    show: bool = True
    """Whether to print the report on stdout."""
    later: str = ""
    """With `--no-wait`: the command that asks how it went, `{ids}` in it being the items'."""
    again: bool = False
    """After an unfinished run was finished, do today's work too; one that failed or is stale is given up instead."""
    secrets: tuple[str, ...] = ()
    """Texts that the plan wants and the journal never has (user data), given again when a run is resumed."""
    costs: Callable[[Plan], PlanCost] | None = None
    """Tells what the plan will cost a month, to those who only look at it; raises nothing."""
    guard: Callable[[], None] = free
    """Raises `Busy` when the lease is lost under which this is done."""


@dataclass(frozen=True)
class Carried:
    """What was carried out; `outcome` is None when nothing was: a dry run, or an empty plan."""

    plan: Plan
    items: tuple[Item, ...] = ()
    outcome: Outcome | None = None
    run: RunId | None = None


def carry_out(context: Context, make_plan: MakePlan, manner: Manner) -> Carried:
    """Resume an unfinished run of the same words, or plan, show, ask, do and report.

    Items that fail are printed and set `context.exit_code`. Raises what planning raises, `Refused` when it is
    declined or a stale run is in the way, `Busy` when the same is going on, `Interrupted`.
    """
    choose(ITEM_COLUMNS, context.paper.columns)
    _ = context.brake, context.timeout
    context.announce()
    if context.options.dry_run:
        return _dry_run(context, make_plan, manner)
    state = context.state
    intent = state.command(context).intent
    with ExitStack() as held:
        if not context.options.new:
            held.enter_context(state.runs.alone(intent))
            carried = _unfinished(context, intent, manner)
            if carried is not None:
                return carried
        plan = make_plan()
        if not plan:
            return _report(context, manner, Carried(plan, items_of(plan, None, context.verb)))
        consent(context, plan, manner.asks)
        work = held.enter_context(state.runs.begin(state.command(context), plan))
        return _work(context, work, manner, context.verb)


def resume(context: Context, run: Run, manner: Manner) -> Carried:
    """Go on with a run from its stored plan; what was consented to then is not asked again."""
    age = format_age(run.started, context.clock.now())
    context.say(f"resuming run {run.id}, begun {age} ago by {run.who or 'somebody'}: `{typed(run)}`")
    with context.state.runs.resume(run.id, secrets=manner.secrets) as work:
        return _work(context, work, manner, verb_of(run))


def typed(run: Run) -> str:
    """What was typed for a run, as it can be pasted."""
    return shlex.join(("ec2kit", *run.argv))


def verb_of(run: Run) -> str:
    """The words of the command that a run is of."""
    from ec2kit.cli.lookup import find
    from ec2kit.errors import UsageError

    try:
        return " ".join(find(run.argv)[0].words)
    except (UsageError, IndexError):
        return run.argv[0] if run.argv else ""


def _unfinished(context: Context, intent: str, manner: Manner) -> Carried | None:
    """Finish an earlier run of the same words; None when there is none, or today's work is still to do."""
    run, hopeless = _earlier(context, intent, manner)
    if run is None:
        return None
    if hopeless:
        context.state.runs.abandon(run.id)
        context.output.say(f"gave up run {run.id}: {hopeless}")
        return None
    carried = resume(context, run, manner)
    return None if manner.again else carried


def _earlier(context: Context, intent: str, manner: Manner) -> tuple[Run | None, str]:
    """An unfinished run of the same words, and why it is given up instead of gone on with; empty: it goes on.

    What is done anew each time (`Manner.again`) gives up what failed: going on with it would do the work of an
    earlier day today, and today's too.
    """
    runs = context.state.runs
    try:
        run = runs.resumable(intent)
    except Refused as stale:
        if not manner.again:
            raise
        return runs.get(RunId(stale.resource)), stale.message
    failed = run is not None and run.state is RunState.FAILED and run.exit not in CUT_SHORT
    return run, "it failed, and this begins anew" if failed and manner.again else ""


def _dry_run(context: Context, make_plan: MakePlan, manner: Manner) -> Carried:
    """Show what would be done; ends as the real run would before its first change."""
    run, hopeless = None, ""
    if not context.options.new:
        run, hopeless = _earlier(context, context.state.command(context).intent, manner)
    if run is not None and hopeless:
        context.say(f"would give up run {run.id}: {hopeless}")
        run = None
    if run is not None:
        first = "and then do this" if manner.again else "with its plan"
        context.say(f"would resume run {run.id} of the same words, {first}:")
    plan = decode_plan(run.plan) if run and not manner.again else make_plan()
    priced = Priced(manner.costs(plan), context.clock.now()) if manner.costs else None
    text = plan_text(plan, context.place, context.paper, run=run.id if run else "", priced=priced)
    context.output.write(text)
    if context.paper.format is not Format.TABLE:
        for line in lines_beside(plan, priced):
            context.say(line)
    if plan.refused and not plan.steps:
        context.failed(Exit.REFUSED)
    return Carried(plan, run=run.id if run else None)


def _work(context: Context, work: Work, manner: Manner, verb: str) -> Carried:
    around = context.surroundings
    listener = Moving(context.output.mutter, around.width) if around.moving else Quiet(context.output.mutter)
    session = Session(
        context.aws(),
        context.state.journal,
        work.run,
        context.clock,
        listener,
        workers=around.workers,
        directory=context.state.blocks,
        directories=context.directories,
        wait=context.options.wait,
        timeout=context.timeout,
        guard=manner.guard,
        stop=context.clock.stop,
    )
    try:
        outcome = execute(work.plan, session)
    finally:
        listener.close()
    work.finish(outcome.exit)
    make_items = manner.items or (lambda plan, done: items_of(plan, done, verb, manner.made))
    items = tuple(make_items(work.plan, outcome))
    _complain(context, outcome)
    return _report(context, manner, Carried(work.plan, items, outcome, work.run))


def _complain(context: Context, outcome: Outcome) -> None:
    """Every failure on stderr, with what was being done, in the plan's order whichever failed first."""
    order = {planned.key: place for place, planned in enumerate(outcome.plan.steps)}
    for failure in sorted(outcome.failures, key=lambda each: order[each.key]):
        error, planned = failure.error, outcome.plan.step(failure.key)
        told = Ec2kitError(
            f"{sentence(planned)}: {error.message}",
            hint=error.hint,
            resource=error.resource or planned.step.target(),
        )
        told.exit_code = error.exit_code
        context.complain(told)


def _report(context: Context, manner: Manner, carried: Carried) -> Carried:
    plan, items = carried.plan, carried.items
    for refusal in plan.refused:
        context.complain(
            Refused(
                f"refused: {refusal.resource}: {refusal.reason} ({refusal.rule})", resource=refusal.resource
            )
        )
    if manner.show:
        context.show(ITEM_COLUMNS, items)
    if not items:
        context.say(f"nothing to do{': ' + plan.why_empty if plan.why_empty else ''}")
    if carried.outcome and carried.outcome.waiting:
        ids = " ".join(item.id for item in items if item.result is Happened.DONE)
        later = manner.later.format(ids=ids) or f"ec2kit history show {carried.run}"
        context.say(f"not waited for; how it went: `{later}`")
    if (code := exit_of(items)) is not Exit.DONE:
        context.failed(code)
    return carried
