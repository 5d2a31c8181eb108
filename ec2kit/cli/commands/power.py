"""`ec2kit start`, `stop`, `reboot` and `terminate`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import click

from ec2kit.cli.carrying import Manner
from ec2kit.cli.commands.priced import reckoned
from ec2kit.cli.context import Context
from ec2kit.cli.options import changes
from ec2kit.engine.plan import Plan
from ec2kit.engine.steps.instance import TerminateInstance
from ec2kit.fleet.power.billed import after_ending
from ec2kit.fleet.power.ending import Ending, terminate_plan
from ec2kit.fleet.power.observe import addresses_of, endings, stop_protected
from ec2kit.fleet.power.plan import reboot_plan, start_plan, stop_plan
from ec2kit.inventory.select import select
from ec2kit.inventory.selectors import parse
from ec2kit.model.instances import Instance
from ec2kit.screen.amounts import after_lines

SELECTORS = click.argument("selectors", nargs=-1, required=True, metavar="SELECTOR…")
EXCEPT = click.option("--except", "excluded", multiple=True, metavar="SELECTOR", help="but not these")


@changes
@SELECTORS
@EXCEPT
def start(context: Context, selectors: tuple[str, ...], excluded: tuple[str, ...]) -> None:
    """Start stopped instances. A quarantined one is never started.

    \b
    ec2kit start web-1
    ec2kit start role=web state:stopped
    """
    chosen = _chosen(context, selectors, excluded)
    context.carry_out(lambda: start_plan(chosen()), Manner(later="ec2kit wait {ids} --for running"))


@changes
@SELECTORS
@EXCEPT
@click.option("--hard", is_flag=True, help="also when the system hangs; its file systems may need repair")
def stop(context: Context, selectors: tuple[str, ...], excluded: tuple[str, ...], hard: bool) -> None:
    """Stop running instances. Disks and Elastic IPs stay, and stay billed; other public addresses go.

    \b
    ec2kit stop web-1
    ec2kit stop role=web state:running --except web-1
    """
    chosen = _chosen(context, selectors, excluded)

    def plan() -> Plan:
        aws, instances = context.aws(), chosen()
        return stop_plan(instances, stop_protected(aws, instances), addresses_of(aws, instances), force=hard)

    context.carry_out(plan, Manner(later="ec2kit wait {ids} --for stopped"))


@changes
@SELECTORS
@EXCEPT
def reboot(context: Context, selectors: tuple[str, ...], excluded: tuple[str, ...]) -> None:
    """Reboot running instances.

    \b
    ec2kit reboot web-1
    """
    chosen = _chosen(context, selectors, excluded)
    context.carry_out(lambda: reboot_plan(chosen()), Manner(later="ec2kit wait {ids} --for ok"))


@changes
@SELECTORS
@EXCEPT
@click.option("--snapshot", is_flag=True, help="take a last snapshot set first")
def terminate(
    context: Context, selectors: tuple[str, ...], excluded: tuple[str, ...], snapshot: bool
) -> None:
    """Terminate instances, for good. Says what goes with them and what stays and is billed.

    \b
    ec2kit terminate web-4 --snapshot
    ec2kit terminate web-4 --dry-run
    """
    chosen = _chosen(context, selectors, excluded)

    def plan() -> Plan:
        aws = context.aws()
        found = endings(aws, chosen(), snapshot=snapshot)
        return _with_amounts(context, terminate_plan(found, aws.now()), found)

    carried = context.carry_out(plan, Manner(later="ec2kit wait {ids} --for terminated"))
    if context.options.yes and carried.outcome:
        # Nobody was asked, so nobody has read them.
        for note in carried.plan.notes:
            context.say(f"note: {note}")


def _with_amounts(context: Context, plan: Plan, found: tuple[Ending, ...]) -> Plan:
    """The plan with what ends to be billed and what goes on to be, in its notes."""
    ended = {each.step.instance for each in plan.steps if isinstance(each.step, TerminateInstance)}
    region = context.aws().region
    after = reckoned(context, lambda rates: after_ending(rates, region, found, ended)) if ended else None
    if after is None:
        return plan
    lines = after_lines(after.ends, after.stays, context.clock.now())
    return replace(plan, notes=(*plan.notes, *lines))


def _chosen(
    context: Context, selectors: tuple[str, ...], excluded: tuple[str, ...]
) -> Callable[[], tuple[Instance, ...]]:
    """Read the words now, for stdin counts as typed; look the instances up when the plan is made."""
    selection = parse(context.expand(selectors), context.expand(excluded, removing=True))
    return lambda: select(context.aws(), selection)
