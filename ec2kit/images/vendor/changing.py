"""The appliance over a vendor's disk: it is looked at, and then customised inside its own root, cleaned and looked at.

The scripts are those of new roots: `customising_script` and `cleaning_script`.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ec2kit.images.appliance.disks import ApplianceDisk, Job
from ec2kit.images.appliance.job import script
from ec2kit.images.appliance.machine import Appliance
from ec2kit.images.appliance.reading import succeeded
from ec2kit.images.recipes.recipe import PlacedFile, Recipe
from ec2kit.images.root.cleaning import cleaning_script
from ec2kit.images.root.customising import HEAD, customising_script
from ec2kit.images.root.ground import PATIENT_CONSOLE
from ec2kit.images.root.kernel import DRIVERS
from ec2kit.images.vendor.facts import Facts, parse_facts

LOOK_SECONDS, CHANGE_SECONDS = 900.0, 3_600.0
"""Real time, emulated on a busy machine: listing an initrd takes a minute there, and hooks may do anything."""
MEMORY_MIB = 1024
"""update-grub, rpm and hooks want more than the half of it that looking takes."""
GRUB_PIECE = "/etc/default/grub.d/90_ec2kit.cfg"
"""Read by Debian's and Ubuntu's grub-mkconfig after all others, whose arguments it adds to."""


@dataclass(frozen=True)
class Changed:
    """What a disk has become, and what its own programs said meanwhile."""

    facts: Facts
    log: str


def look(appliance: Appliance, disk: Path) -> Facts:
    """What is on the disk, which stays as it is."""
    job = Job(
        script("facts") + script("look"),
        (ApplianceDisk(disk),),
        {"drivers": _drivers()},
        LOOK_SECONDS,
        MEMORY_MIB,
    )
    done = succeeded(appliance.run(job), "the image could not be read")
    return parse_facts(done.out.decode("utf-8", "replace"))


def change(appliance: Appliance, disk: Path, files: Mapping[str, bytes]) -> Changed:
    """Customise and clean the disk with what `scripts_for` returned; it is half changed when that raises."""
    job = Job(
        script("facts") + script("adopt"),
        (ApplianceDisk(disk, writable=True),),
        {**files, "drivers": _drivers()},
        CHANGE_SECONDS,
        MEMORY_MIB,
    )
    done = succeeded(appliance.run(job), "the image could not be customised")
    return Changed(parse_facts(done.out.decode("utf-8", "replace")), done.log)


def scripts_for(recipe: Recipe, facts: Facts) -> Mapping[str, bytes]:
    """Given a recipe and what it goes over, return the scripts by the names that the appliance knows them by.

    Nothing is run that is not needed: programs of another architecture cannot be, and the disk is cleaned all the same.
    """
    scripts = {"clean": cleaning_script()}
    if "programs" in facts.have:
        scripts["customise"] = customising_script(recipe, _ground(facts))
    if recipe.kernel_arguments:
        scripts["loader"] = loader_script(recipe.kernel_arguments)
    return {name: text.encode() for name, text in scripts.items()}


def loader_script(arguments: tuple[str, ...]) -> str:
    """Return the POSIX shell script that adds arguments for the kernel to GRUB's configuration, inside the root.

    It fails when the configuration would name another root than before, or lacks an argument afterwards.
    """
    words = " ".join(arguments)
    wanted = " ".join(map(shlex.quote, arguments))
    return f"""{HEAD}
roots() {{ grep -o 'root=[^ ]*' /boot/grub/grub.cfg | sort -u; }}
before=$(roots)
mkdir -p {GRUB_PIECE.rpartition("/")[0]}
printf '%s\\n' 'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX {words}"' >{GRUB_PIECE}
update-grub
[ "$(roots)" = "$before" ] || fail "update-grub would start another root: it was $before, and is $(roots)"
for argument in {wanted}; do
    grep -qF -- " $argument" /boot/grub/grub.cfg || fail "update-grub did not take the argument $argument"
done
"""


def identity_words() -> tuple[str, ...]:
    """All that decides what becomes of a disk besides the disk and the recipe."""
    return (script("facts"), script("adopt"), script("prelude"), cleaning_script(), PATIENT_CONSOLE, HEAD)


def _ground(facts: Facts) -> tuple[PlacedFile, ...]:
    """Of what our own images have, only what a vendor's may lack without being wrong."""
    if "systemd" not in facts.have:
        return ()
    return (PlacedFile("/etc/systemd/system/dev-ttyS0.device.d/ec2kit.conf", PATIENT_CONSOLE.encode()),)


def _drivers() -> bytes:
    return "".join(f"{name}\n" for name in DRIVERS).encode()
