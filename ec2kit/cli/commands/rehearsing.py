"""`recover --dry-run`: the verdict, the first move exactly, and what may follow it."""

from __future__ import annotations

from collections.abc import Sequence

from ec2kit.cli.context import Context
from ec2kit.engine.plan import Plan
from ec2kit.errors import Exit
from ec2kit.recovery.asked import with_asked
from ec2kit.recovery.moves import Act, Blocked
from ec2kit.recovery.next_move import next_move
from ec2kit.recovery.observe import Context as Case
from ec2kit.recovery.observe import observe
from ec2kit.recovery.report import ladder
from ec2kit.recovery.storm import Watched
from ec2kit.recovery.watch import Monitor
from ec2kit.screen.paper import Format
from ec2kit.screen.plans import plan_text


def rehearse(context: Context, monitor: Monitor, chosen: Sequence[Watched], cases: Sequence[Case]) -> None:
    """Show what would be done for each machine; ends as the real run would before its first change."""
    failed = {case.id: case for case in cases}
    plans: list[Plan] = []
    blocked = 0
    for watched in chosen:
        _say(context, f"{watched.instance.name} ({watched.instance.id}) {watched.judgement}")
        case = failed.get(watched.instance.id)
        if case is None:
            continue
        seen = with_asked(observe(monitor, case), context.state.journal, context.clock.now())
        move = next_move(seen, case.policy, seen.at)
        if isinstance(move, Act):
            plans.append(move.plan)
            _show(context, move.plan)
            for number, step in enumerate(ladder(seen, case.policy)):
                _say(context, f"  {'then, depending on what AWS shows: ' if not number else ''}{step}")
        elif isinstance(move, Blocked):
            blocked += 1
            _say(context, f"  blocked: {move.why}")
            _say(context, f"  hint: {move.hint}" if move.hint else "")
        else:
            _say(context, f"  nothing to do now: {move.why}")
    if not plans and context.paper.format.is_json:
        _show(context, Plan(why_empty="nothing has failed"))
    if blocked:
        context.failed(Exit.PARTIAL if plans else Exit.REFUSED)


def _show(context: Context, plan: Plan) -> None:
    context.output.write(plan_text(plan, context.place, context.paper))


def _say(context: Context, line: str) -> None:
    """Words go with the plan on a terminal, and beside it where a program reads the plan."""
    if not line:
        return
    if context.paper.format is Format.TABLE:
        context.write(f"{line}\n")
    else:
        context.say(line)
