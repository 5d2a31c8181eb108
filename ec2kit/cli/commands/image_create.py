"""`ec2kit image create`: an image of a machine that runs or is stopped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from ec2kit.cli.carrying import Carried, Manner
from ec2kit.cli.commands.image_disks import crew_of
from ec2kit.cli.commands.priced import costs_of
from ec2kit.cli.context import Context
from ec2kit.cli.moving import clear
from ec2kit.cli.options import changes
from ec2kit.engine.codec import decode_plan
from ec2kit.engine.plan import Plan
from ec2kit.errors import UsageError
from ec2kit.host.paths import cache_directory
from ec2kit.images.creating import Cleaned, Wish, ends_with_image, first_plan, last_plan
from ec2kit.images.naming import check_name
from ec2kit.images.scrubbing import Reading, Scrubbing, Workbench, by_appliance, disk_name, scrubbed
from ec2kit.inventory.description import Spec, spec_from_tags
from ec2kit.inventory.select import select_one
from ec2kit.inventory.selectors import parse
from ec2kit.model.runs import RunState
from ec2kit.screen.reports import ITEM_COLUMNS
from ec2kit.snapshots.observe import one_set, subjects
from ec2kit.snapshots.sets import SnapshotSet

if TYPE_CHECKING:
    from ec2kit.aws import Aws
    from ec2kit.images.scrubbing import Scrub
    from ec2kit.model.disks import Image
    from ec2kit.model.ids import SnapshotId


@changes
@click.argument("machine", metavar="INSTANCE")
@click.option("--name", required=True, metavar="NAME", help="the image's name")
@click.option("--root-only", is_flag=True, help="without the data volumes")
@click.option("--unscrubbed", is_flag=True, help="as it is, keys and logs included; the image says so")
def create(context: Context, machine: str, name: str, root_only: bool, unscrubbed: bool) -> None:
    """Make an image of an instance that runs or is stopped, without touching it.

    A set of its disks is taken, as by `snapshot create`. The copy of the root is read to this machine, rid of what
    only one machine may have (host keys, machine id, logs, cloud-init's state), and written back as a snapshot of
    its own. An image with a billing code (RHEL, SUSE, Windows, marketplace) is made by CreateImage, not scrubbed, and
    says so.

    \b
    ec2kit image create web-1 --name web-20260102
    """
    (word,) = context.expand([machine])
    wish = Wish(check_name(name), root_only, unscrubbed)
    if not context.options.wait and not unscrubbed:
        hint = "leave --no-wait out"
        raise UsageError("the root is scrubbed when its snapshot is complete, which is waited for", hint=hint)
    aws = context.aws()

    def first() -> Plan:
        subject = subjects(aws, [select_one(aws, parse([word]))])[0]
        return first_plan(subject, wish, _holder(aws, name), aws.now())

    cache = cache_directory(context.surroundings.environ) / "images"
    bench = Workbench(cache / "created" / context.state.command(context).intent[:32])
    if context.options.dry_run:
        context.carry_out(first, Manner(costs=costs_of(context)))
        return
    with bench.held():
        begun = None if context.options.new else _begun(context, bench, name)
        if begun is None:
            carried = context.carry_out(first, Manner(made="image_id", show=False))
            if not _is_set_only(carried):
                _report(context, carried)
                return
            begun = _root_of(_set_of(aws, carried)).root
            bench.begin(begun)
        scrub = context.surroundings.scrub or by_appliance(cache, context.clock)
        _finish(context, _Going(bench, wish, scrub), begun)


@dataclass(frozen=True)
class _Going:
    """An image in the making."""

    bench: Workbench
    wish: Wish
    scrub: Scrub


@dataclass(frozen=True)
class _Root:
    """A set as the image wants it."""

    set: SnapshotSet
    spec: Spec
    root: SnapshotId
    size_gib: int


def _finish(context: Context, going: _Going, snapshot: SnapshotId) -> None:
    aws, bench = context.aws(), going.bench
    found = _root_of(one_set(aws, snapshot))
    reading = Reading(aws.blocks, found.root, found.size_gib, crew_of(context, found.root))

    def say(stage: str) -> None:
        clear(context)
        context.say(stage)

    path = scrubbed(bench, reading, Scrubbing(going.scrub, disk_name(found.spec.root_device), say))
    cleaned = Cleaned(str(path), found.size_gib, found.root)
    by_volume = {str(each.volume): each.id for each in found.set.snapshots}
    carried = context.carry_out(
        lambda: last_plan(found.spec, going.wish, cleaned, by_volume), Manner(made="image_id")
    )
    if carried.outcome is not None and not carried.outcome.failures:
        bench.clear()


def _report(context: Context, carried: Carried) -> None:
    """What came of a plan that is the whole: made, gone on with, refused, or failed."""
    context.show(ITEM_COLUMNS, carried.items)
    if carried.outcome is not None and not carried.outcome.failures:
        for note in carried.plan.notes:
            context.say(f"note: {note}")


def _holder(aws: Aws, name: str) -> Image | None:
    return next(iter(aws.images.describe(filters={"name": [name]}, owners=["self"])), None)


def _begun(context: Context, bench: Workbench, name: str) -> SnapshotId | None:
    """The snapshot that a killed command was at; a bench is cleared that nobody needs any more."""
    aws, snapshot = context.aws(), bench.begun()
    if snapshot is None and (snapshot := _taken_last(context)) is not None:
        bench.begin(snapshot)
    if snapshot is not None and aws.snapshots.describe([snapshot]) and not _holder(aws, name):
        return snapshot
    bench.clear()
    return None


def _taken_last(context: Context) -> SnapshotId | None:
    """The root of the set that the same words took, when they were killed before anything else was written down."""
    state, aws = context.state, context.aws()
    last = next(iter(state.journal.runs(limit=1, intent=state.command(context).intent)), None)
    if last is None or last.state is not RunState.DONE or state.runs.is_stale(last):
        return None
    if ends_with_image(decode_plan(last.plan)):
        return None
    results = [record.result or {} for record in state.journal.steps(last.id)]
    ids = next((result["snapshot_ids"] for result in results if "snapshot_ids" in result), ())
    return _root_of(one_set(aws, ids[0])).root if ids and aws.snapshots.describe(ids) else None


def _is_set_only(carried: Carried) -> bool:
    done = carried.outcome is not None and not carried.outcome.failures
    return done and not ends_with_image(carried.plan)


def _set_of(aws: Aws, carried: Carried) -> SnapshotSet:
    results = carried.outcome.results.values() if carried.outcome else ()
    ids = next(result["snapshot_ids"] for result in results if "snapshot_ids" in result)
    return one_set(aws, ids[0])


def _root_of(chosen: SnapshotSet) -> _Root:
    """The set's description and its root's snapshot; a set that we have just taken has both."""
    spec = spec_from_tags(chosen.snapshots[0].tags)
    if spec is None:
        raise UsageError(f"the set '{chosen.name}' has no description", hint="ec2kit snapshot ls")
    volume = next(disk.volume for disk in spec.disks if disk.device == spec.root_device)
    snapshot = next(each for each in chosen.snapshots if each.volume == volume)
    return _Root(chosen, spec, snapshot.id, snapshot.size_gib)
