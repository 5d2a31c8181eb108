"""From a recipe to a disk that was booted: root file system, disk, boot test. Its name is final only then.

The root file system (`roots/KEY.tar`, `ec2kit.images.root`) is kept for the next build. A build that was killed is gone
on with by the same words: what is whole is used, the rest is made again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ec2kit.images.disk.assemble import assemble
from ec2kit.images.disk.spec import GIB, DiskSpec, Identity
from ec2kit.images.finishing import Built, Draft, Say, boot_stages, finish, found, untested
from ec2kit.images.recipes.architectures import Architecture
from ec2kit.images.recipes.recipe import Recipe
from ec2kit.images.root.build import build_root
from ec2kit.images.root.kernel import kernel_arguments
from ec2kit.images.root.manifest import manifest_text
from ec2kit.images.root.workshop import Workshop


@dataclass(frozen=True)
class Order:
    """An image that is to be built. `firmwares` are those it has to boot with before it has its name; none: untried."""

    recipe: Recipe
    architecture: Architecture
    name: str
    size_gib: int
    firmwares: tuple[str, ...]
    user_data: bytes | None = None

    @property
    def loaders(self) -> tuple[str, ...]:
        """The firmwares that the disk will start under."""
        return DiskSpec(self.architecture).boot_modes

    def disk(self, source_date: int) -> DiskSpec:
        """The disk that is wanted."""
        size = self.size_gib * GIB
        arguments = kernel_arguments(self.recipe, self.architecture)
        return DiskSpec(self.architecture, size, source_date, arguments)


def stages(order: Order) -> tuple[str, ...]:
    """Given an order, return what building it does, a sentence each, for a dry run."""
    return (
        f"make the root file system of '{order.recipe.name}' for {order.architecture.debian}, unless the cache has it",
        f"put a disk of {order.size_gib} GiB together",
        *boot_stages(order.firmwares),
    )


def build(order: Order, work: Workshop, target: Path, say: Say, watch: Say = lambda _: None) -> Built:
    """Build the disk into `target`, or return what an earlier run of the same order has left there.

    `say` is told each stage, `watch` the console's text. Raises `Busy` while another process builds the same name,
    `BootFailed`, and what making roots and disks raises; then nothing is at `target`.
    """
    with untested(target) as disk:
        root = build_root(order.recipe, order.architecture, work)
        spec = order.disk(root.manifest.source_date)
        identity = Identity.of(root.sha256, spec).digest
        if earlier := found(target, identity, order.firmwares):
            return earlier
        assembled = assemble(root.tar, disk, spec, say)
        contents = {
            "recipe": order.recipe.name,
            "root": json.loads(manifest_text(root.manifest, sha256=root.sha256)),
        }
        draft = Draft(
            path=disk,
            name=order.name,
            architecture=order.architecture,
            size_gib=order.size_gib,
            boot_modes=assembled.boot_modes,
            firmwares=order.firmwares,
            identity=identity,
            contents=contents,
            again=order.recipe.name,
            user_data=order.user_data,
        )
        return finish(draft, target, work.clock, say, watch)
