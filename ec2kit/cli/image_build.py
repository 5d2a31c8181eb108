"""`ec2kit image build`: from a recipe to an image that was booted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ec2kit.blocks.verify import Thoroughness
from ec2kit.cli.carrying import Manner
from ec2kit.cli.context import Context
from ec2kit.cli.options import changes
from ec2kit.engine.plan import Plan
from ec2kit.engine.steps.blocks import UploadSnapshot
from ec2kit.errors import Exit, UsageError
from ec2kit.host.paths import cache_directory
from ec2kit.images.naming import check_name
from ec2kit.images.registration import Publication, check_name_free, publish_plan
from ec2kit.model.tags import RECIPE, TESTED

if TYPE_CHECKING:
    from ec2kit.cli.carrying import Carried
    from ec2kit.images.building import Built, Order
    from ec2kit.images.root.progress import Progress
    from ec2kit.images.root.workshop import Workshop


@changes
@click.argument("recipe", metavar="RECIPE")
@click.option("--arch", metavar="NAME", help="amd64, i386 or arm64 (the recipe's first)")
@click.option("--name", metavar="NAME", help="the image's name (RECIPE-ARCH-DATE)")
@click.option("--size", type=click.IntRange(1, 16_384), metavar="GIB", help="of the disk (the recipe's)")
@click.option("--file", "target", metavar="FILE", help="write the disk here, and send nothing to AWS")
@click.option("--fresh", is_flag=True, help="make the root file system again although the cache has it")
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
    recipe: str,
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

    \b
    ec2kit image build debian-12 --arch i386
    ec2kit image build ./web.yaml --name web-2026-01
    ec2kit image build debian-12-minimal --file debian.raw
    """
    order = _order(context, recipe, arch, name, size, boot_test)
    work = _workshop(context, fresh)
    if target is not None:
        _build_only(context, order, work, context.surroundings.cwd / target)
        return
    disk = work.directory / "disks" / f"{order.name}.raw"
    wanted = _publication(order, Thoroughness(verify))

    def plan() -> Plan:
        aws = context.aws()
        check_name_free(order.name, aws.images.describe(filters={"name": [order.name]}, owners=["self"]))
        if context.options.dry_run:
            return _dry_plan(order, disk, wanted)
        built = _built(context, order, work, disk)
        booted = {TESTED: ",".join(built.booted)} if built.booted else {}
        return publish_plan(built.path, replace(wanted, tags={**wanted.tags, **booted}))

    _tidy(context.carry_out(plan, Manner(made="image_id")))


def _order(
    context: Context, recipe: str, arch: str | None, name: str | None, size: int | None, boot_test: bool
) -> Order:
    """What was typed, understood; raises `UsageError`."""
    from ec2kit.images.building import Order
    from ec2kit.images.disk.spec import DiskSpec
    from ec2kit.images.recipes.architectures import parse_architecture
    from ec2kit.images.recipes.load import load_recipe

    loaded = load_recipe(recipe, context.surroundings.cwd)
    architecture = loaded.require(parse_architecture(arch) if arch else loaded.architectures[0])
    if size is not None and size < loaded.size_gib:
        raise UsageError(
            f"'{loaded.name}' wants a disk of {loaded.size_gib} GiB, not {size}",
            hint="give more, or write a smaller `size` into a recipe of yours that extends it",
        )
    day = context.clock.now().strftime("%Y%m%d")
    return Order(
        recipe=loaded,
        architecture=architecture,
        name=check_name(name or f"{loaded.name}-{architecture.debian}-{day}"),
        size_gib=size or loaded.size_gib,
        firmwares=DiskSpec(architecture).boot_modes if boot_test else (),
    )


def _publication(order: Order, verify: Thoroughness) -> Publication:
    from ec2kit.images.disk.spec import DiskSpec

    return Publication(
        name=order.name,
        architecture=order.architecture.value,
        loaders=DiskSpec(order.architecture).boot_modes,
        size_gib=order.size_gib,
        description=order.recipe.description or f"built from the recipe {order.recipe.name}",
        tags={RECIPE: order.recipe.name},
        verify=verify,
    )


def _workshop(context: Context, fresh: bool) -> Workshop:
    from ec2kit.images.root.workshop import Workshop

    told: set[str] = set()

    def report(progress: Progress) -> None:
        # Packages are unpacked and set up in several rounds; each stage is told once.
        if progress.stage not in told:
            told.add(progress.stage)
            amount = f" ({progress.total})" if progress.total else ""
            context.say(f"  {progress.stage}{amount}")

    usual = Workshop.of(context.surroundings.environ, context.surroundings.clock)
    directory = cache_directory(context.surroundings.environ) / "images"
    return replace(usual, directory=directory, report=report, warn=context.say, fresh=fresh)


def _built(context: Context, order: Order, work: Workshop, target: Path) -> Built:
    from ec2kit.images import building

    context.say(f"building {order.name}: {order.recipe.description or order.recipe.name}")
    make = context.surroundings.build or building.build
    built = make(order, work, target, context.say)
    if not built.made_now:
        context.say(f"{target.name} was built and booted before; going on with it")
    return built


def _build_only(context: Context, order: Order, work: Workshop, target: Path) -> None:
    """Into a file; AWS is not asked anything."""
    from ec2kit.images.building import stages

    if context.options.dry_run:
        told = list(stages(order))
        if context.paper.format.is_json:
            context.show_one({"id": order.name, "path": str(target), "stages": told}, ())
        for number, stage in enumerate(told, 1):
            context.say(f"{number}. {stage}")
        return
    built = _built(context, order, work, target)
    facts = {
        "path": str(built.path),
        "name": order.name,
        "architecture": order.architecture.value,
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


def _dry_plan(order: Order, disk: Path, wanted: Publication) -> Plan:
    """The plan as far as it can be told without building."""
    from ec2kit.images.building import stages

    plan = publish_plan(disk, wanted)
    return replace(plan, notes=(*(f"before that: {stage}" for stage in stages(order)), *plan.notes))


def _tidy(carried: Carried) -> None:
    """The disk is AWS's now; of a run that somebody may go on with it stays."""
    from ec2kit.images.building import remove

    if carried.outcome is None or carried.outcome.exit is not Exit.DONE:
        return
    for planned in carried.plan.steps:
        # The stored plan's: the same words, gone on with on another day, would have another name.
        if isinstance(planned.step, UploadSnapshot):
            remove(Path(planned.step.path))
