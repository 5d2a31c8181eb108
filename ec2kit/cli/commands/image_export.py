"""`ec2kit image export`: a snapshot, or an image's root disk, in a file."""

from __future__ import annotations

import click

from ec2kit.blocks.download import download
from ec2kit.cli.commands.image_disks import crew_of, root_snapshot
from ec2kit.cli.context import Context
from ec2kit.cli.moving import clear
from ec2kit.cli.options import reads
from ec2kit.errors import Refused, UsageError
from ec2kit.images.exporting import WRITTEN, format_of, repack


@reads
@click.argument("which", metavar="IMAGE|SNAPSHOT")
@click.argument("file", metavar="FILE")
@click.option(
    "--format", "form", type=click.Choice(WRITTEN), help="of the file (as FILE's ending says, or else raw)"
)
@click.option("--force", is_flag=True, help="replace FILE if it is there")
def export(context: Context, which: str, file: str, form: str | None, force: bool) -> None:
    """Write a snapshot, or the root disk of an image, to a file: its blocks checked, its holes left holes.

    Every block's checksum is held against what AWS says. Stopped or killed, the same words go on where it was.

    \b
    ec2kit image export debian-12-amd64 debian.raw
    ec2kit image export snap-0123456789abcdef0 disk.qcow2
    """
    form = format_of(file, form or "")
    aws = context.aws()
    target = context.surroundings.cwd / file
    if target.exists() and not force:
        raise Refused(f"'{file}' is there already", hint="name another file, or --force", resource=file)
    if not target.parent.is_dir():
        raise UsageError(f"there is no directory '{target.parent}'", resource=str(target.parent))
    snapshot = root_snapshot(context, aws, which)
    context.announce(aws)
    raw = target if form == "raw" else target.with_name(f"{target.name}.{snapshot}.raw")
    context.say(f"reading {snapshot}")
    blocks = download(aws.blocks, snapshot, raw, crew_of(context, snapshot))
    clear(context)
    if form != "raw":
        context.say(f"packing it as {form}")
        repack(raw, target, form)
    size = target.stat().st_size
    value = {"snapshot": snapshot, "file": str(target), "format": form, "size_bytes": size, "blocks": blocks}
    context.show_one(value, [(name.replace("_", " "), str(item)) for name, item in value.items()])
