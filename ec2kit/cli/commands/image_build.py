"""`ec2kit image build`: from a recipe, or from a vendor's image, to an image that was booted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
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
from ec2kit.images.registration import BIOS, UEFI, Publication, check_name_free, publish_plan
from ec2kit.model.tags import RECIPE, TESTED

if TYPE_CHECKING:
    from ec2kit.cli.carrying import Carried
    from ec2kit.images.building import Order
    from ec2kit.images.finishing import Built
    from ec2kit.images.root.progress import Progress
    from ec2kit.images.root.workshop import Workshop
    from ec2kit.images.vendor.building import VendorOrder


@dataclass(frozen=True)
class _Typed:
    """The words that say which image is wanted."""

    recipe: str | None
    image: str | None
    arch: str | None
    name: str | None
    size: int | None
    boot_test: bool


@dataclass(frozen=True)
class _Job:
    """An image that is to be built, whatever it is built from."""

    what: str
    """For people: the image, and what becomes of it."""
    stages: tuple[str, ...]
    make: Callable[[Path], Built]
    expected: Publication
    """As far as it is known before the disk is made."""
    notes: tuple[str, ...] = field(default=())

    @property
    def name(self) -> str:
        """The image's."""
        return self.expected.name

    def publication(self, built: Built) -> Publication:
        """Given the disk, return what is registered."""
        booted = {TESTED: ",".join(built.booted)} if built.booted else {}
        return replace(
            self.expected,
            architecture=built.architecture.value,
            loaders=built.boot_modes,
            size_gib=built.size_gib,
            tags={**self.expected.tags, **booted},
        )


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
    typed = _Typed(recipe, image, arch, name, size, boot_test)
    work = _workshop(context, fresh)
    job = _from_image(context, typed, work) if image is not None else _from_recipe(context, typed, work)
    job = replace(job, expected=replace(job.expected, verify=Thoroughness(verify)))
    if target is not None:
        _build_only(context, job, context.surroundings.cwd / target)
        return
    disk = work.directory / "disks" / f"{job.name}.raw"

    def plan() -> Plan:
        aws = context.aws()
        check_name_free(job.name, aws.images.describe(filters={"name": [job.name]}, owners=["self"]))
        if context.options.dry_run:
            return _dry_plan(job, disk)
        built = _built(context, job, disk)
        return publish_plan(built.path, job.publication(built))

    _tidy(context.carry_out(plan, Manner(made="image_id")))


def _from_recipe(context: Context, typed: _Typed, work: Workshop) -> _Job:
    from ec2kit.images import building

    order = _order(context, typed)
    recipe = order.recipe
    make = context.surroundings.build or building.build
    return _Job(
        what=f"{order.name}: {recipe.description or recipe.name}",
        stages=building.stages(order),
        make=lambda disk: make(order, work, disk, context.say),
        expected=Publication(
            name=order.name,
            architecture=order.architecture.value,
            loaders=order.loaders,
            size_gib=order.size_gib,
            description=recipe.description or f"built from the recipe {recipe.name}",
            tags={RECIPE: recipe.name},
        ),
    )


def _order(context: Context, typed: _Typed) -> Order:
    """What was typed, understood; raises `UsageError`."""
    from ec2kit.images.building import Order
    from ec2kit.images.disk.spec import DiskSpec
    from ec2kit.images.recipes.architectures import parse_architecture
    from ec2kit.images.recipes.load import load_recipe

    if typed.recipe is None:
        raise UsageError(
            "name a recipe, or a vendor's image with --from",
            hint="`ec2kit image recipes` lists the recipes that come with ec2kit",
        )
    loaded = load_recipe(typed.recipe, context.surroundings.cwd)
    arch, size = typed.arch, typed.size
    architecture = loaded.require(parse_architecture(arch) if arch else loaded.architectures[0])
    if size is not None and size < loaded.size_gib:
        raise UsageError(
            f"'{loaded.name}' wants a disk of {loaded.size_gib} GiB, not {size}",
            hint="give more, or write a smaller `size` into a recipe of yours that extends it",
        )
    return Order(
        recipe=loaded,
        architecture=architecture,
        name=check_name(typed.name or f"{loaded.name}-{architecture.debian}-{_day(context)}"),
        size_gib=size or loaded.size_gib,
        firmwares=DiskSpec(architecture).boot_modes if typed.boot_test else (),
    )


def _from_image(context: Context, typed: _Typed, work: Workshop) -> _Job:
    from ec2kit.images.vendor import building

    order = _vendor_order(context, typed)
    recipe, file = order.recipe.name, order.given.path.name
    make = context.surroundings.build_from or building.build_from
    return _Job(
        what=f"{order.name} from {file}",
        stages=building.stages(order),
        make=lambda disk: make(order, work, disk, context.say),
        expected=Publication(
            name=order.name,
            architecture=(order.architecture or building.SUPPOSED).value,
            loaders=(BIOS, UEFI),
            size_gib=order.expected_gib,
            description=order.recipe.description or f"customised from {file}",
            tags={RECIPE: recipe} if recipe else {},
        ),
        notes=(f"the architecture, the loaders and the size are those of {file}, and seen when it is read",),
    )


def _vendor_order(context: Context, typed: _Typed) -> VendorOrder:
    """What was typed, understood; raises `UsageError`."""
    from ec2kit.images.recipes.architectures import parse_architecture
    from ec2kit.images.recipes.load import load_changes
    from ec2kit.images.vendor.building import NO_RECIPE, VendorOrder
    from ec2kit.images.vendor.source import open_file, plain_name

    cwd = context.surroundings.cwd
    recipe = load_changes(typed.recipe, cwd) if typed.recipe else NO_RECIPE
    given = open_file(cwd / Path(typed.image or ""))
    if recipe.mirror:
        context.say(f"the mirror of '{recipe.name}' is not asked: nothing is installed into a vendor's image")
    order = VendorOrder(
        given=given,
        recipe=recipe,
        name=check_name(typed.name or f"{plain_name(given.path)}-{_day(context)}"),
        architecture=parse_architecture(typed.arch) if typed.arch else None,
        size_gib=typed.size or 0,
        boot_test=typed.boot_test,
    )
    order.check()
    return order


def _day(context: Context) -> str:
    return context.clock.now().strftime("%Y%m%d")


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


def _built(context: Context, job: _Job, target: Path) -> Built:
    context.say(f"building {job.what}")
    built = job.make(target)
    if not built.made_now:
        context.say(f"{target.name} was built and booted before; going on with it")
    return built


def _build_only(context: Context, job: _Job, target: Path) -> None:
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


def _dry_plan(job: _Job, disk: Path) -> Plan:
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
