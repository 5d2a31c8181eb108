"""What `ec2kit image build` was asked for, understood: a recipe's image, or a vendor's that is customised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ec2kit.cli.context import Context
from ec2kit.errors import UsageError
from ec2kit.host.paths import cache_directory
from ec2kit.images.naming import check_name
from ec2kit.images.registration import BIOS, UEFI, Publication
from ec2kit.model.tags import RECIPE, TESTED

if TYPE_CHECKING:
    from ec2kit.images.building import Order
    from ec2kit.images.finishing import Built
    from ec2kit.images.root.progress import Progress
    from ec2kit.images.root.workshop import Workshop
    from ec2kit.images.vendor.building import VendorOrder


@dataclass(frozen=True)
class Typed:
    """The words that say which image is wanted."""

    recipe: str | None
    image: str | None
    arch: str | None
    name: str | None
    size: int | None
    boot_test: bool


@dataclass(frozen=True)
class Job:
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


def from_recipe(context: Context, typed: Typed, work: Workshop) -> Job:
    """The image of a recipe; raises `UsageError`."""
    from ec2kit.images import building

    order = _order(context, typed)
    recipe = order.recipe
    make = context.surroundings.build or building.build
    return Job(
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


def _order(context: Context, typed: Typed) -> Order:
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


def from_image(context: Context, typed: Typed, work: Workshop) -> Job:
    """A vendor's image, customised; raises `UsageError`."""
    from ec2kit.images.vendor import building

    order = _vendor_order(context, typed)
    recipe, file = order.recipe.name, order.given.path.name
    make = context.surroundings.build_from or building.build_from
    return Job(
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


def _vendor_order(context: Context, typed: Typed) -> VendorOrder:
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


def workshop(context: Context, fresh: bool) -> Workshop:
    """Where it is built, and who is told of it; `fresh` leaves out what the cache has."""
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
