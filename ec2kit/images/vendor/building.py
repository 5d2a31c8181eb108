"""From a vendor's cloud image to a disk of ours that was booted: copied, customised, cleaned, checked, booted.

    disks/NAME.untested.raw           the working copy, with
    disks/NAME.untested.raw.part      what qemu-img writes until it is whole, and
    disks/NAME.untested.raw.unpacked  what was in a packed file

A build that was killed begins anew: the same words remove what it left. One that was finished is found again.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ec2kit.errors import UsageError
from ec2kit.images.appliance.machine import appliance
from ec2kit.images.finishing import Built, Draft, Say, boot_stages, finish, found, untested
from ec2kit.images.recipes.architectures import Architecture
from ec2kit.images.recipes.recipe import Recipe
from ec2kit.images.registration import NEEDED, boot_mode_of
from ec2kit.images.root.workshop import Workshop
from ec2kit.images.vendor import changing, judging
from ec2kit.images.vendor.facts import Facts
from ec2kit.images.vendor.source import Size, VendorFile, require_size, sum_of, working_copy

BOOTS = ("boot it here in QEMU with every firmware that it has a loader for, with a metadata service",)
SUPPOSED = Architecture.X86_64
"""What a dry run takes an image for that says nothing yet."""
NO_RECIPE = Recipe("", size_gib=1)
"""The image is cleaned, checked and booted, and nothing else is done to it."""


@dataclass(frozen=True)
class VendorOrder:
    """An image that is to be made of a vendor's."""

    given: VendorFile
    recipe: Recipe
    name: str
    architecture: Architecture | None
    """None: the image says."""
    size_gib: int
    """0: as large as it is, or as the recipe wants it."""
    boot_test: bool = True

    def check(self) -> None:
        """Raise `UsageError` for what can be seen wrong without reading the disk."""
        if 0 < self.size_gib < self.recipe.size_gib:
            raise UsageError(
                f"'{self.recipe.name}' wants a disk of {self.recipe.size_gib} GiB, not {self.size_gib}",
                hint="give more, or write a smaller `size` into the recipe",
            )
        if self.given.disk:
            require_size(self.given.path, self.given.size_gib, self.size_gib)

    @property
    def expected_gib(self) -> int:
        """The disk's size, as far as it is known; what is packed may turn out larger."""
        return self.size_gib or max(self.given.size_gib, self.recipe.size_gib)

    def identity(self, file_sum: str) -> str:
        """A digest of all that the disk is made from."""
        asked = self.architecture.value if self.architecture else ""
        words = [file_sum, self.recipe.digest, asked, self.size_gib, *changing.identity_words()]
        return hashlib.sha256(json.dumps(words).encode()).hexdigest()


def stages(order: VendorOrder) -> tuple[str, ...]:
    """Given an order, return what building it does, a sentence each, for a dry run."""
    file, recipe = order.given.path.name, order.recipe.name
    size = f" of {order.expected_gib} GiB" if order.size_gib or order.given.disk else ""
    how = f"customise it by recipe '{recipe}' inside its own root, and clean it" if recipe else "clean it"
    return (
        f"make a raw disk{size} of {file}, which stays as it is",
        "look at the system on it: one root file system, its architecture, cloud-init, drivers",
        how,
        *(BOOTS if order.boot_test else boot_stages(())),
    )


def build_from(
    order: VendorOrder, work: Workshop, target: Path, say: Say, watch: Say = lambda _: None
) -> Built:
    """Build the disk into `target`, or return what an earlier run of the same order has left there.

    `work.warn` is told what EC2 would miss in it. Raises `UsageError` for an image that cannot be taken or customised,
    `Busy` while another process builds the same name, `BootFailed`, and what the appliance raises; then nothing is at
    `target`, and the vendor's file is as it was in any case.
    """
    order.check()
    with untested(target) as disk:
        say(f"reading {order.given.path.name} for its sum")
        file_sum = sum_of(order.given.path)
        identity = order.identity(file_sum)
        earlier = None if work.fresh else found(target, identity, ())
        if earlier and set(_firmwares(order, earlier.architecture, earlier.boot_modes)) <= set(
            earlier.booted
        ):
            return earlier
        draft = _drafted(order, work, disk, (file_sum, identity), say)
        return finish(draft, target, work.clock, say, watch)


def _drafted(order: VendorOrder, work: Workshop, disk: Path, sums: tuple[str, str], say: Say) -> Draft:
    """The disk, made; nothing is changed in it before all that can be found wrong was found."""
    file_sum, identity = sums
    name = order.given.path.name
    loaders = working_copy(order.given, disk, Size(order.size_gib, order.recipe.size_gib), say)
    machine = appliance(work.directory, work.clock)
    say("looking at the system on it")
    facts = changing.look(machine, disk)
    judging.require_root(facts, name)
    architecture = judging.architecture_of(facts, order.architecture, order.recipe, name)
    firmwares = _firmwares(order, architecture, loaders)
    judging.require_fit(facts, order.recipe, name)
    say(f"it is {facts.system} for {architecture.debian}, {len(facts.packages)} packages")
    say(
        "cleaning it"
        if order.recipe is NO_RECIPE
        else f"customising it by '{order.recipe.name}' and cleaning it"
    )
    facts = changing.change(machine, disk, changing.scripts_for(order.recipe, facts)).facts
    judging.require_system(facts, name)
    warnings = judging.warnings(facts, architecture)
    for warning in warnings:
        work.warn(f"warning: {warning}")
    return Draft(
        path=disk,
        name=order.name,
        architecture=architecture,
        size_gib=disk.stat().st_size >> 30,
        boot_modes=loaders,
        firmwares=firmwares,
        identity=identity,
        contents=_contents(order, facts, file_sum, warnings),
        again=_again(order),
    )


def _firmwares(order: VendorOrder, architecture: Architecture, loaders: tuple[str, ...]) -> tuple[str, ...]:
    """Those that EC2 may start it with; raises `UsageError` for an image that EC2 never starts."""
    mode = boot_mode_of(architecture.value, loaders)
    return tuple(sorted(NEEDED[mode])) if order.boot_test else ()


def _contents(
    order: VendorOrder, facts: Facts, file_sum: str, warnings: tuple[str, ...]
) -> Mapping[str, Any]:
    """Of the manifest: where it came from and what is in it."""
    return {
        "recipe": order.recipe.name or None,
        "recipe_digest": order.recipe.digest,
        "from": {"file": order.given.path.name, "sha256": file_sum},
        "root": {
            "system": facts.system,
            "kernels": [each.version for each in facts.kernels],
            "packages": [asdict(each) for each in facts.packages],
            "warnings": warnings,
        },
    }


def _again(order: VendorOrder) -> str:
    words = [*([order.recipe.name] if order.recipe.name else []), "--from", str(order.given.path)]
    return shlex.join(words)
