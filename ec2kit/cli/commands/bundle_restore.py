"""`ec2kit bundle restore`."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ec2kit.cli.carrying import Manner
from ec2kit.cli.commands.bundle_reading import reading_of
from ec2kit.cli.context import Context
from ec2kit.cli.moving import clear
from ec2kit.cli.options import changes
from ec2kit.engine.plan import Plan
from ec2kit.errors import Busy, UsageError
from ec2kit.fleet.restore_places import zone_for_volumes
from ec2kit.host.files import ensure_directory
from ec2kit.host.locks import FileLock
from ec2kit.host.paths import cache_directory
from ec2kit.images.bundles.files import Source, fetch_volume
from ec2kit.images.bundles.manifest import raw_name
from ec2kit.images.bundles.observe import chosen
from ec2kit.images.bundles.restoring import (
    Fetched,
    check_image_wish,
    check_room,
    image_plan,
    restore_here,
    volumes_plan,
    wanted_volumes,
)
from ec2kit.images.naming import check_name
from ec2kit.model.ids import Zone
from ec2kit.objects.reading import Damaged
from ec2kit.screen.reports import ITEM_COLUMNS, Happened, Item

if TYPE_CHECKING:
    from ec2kit.aws import Aws
    from ec2kit.model.disks import Image

VOLUME, IMAGE = "volume", "image"


@changes
@click.argument("place", metavar="s3://BUCKET/PREFIX/NAME")
@click.option(
    "--to", "target", required=True, metavar="volume|image|DIR", help="what it becomes (./image: a directory)"
)
@click.option(
    "--volume", "devices", multiple=True, metavar="DEVICE", help="only the one of /dev/sdf; several"
)
@click.option("--zone", metavar="ZONE", help="where the volumes are made (the machine's)")
@click.option("--name", default="", metavar="NAME", help="the image's name")
@click.option("--into", is_flag=True, help="also into a directory that is not empty")
def restore(
    context: Context,
    place: str,
    target: str,
    devices: tuple[str, ...],
    zone: str | None,
    name: str,
    into: bool,
) -> None:
    """Restore a bundle to new volumes, to an image, or to a directory here.

    NAME is a bundle's, as `bundle ls` shows it, or a machine's for its newest. In a directory volumes become sparse
    raw disks, and directories what they were; as root with their owners. For a volume or an image the disks are read
    to this machine first, and written to snapshots. Every part is held against the sums in the manifest. Killed, the
    same words go on.

    \b
    ec2kit bundle restore s3://backups/machines/web-1 --to volume
    ec2kit bundle restore s3://backups/machines/web-1 --to image --name web-restored
    ec2kit bundle restore s3://backups/etc/web-1-20260102T030405Z.bundle --to /srv/restored
    """
    if target == IMAGE:
        check_image_wish(name)
        check_name(name)
    aws = context.aws()
    shelf, manifest = chosen(aws, place)
    source = Source(reading_of(context, aws), shelf, manifest)
    if target in (VOLUME, IMAGE):
        _there(context, source, devices, _Becomes(target, Zone(zone or source.manifest.spec.zone), name))
    else:
        _here(context, source, Path(context.surroundings.cwd, target), devices, into=into)


@dataclass(frozen=True)
class _Becomes:
    """What a bundle's disks are to become in AWS."""

    kind: str
    zone: Zone
    name: str

    def plan(self, aws: Aws, fetched: Fetched) -> Plan:
        """The plan, once the disks are files."""
        if self.kind == VOLUME:
            return volumes_plan(fetched, self.zone)
        return image_plan(fetched, self.name, _holder(aws, self.name))


def _there(context: Context, source: Source, devices: tuple[str, ...], becomes: _Becomes) -> None:
    """Restore to volumes or to an image."""
    volumes = wanted_volumes(source.manifest, devices)
    if not volumes:
        raise UsageError("the bundle holds directories only", hint="restore it to a directory: --to DIR")
    if becomes.kind == VOLUME and not becomes.zone:
        raise UsageError("in which zone?", hint="--zone eu-west-1a")
    aws, work = context.aws(), _work_directory(context, source, becomes)
    if becomes.kind == VOLUME:
        zone_for_volumes(aws, [becomes.zone], "")
    fetched = Fetched(source.manifest, {device: work / raw_name(device) for device in volumes})
    manner = Manner(made="volume_id" if becomes.kind == VOLUME else "image_id")
    if context.options.dry_run:
        context.carry_out(lambda: becomes.plan(aws, fetched), manner)
        return
    with _held(work):
        if becomes.plan(aws, fetched).steps:
            context.announce(aws)
            context.say(f"reading {source.shelf.url(source.manifest.name)} to this machine")
            for device, pieces in volumes.items():
                fetch_volume(source, pieces, fetched.files[device])
            clear(context)
        carried = context.carry_out(lambda: becomes.plan(aws, fetched), manner)
        if carried.outcome is not None and not carried.outcome.failures:
            shutil.rmtree(work, ignore_errors=True)
        elif carried.outcome is not None and carried.outcome.results:
            context.say(
                f"what was made stays: `ec2kit resume {carried.run}` goes on; "
                f"`ec2kit resume {carried.run} --abandon` and `ec2kit gc` give it up"
            )


def _here(context: Context, source: Source, directory: Path, devices: tuple[str, ...], *, into: bool) -> None:
    """Restore to a directory: nothing of AWS changes."""
    url = source.shelf.url(source.manifest.name)
    wanted_volumes(source.manifest, devices)
    check_room(source, directory, into=into)
    if context.options.dry_run:
        context.say(f"would restore {url} to {directory}")
        return
    context.say(f"reading {url} to {directory}")
    try:
        restore_here(source, directory, devices, into=into)
    except Damaged as error:
        if any(directory.glob(f"*.{source.mark}.partial")):
            error.hint += f"; what is in {directory} stays: when S3 has it right again, the same words go on"
        raise
    clear(context)
    left_out = [place for each in source.manifest.directories for place in each.left_out]
    why = f"{', '.join(left_out)} was not in it" if left_out else ""
    item = Item(str(directory), source.manifest.name, "bundle restore", Happened.DONE, why)
    context.show(ITEM_COLUMNS, [item])


def _work_directory(context: Context, source: Source, becomes: _Becomes) -> Path:
    """Where the disks lie meanwhile: one place for each bundle and what it becomes, so that the same words go on."""
    mark = hashlib.sha256(f"{source.mark} {becomes}".encode()).hexdigest()[:32]
    return cache_directory(context.surroundings.environ) / "images" / "restored" / mark


@contextmanager
def _held(work: Path) -> Iterator[None]:
    ensure_directory(work)
    with FileLock(work.with_name(f"{work.name}.lock")).hold() as ours:
        if not ours:
            raise Busy("the same bundle is being restored by another process", resource=str(work))
        yield


def _holder(aws: Aws, name: str) -> Image | None:
    return next(iter(aws.images.describe(filters={"name": [name]}, owners=["self"])), None)
