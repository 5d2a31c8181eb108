"""`ec2kit image export`: a snapshot, or an image's root disk, in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ec2kit.blocks.crew import WORKERS, Crew
from ec2kit.blocks.download import download
from ec2kit.cli.context import Context
from ec2kit.cli.options import reads
from ec2kit.errors import Interrupted, Refused, UsageError
from ec2kit.images.choose import one_shown
from ec2kit.images.exporting import repack
from ec2kit.model.ids import kind_of

if TYPE_CHECKING:
    from ec2kit.aws import Aws


@reads
@click.argument("which", metavar="IMAGE|SNAPSHOT")
@click.argument("file", metavar="FILE")
@click.option(
    "--format", "form", type=click.Choice(("raw", "qcow2")), default="raw", help="of the file (raw)"
)
@click.option("--force", is_flag=True, help="replace FILE if it is there")
def export(context: Context, which: str, file: str, form: str, force: bool) -> None:
    """Write a snapshot, or the root disk of an image, to a file: its blocks checked, its holes left holes.

    Every block's checksum is held against what AWS says. Stopped or killed, the same words go on where it was.

    \b
    ec2kit image export debian-12-amd64 debian.raw
    ec2kit image export snap-0123456789abcdef0 disk.qcow2 --format qcow2
    """
    aws = context.aws()
    target = context.surroundings.cwd / file
    if target.exists() and not force:
        raise Refused(f"'{file}' is there already", hint="name another file, or --force", resource=file)
    if not target.parent.is_dir():
        raise UsageError(f"there is no directory '{target.parent}'", resource=str(target.parent))
    snapshot = _snapshot(context, aws, which)
    context.announce(aws)
    raw = target if form == "raw" else target.with_name(f"{target.name}.{snapshot}.raw")
    blocks = download(aws.blocks, snapshot, raw, _crew(context))
    if form != "raw":
        context.say(f"packing it as {form}")
        repack(raw, target, form)
    size = target.stat().st_size
    value = {"snapshot": snapshot, "file": str(target), "format": form, "size_bytes": size, "blocks": blocks}
    context.show_one(value, [(name.replace("_", " "), str(item)) for name, item in value.items()])


def _snapshot(context: Context, aws: Aws, word: str) -> str:
    """The snapshot that is meant; raises `NotFound`, and `Refused` for one that is not complete."""
    if kind_of(word) == "snapshot":
        snapshot = aws.snapshots.one(word)
        if snapshot.state != "completed":
            raise Refused(
                f"snapshot '{word}' is {snapshot.state}: only a completed one can be read", resource=word
            )
        return snapshot.id
    image = one_shown(aws, word)
    if not image.snapshots:
        raise Refused(f"image '{image.id}' has no snapshot", resource=image.id)
    if len(image.snapshots) > 1:
        others = ", ".join(image.snapshots[1:])
        context.say(f"the root disk; the image has others, to be exported by their snapshots: {others}")
    return image.snapshots[0]


def _crew(context: Context) -> Crew:
    around = context.surroundings
    shown = [""]

    def check() -> None:
        if context.clock.stop.is_set():
            raise Interrupted("interrupted", hint="run the same command again: it goes on where it was")

    def tell(text: str) -> None:
        if around.moving and text != shown[0]:
            shown[0] = text
            context.output.mutter(f"\r\x1b[K{text}")

    return Crew(1 if around.workers == 1 else WORKERS, check, tell)
