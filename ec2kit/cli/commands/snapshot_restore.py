"""`ec2kit snapshot restore`: a set to a new instance, to an instance's root disk, or to loose volumes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from ec2kit.cli.carrying import Carried, Manner
from ec2kit.cli.commands.priced import costs_of
from ec2kit.cli.context import Context
from ec2kit.cli.items import items_of
from ec2kit.cli.options import changes
from ec2kit.engine.plan import Plan
from ec2kit.engine.session import Outcome
from ec2kit.engine.steps.image import RegisterImage
from ec2kit.engine.steps.volume import AttachVolume
from ec2kit.errors import UsageError
from ec2kit.fleet.restore_places import living, places, zone_for_volumes
from ec2kit.fleet.restore_plan import instance_plan, refusals, wanted
from ec2kit.fleet.restore_root import root_plan
from ec2kit.fleet.restore_source import observe_described, spec_in
from ec2kit.fleet.restore_volumes import volumes_plan
from ec2kit.fleet.restored import Report, report, report_lines
from ec2kit.inventory.machine import observe_machine
from ec2kit.inventory.select import select_one
from ec2kit.inventory.selectors import parse
from ec2kit.model.instances import Instance
from ec2kit.screen.reports import Item
from ec2kit.screen.snapshots import RESTORED_COLUMNS, Restored
from ec2kit.snapshots.observe import one_set
from ec2kit.snapshots.sets import SnapshotSet

if TYPE_CHECKING:
    from ec2kit.aws import Aws


@dataclass(frozen=True)
class Wish:
    """What was typed."""

    which: str
    name: str
    to: tuple[str, ...]


@changes
@click.argument("which", metavar="SET|MACHINE")
@click.option(
    "--as",
    "kind",
    type=click.Choice(["instance", "root", "volumes"]),
    default="instance",
    show_default=True,
    help="a new instance, another root disk for one that exists, or loose volumes",
)
@click.option(
    "--name", default="", metavar="NAME", help="the new instance's name (its own, if nobody has it)"
)
@click.option(
    "--to",
    multiple=True,
    metavar="ZONE|SUBNET|INSTANCE",
    help="where: zones or subnets in the order to try them; with --as root, the instance",
)
def restore(context: Context, which: str, kind: str, name: str, to: tuple[str, ...]) -> None:
    """Make an instance, a root disk or volumes of a snapshot set.

    A machine's name or id means its newest good set. A new instance gets everything that the machine had, and a
    report says what differs; the machine's address stays where it is. With --as root the instance is stopped, and
    its old root disk is kept.

    \b
    ec2kit snapshot restore web-1
    ec2kit snapshot restore web-1@20260102T030405Z --as root --to web-1
    ec2kit snapshot restore web-1 --as volumes --to eu-west-1b
    """
    if name and kind != "instance":
        raise UsageError(
            f"--name names a new instance, and `--as {kind}` makes none", hint="leave --name out"
        )
    aws, wish = context.aws(), Wish(which, name, to)
    manner = Manner(
        asks=True if kind == "root" else None,
        items=_of_instance if kind == "root" else None,
        made={"instance": "instance_id", "volumes": "volume_id"}.get(kind, ""),
        show=kind != "instance",
        later="ec2kit wait {ids} --for running" if kind == "instance" else "",
        costs=costs_of(context),
    )
    carried = context.carry_out(lambda: PLANS[kind](aws, wish), manner)
    if context.options.dry_run:
        return
    if kind == "instance":
        _show(context, carried)
    for note in carried.plan.notes:
        context.say(f"note: {note}")


def _instance(aws: Aws, wish: Wish) -> Plan:
    chosen = one_set(aws, wish.which)
    if refused := refusals(chosen):
        return Plan(refused=refused, why_empty="the set cannot be restored")
    described = observe_described(aws, chosen)
    alive = living(aws, described, wish.name or described.source.spec.name)
    going = wanted(described.source, wish.name, places(aws, described, wish.to), alive)
    return instance_plan(described.source, going, alive, aws.now())


def _root(aws: Aws, wish: Wish) -> Plan:
    described = observe_described(aws, one_set(aws, wish.which))
    instance = _instance_for_root(aws, described.source.set, wish.to)
    attached = aws.volumes.describe([instance.root_volume]) if instance.root_volume else ()
    return root_plan(described.source, instance, next(iter(attached), None), aws.now())


def _instance_for_root(aws: Aws, chosen: SnapshotSet, to: Sequence[str]) -> Instance:
    """The instance named, or the set's own machine while it lives."""
    if to:
        return select_one(aws, parse(to))
    own = aws.instances.describe([chosen.of]) if chosen.of else ()
    if not own or own[0].state.is_gone:
        raise UsageError(
            f"the machine of '{chosen.name}' is gone: a root disk wants an instance",
            hint="name it: --to INSTANCE",
        )
    return own[0]


def _volumes(aws: Aws, wish: Wish) -> Plan:
    chosen = one_set(aws, wish.which)
    spec = spec_in(chosen)
    zone = zone_for_volumes(aws, wish.to, spec.zone if spec else "")
    return volumes_plan(chosen, spec, zone, aws.now())


PLANS: Mapping[str, Callable[[Aws, Wish], Plan]] = {"instance": _instance, "root": _root, "volumes": _volumes}


def _of_instance(plan: Plan, outcome: Outcome) -> Sequence[Item]:
    """The bulk report of a root disk: the instance is the item, its new volume the resource."""
    ids = [planned.step.instance for planned in plan.steps if isinstance(planned.step, AttachVolume)]
    made = [result["volume_id"] for result in outcome.results.values() if "volume_id" in result]
    items = items_of(plan, outcome, "snapshot restore")
    return [
        replace(item, id=id, resource=item.resource or "".join(made))
        for item, id in zip(items, ids, strict=False)
    ]


def _show(context: Context, carried: Carried) -> None:
    """The items with the fidelity report: as talk for people, inside the items for programs."""
    found = _report(context, carried)
    context.show(RESTORED_COLUMNS, [Restored(item, found) for item in carried.items])
    for line in report_lines(found) if found else ():
        context.say(line)


def _report(context: Context, carried: Carried) -> Report | None:
    """How the new instance differs from what its set describes; a resumed run knows the set by its snapshots."""
    made = carried.outcome.results.get("instance") if carried.outcome else None
    images = [planned.step for planned in carried.plan.steps if isinstance(planned.step, RegisterImage)]
    if made is None or not images:
        return None
    aws = context.aws()
    snapshots = [mapping.snapshot for mapping in images[0].request.mappings if mapping.snapshot]
    described = observe_described(aws, one_set(aws, snapshots[0]))
    after = observe_machine(aws, aws.instances.one(made["instance_id"]))
    return report(described.source.spec, described.machine, after)
