"""`ec2kit bundle create`, `ls`, `verify` and `prune`; restoring is in `bundle_restore`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ec2kit.cli.carrying import Manner
from ec2kit.cli.commands.bundle_reading import reading_of
from ec2kit.cli.context import Context
from ec2kit.cli.keeping import keeps, policy_of
from ec2kit.cli.moving import clear
from ec2kit.cli.options import changes, reads
from ec2kit.engine.plan import Plan
from ec2kit.engine.steps.objects import StoreText
from ec2kit.errors import UsageError
from ec2kit.images.bundles.creating import Wish, create_bundle_plan, from_set_plan
from ec2kit.images.bundles.observe import bundles, meant, note_of, shelves, with_parts
from ec2kit.images.bundles.observe import chosen as chosen_bundle
from ec2kit.images.bundles.places import VERIFIED, parse_shelf
from ec2kit.images.bundles.pruning import prune_plan
from ec2kit.images.bundles.verifying import verify_bundle
from ec2kit.inventory.description import spec_from_tags
from ec2kit.inventory.select import select_one
from ec2kit.inventory.selectors import parse
from ec2kit.model.periods import format_time
from ec2kit.model.tags import LAUNCH
from ec2kit.screen.bundles import BUNDLE_COLUMNS, BundleRow
from ec2kit.screen.reports import Happened, Item
from ec2kit.snapshots.observe import one_set, subjects

if TYPE_CHECKING:
    from ec2kit.aws import Aws
    from ec2kit.snapshots.sets import SnapshotSet

SHELVES = 10
"""So many prefixes are named at most."""


@changes
@click.argument("machine", metavar="INSTANCE")
@click.argument("place", metavar="s3://BUCKET/PREFIX")
@click.option(
    "--volume", "devices", multiple=True, metavar="DEVICE", help="only the one at /dev/sdf; several"
)
@click.option("--path", "paths", multiple=True, metavar="PATH", help="this directory or file; several")
@click.option("--set", "chosen", metavar="SET", help="of this snapshot set, instead of taking one")
@click.option("--keep-set", is_flag=True, help="leave the set that is taken for it")
def create(
    context: Context,
    machine: str,
    place: str,
    devices: tuple[str, ...],
    paths: tuple[str, ...],
    chosen: str | None,
    keep_set: bool,
) -> None:
    """Store an instance in S3, in plain formats: all its volumes, some of them, or directories.

    A snapshot set is taken, so everything is of one moment, and the machine is not touched. A volume becomes a raw
    disk compressed by zstd, directories a tar; the manifest says how both are restored without ec2kit. With both
    --volume and --path, both are stored.

    \b
    ec2kit bundle create web-1 s3://backups/machines
    ec2kit bundle create web-1 s3://backups/etc --path /etc --path /var/www
    """
    (word,) = context.expand([machine])
    for path in paths:
        if not path.startswith("/"):
            raise UsageError(
                f"'{path}' is not an absolute path", hint="name paths as the machine has them: /etc"
            )
    wish = Wish(parse_shelf(place), devices, paths, keep_set or chosen is not None)
    aws = context.aws()

    def plan() -> Plan:
        aws.objects.reachable(wish.shelf.bucket)
        if chosen is not None:
            return _of_set(aws, word, one_set(aws, chosen), wish)
        subject = subjects(aws, [select_one(aws, parse([word]))])[0]
        return create_bundle_plan(subject, wish, aws.now())

    context.carry_out(plan, Manner(made="bundle"))


def _of_set(aws: Aws, word: str, chosen: SnapshotSet, wish: Wish) -> Plan:
    if word not in (chosen.machine, chosen.of):
        raise UsageError(f"the set '{chosen.name}' is of '{chosen.machine}', and '{word}' was asked for")
    tags = chosen.snapshots[0].tags
    spec = spec_from_tags(tags)
    if spec is None:
        raise UsageError(f"the set '{chosen.name}' has no description", hint="ec2kit snapshot ls")
    template, _, version = tags.get(LAUNCH, "").partition(":")
    found = aws.templates.versions(template, [version]) if version else ()
    launch = {name: value for each in found for name, value in each.data.items() if name != "UserData"}
    return from_set_plan(chosen, spec, launch, wish, aws.now())


@reads
@click.argument("place", metavar="s3://BUCKET/PREFIX")
def ls(context: Context, place: str) -> None:
    """List the bundles under a prefix, with those that are not finished.

    With a machine's name behind the prefix, those of that machine. Where there are none, the prefixes below that have
    some are named.

    \b
    ec2kit bundle ls s3://backups/machines
    ec2kit bundle ls s3://backups/machines/web-1
    """
    shelf = parse_shelf(place)
    aws = context.aws()
    context.announce(aws)
    found = meant(aws, place)
    context.show(BUNDLE_COLUMNS, [BundleRow(each, aws.now()) for each in found])
    if not found:
        below = [str(each) for each in shelves(aws, shelf)]
        more = f" and {len(below) - SHELVES} more" if len(below) > SHELVES else ""
        where = f"; there are in {', '.join(below[:SHELVES])}{more}" if below else ""
        context.say(f"no bundles in {shelf}{where}")


@changes
@click.argument("place", metavar="s3://BUCKET/PREFIX/NAME")
@click.option("--deep", is_flag=True, help="read all of it, and hold every sum against what is there")
def verify(context: Context, place: str, deep: bool) -> None:
    """See whether a bundle is whole: each object is there, as long as it was, with the checksum that S3 made then.

    NAME is a bundle's, as `bundle ls` shows it, or a machine's for its newest. With --deep everything is read,
    uncompressed and summed up. That it was verified, and when, is written beside it.

    \b
    ec2kit bundle verify s3://backups/machines/web-1 --deep
    """
    aws = context.aws()
    shelf, manifest = chosen_bundle(aws, place)
    name = manifest.name
    verify_bundle(reading_of(context, aws), shelf, manifest, deep=deep)
    how = "deep" if deep else "objects"
    clear(context)
    context.say(f"{shelf.url(name)} is whole ({how})")

    def plan() -> Plan:
        note = note_of(how, format_time(aws.now()))
        return Plan.of(StoreText(shelf.bucket, shelf.key(name, VERIFIED), note), reason="it was verified")

    item = Item(shelf.url(name), name, "bundle verify", Happened.DONE, how)
    context.carry_out(plan, Manner(items=lambda _plan, _outcome: (item,), again=True))


@changes
@click.argument("place", metavar="s3://BUCKET/PREFIX")
@keeps
def prune(context: Context, place: str, **policy: Any) -> None:
    """Delete the bundles under a prefix that a policy does not want, for each machine by itself.

    The newest whole bundle of a machine stays. One that was never finished goes when nothing was written to it for a
    day. --dry-run says why each is kept or goes.

    \b
    ec2kit bundle prune s3://backups/machines --keep-daily 7 --keep-monthly 12 --dry-run
    """
    shelf = parse_shelf(place)
    wanted = policy_of(policy)
    aws = context.aws()

    def plan() -> Plan:
        found = bundles(aws, shelf)
        return prune_plan(
            [with_parts(aws, each) if each.pending else each for each in found], wanted, aws.now()
        )

    context.carry_out(plan, Manner(again=True))
