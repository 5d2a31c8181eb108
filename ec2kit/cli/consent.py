"""Yes or no: who is asked before a plan is carried out, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ec2kit.cli.asking import ASKS, machines_changed, question
from ec2kit.engine.plan import Plan
from ec2kit.errors import Refused

if TYPE_CHECKING:
    from ec2kit.cli.context import Context


def consent(context: Context, plan: Plan, asks: bool | None) -> None:
    """Ask when the command asks, or when more machines would change than the brake allows; raises `Refused`."""
    if context.options.yes:
        return
    if asks is None:
        asks = context.verb in ASKS
    above = "" if asks else _above_brake(context, plan)
    if asks or above:
        confirm(context, above + question(plan, context.verb, str(context.place)))


def confirm(context: Context, text: str) -> None:
    """Ask on the terminal; raises `Refused` when the answer is not yes, or nobody can be asked."""
    if context.options.yes:
        return
    ask = context.surroundings.ask
    if ask is None:
        raise Refused(
            f"this asks first, and there is no terminal to ask on: {text.splitlines()[0]}",
            hint="answer with --yes; --dry-run shows what would be done",
        )
    if ask(text).strip().lower() not in ("y", "yes"):
        raise Refused("declined: nothing was changed")


def _above_brake(context: Context, plan: Plan) -> str:
    """The sentence that says so, or nothing; the running machines are only counted when it matters."""
    changed = len(machines_changed(plan))
    brake = context.brake
    if changed <= brake.limit(0):
        return ""
    running = 0
    if brake.share is not None:
        running = len(context.aws().instances.describe(filters={"instance-state-name": ["running"]}))
    limit = brake.limit(running)
    if changed <= limit:
        return ""
    return (
        f"{changed} machines would change; without a question at most {limit} may: {brake.reason(running)}\n"
    )
