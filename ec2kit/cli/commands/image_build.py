"""`ec2kit image build`: from a recipe, or from a vendor's image, to an image that was booted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ec2kit.blocks.verify import Thoroughness
from ec2kit.cli.carrying import Manner
from ec2kit.cli.commands.image_orders import Job, Typed, from_image, from_recipe, workshop
from ec2kit.cli.commands.priced import costs_of
from ec2kit.cli.context import Context
from ec2kit.cli.options import changes
from ec2kit.engine.plan import Plan
from ec2kit.engine.steps.blocks import UploadSnapshot
from ec2kit.errors import Exit, UsageError
from ec2kit.host.files import is_directory
from ec2kit.images.registration import check_name_free, publish_plan

if TYPE_CHECKING:
    from ec2kit.cli.carrying import Carried
    from ec2kit.images.finishing import Built


@changes
@click.argument("recipe", metavar="[RECIPE]", required=False)
@click.option(
    "--from", "image", metavar="IMAGE", help="customise a vendor's qcow2, raw, vmdk or vhd in a file"
)
@click.option(
    "--arch", metavar="NAME", help="amd64, i386 or arm64 (the recipe's first; with --from, the image's)"
)
@click.option("--name", metavar="NAME", help="the image's name (RECIPE-ARCH-DATE; with --from, FILE-DATE)")
@click.option("--size", type=click.IntRange(1, 16_384), metavar="GIB", help="of the disk (the recipe's)")
@click.option("--file", "target", metavar="FILE", help="write the disk here, and send nothing to AWS")
@click.option("--fresh", is_flag=True, help="make again what the cache has")
@click.option(
    "--boot-test/--no-boot-test", default=True, help="boot it here in QEMU first (the default), or not"
)
@click.option(
    "--verify",
    type=click.Choice([each.value for each in Thoroughness]),
    default="full",
    help="how much to read back",
)
def build(
    context: Context,
    recipe: str | None,
    image: str | None,
    arch: str | None,
    name: str | None,
    size: int | None,
    target: str | None,
    fresh: bool,
    boot_test: bool,
    verify: str,
) -> None:
    """Build an image from a recipe: root file system, disk, boot test, upload, registration.

    No builder instance is needed, nor root. The disk is booted here in QEMU, with every firmware that it will meet,
    before anything is sent; then it is uploaded, read back and registered. A build that was killed goes on when the
    same is typed again. `ec2kit image recipes` lists the recipes.

    --from takes a vendor's image for clouds instead of packages from a mirror: a copy of it is customised as the RECIPE
    says, if one is named, and cleaned. Nothing is installed into it. It must have cloud-init.

    \b
    ec2kit image build debian-12 --arch i386
    ec2kit image build ./web.yaml --name web-2026-01
    ec2kit image build debian-12-minimal --file debian.raw
    ec2kit image build ./shop.yaml --from ubuntu-24.04-server-cloudimg-amd64.img --name shop
    """
    typed = Typed(recipe, image, arch, name, size, boot_test)
    work = workshop(context, fresh)
    job = from_image(context, typed, work) if image is not None else from_recipe(context, typed, work)
    job = replace(job, expected=replace(job.expected, verify=Thoroughness(verify)))
    _ = work.source_date  # that it can be read, before anything is done or promised
    if target is not None:
        _build_only(context, job, _writable(context.surroundings.cwd / target))
        return
    disk = work.directory / "disks" / f"{job.name}.raw"

    def plan() -> Plan:
        aws = context.aws()
        check_name_free(job.name, aws.images.describe(filters={"name": [job.name]}, owners=["self"]))
        if context.options.dry_run:
            return _dry_plan(job, disk)
        built = _built(context, job, disk)
        return publish_plan(built.path, job.publication(built))

    _tidy(context.carry_out(plan, Manner(made="image_id", costs=costs_of(context))))


def _writable(target: Path) -> Path:
    """The place that was typed; raises `UsageError` where no file can be."""
    if is_directory(target):
        raise UsageError(
            f"'{target}' is a directory", hint=f"--file {target / 'disk.raw'}", resource=str(target)
        )
    if not is_directory(target.parent):
        raise UsageError(f"there is no directory '{target.parent}'", resource=str(target.parent))
    return target


def _built(context: Context, job: Job, target: Path) -> Built:
    context.say(f"building {job.what}")
    built = job.make(target)
    if not built.made_now:
        context.say(f"{target.name} was built and booted before; going on with it")
    return built


def _build_only(context: Context, job: Job, target: Path) -> None:
    """Into a file; AWS is not asked anything."""
    if context.options.dry_run:
        if context.paper.format.is_json:
            context.show_one({"id": job.name, "path": str(target), "stages": list(job.stages)}, ())
        for number, stage in enumerate(job.stages, 1):
            context.say(f"{number}. {stage}")
        return
    built = _built(context, job, target)
    facts = {
        "path": str(built.path),
        "name": job.name,
        "architecture": built.architecture.value,
        "size_gib": built.size_gib,
        "sha256": built.sha256,
        "boot_modes": list(built.boot_modes),
        "booted": {firmware: round(seconds) for firmware, seconds in built.booted.items()},
        "packages": built.packages,
        "manifest": str(built.manifest),
    }
    pairs = [(key.replace("_", " "), _text(value)) for key, value in facts.items()]
    context.show_one(facts, pairs)


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} in {number} s" for key, number in value.items()) or "not booted"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _dry_plan(job: Job, disk: Path) -> Plan:
    """The plan as far as it can be told without building."""
    plan = publish_plan(disk, job.expected)
    before = tuple(f"before that: {stage}" for stage in job.stages)
    return replace(plan, notes=(*before, *job.notes, *plan.notes))


def _tidy(carried: Carried) -> None:
    """The disk is AWS's now; of a run that somebody may go on with it stays."""
    from ec2kit.images.finishing import remove

    if carried.outcome is None or carried.outcome.exit is not Exit.DONE:
        return
    for planned in carried.plan.steps:
        # The stored plan's: the same words, gone on with on another day, would have another name.
        if isinstance(planned.step, UploadSnapshot):
            remove(Path(planned.step.path))
