"""`ec2kit snapshot create`, `ls`, `show` and `delete`; restoring is in `snapshot_restore`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import click

from ec2kit.cli.carrying import Manner
from ec2kit.cli.commands.priced import costs_of, say_total
from ec2kit.cli.context import Context
from ec2kit.cli.items import items_of
from ec2kit.cli.options import changes, reads
from ec2kit.costs.standing import Cost, Rates, snapshot_part
from ec2kit.engine.plan import Plan, combine
from ec2kit.engine.session import Outcome
from ec2kit.engine.steps.snapshot import DeleteSnapshot
from ec2kit.errors import Ec2kitError
from ec2kit.fleet.restore_source import observe_described, spec_in
from ec2kit.inventory.machine import Machine
from ec2kit.inventory.select import select
from ec2kit.inventory.selectors import parse
from ec2kit.screen.reports import Item
from ec2kit.screen.snapshots import SET_COLUMNS, SetRow, set_json, set_pairs
from ec2kit.snapshots.choose import sets_chosen, sets_to_delete
from ec2kit.snapshots.create import create_plan
from ec2kit.snapshots.delete import delete_plan
from ec2kit.snapshots.leftovers import clean_plan, leftovers
from ec2kit.snapshots.observe import one_set, sets_of, subjects, uses_of
from ec2kit.snapshots.sets import loose


@changes
@click.argument("selectors", nargs=-1, required=True, metavar="SELECTOR…")
@click.option("--except", "excluded", multiple=True, metavar="SELECTOR", help="but not these")
def create(context: Context, selectors: tuple[str, ...], excluded: tuple[str, ...]) -> None:
    """Take a bootable set of instances that run or are stopped: all disks at one moment.

    The set carries what is needed to launch the same machine again. The disks are as after a power cut (crash
    consistent). A run that was killed is finished first, then today's set is taken.

    \b
    ec2kit snapshot create web-1
    ec2kit ls role=web | grep eu-west-1a | ec2kit snapshot create -
    """
    words = context.expand(selectors)
    aws = context.aws()

    def plan() -> Plan:
        found = select(aws, parse(words, excluded))
        old = sets_of(aws, [instance.id for instance in found])
        broken = leftovers(old, context.state.runs.was_given_up, aws.now())
        return combine(create_plan(subjects(aws, found), aws.now()), clean_plan(broken))

    manner = Manner(items=_created, again=True, later="ec2kit snapshot ls {ids}", costs=costs_of(context))
    context.carry_out(plan, manner)


def _created(plan: Plan, outcome: Outcome) -> Sequence[Item]:
    """The bulk report: the set is the item, its snapshots the resource; broken sets that went are items too."""
    made = {
        result["set"]: ",".join(result["snapshot_ids"])
        for result in outcome.results.values()
        if "set" in result
    }
    gone = {planned.subject for planned in plan.steps if isinstance(planned.step, DeleteSnapshot)}
    items = []
    for item in items_of(plan, outcome, "snapshot create", "set"):
        if item.id in made:
            item = replace(item, resource=made[item.id])
        elif item.name in gone:
            item = replace(item, id=item.name, name="", action="delete broken set")
        items.append(item)
    return items


@reads
@click.argument("selectors", nargs=-1, metavar="[SELECTOR|SET]…")
@click.option("--all", "everything", is_flag=True, help="snapshots that belong to no set too")
def ls(context: Context, selectors: tuple[str, ...], everything: bool) -> None:
    """List snapshot sets, newest first, those of machines that are gone too.

    SELECTOR means instances as everywhere, and a name or id the sets of a machine that is gone. Only a `complete`
    set can be restored.

    \b
    ec2kit snapshot ls web-1
    ec2kit snapshot ls role=web -o json
    """
    words = context.expand(selectors)
    rows = []
    regions = context.everywhere()
    for aws in regions:
        found = sets_chosen(aws, words)
        if everything:
            found += loose(aws.snapshots.describe())
        rows += [SetRow(each, aws.now(), aws.region) for each in found]
    context.announce(regions[0])

    def cost(rates: Rates) -> Cost:
        return Cost(tuple(snapshot_part(rates, row.region, row.set.size_gib) for row in rows))

    say_total(context, f"{len(rows)} set{'' if len(rows) == 1 else 's'}", cost)
    context.show(SET_COLUMNS, rows)


@reads
@click.argument("which", metavar="SET|MACHINE")
def show(context: Context, which: str) -> None:
    """Show a set: its disks, and the machine as it was when the set was taken.

    A machine's name or id means its newest good set, or its newest when none is good.

    \b
    ec2kit snapshot show web-1
    """
    aws = context.aws()
    chosen = one_set(aws, which, complete=False)
    machine: Machine | None = None
    try:
        machine = observe_described(aws, chosen).machine
    except Ec2kitError as error:
        context.complain(error)
    spec = spec_in(chosen) if machine else None
    disks = spec.disks if spec else ()
    row = SetRow(chosen, aws.now(), aws.region)
    context.announce()
    context.show_one(set_json(row, machine, disks), set_pairs(row, machine, disks))


@changes
@click.argument("words", nargs=-1, required=True, metavar="SET|SNAPSHOT…")
def delete(context: Context, words: tuple[str, ...]) -> None:
    """Delete snapshot sets, or single snapshots that belong to none.

    The last good set of an enrolled machine stays, and so does what an image uses or `ec2kit:keep` protects.

    \b
    ec2kit snapshot delete web-1@20260102T030405Z
    ec2kit snapshot ls 'old-*' -q | ec2kit snapshot delete -
    """
    named = context.expand(words)
    aws = context.aws()

    def plan() -> Plan:
        sets = sets_to_delete(aws, named)
        return delete_plan(sets, uses_of(aws, sets))

    context.carry_out(plan, Manner(items=_deleted))


def _deleted(plan: Plan, outcome: Outcome) -> Sequence[Item]:
    """The bulk report: the set is the item, whatever its steps are about."""
    items = items_of(plan, outcome, "snapshot delete")
    return [replace(item, id=item.name, name="") if item.name else item for item in items]
