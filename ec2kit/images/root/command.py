"""The command that makes a root file system, as a pure function of what is wanted and where it goes."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ec2kit.images.recipes.architectures import Architecture
from ec2kit.images.recipes.recipe import Recipe
from ec2kit.images.root.cleaning import TRACES, cleaning_script
from ec2kit.images.root.customising import customising_script
from ec2kit.images.root.ground import ground_files, packages_of
from ec2kit.images.root.kernel import checking_script, preparing_script

INSIDE = "/.ec2kit"
"""Where the scripts are in the root while it is made."""

APT_CONFIG_IN = "/tmp"
"""What mmdebstrap empties itself at its end, since its apt.conf is there.

An apt that does not find it works on this machine instead of the root: so this is not cleaned before, and no apt runs
after our cleaning, which removes lists and caches too.
"""
LEASH = ("setpriv", "--pdeathsig", "TERM")
"""mmdebstrap is told when ec2kit is killed; it ends after its current step, and removes what it made."""
ROOT_LEASH = ("setpriv", "--pdeathsig", "KILL", "unshare", "--fork", "--pid", "--kill-child", "--mount-proc")
"""As root it can be ended at once, with all that it started and mounted: they are in namespaces of their own."""

LISTING = r"${Package}\t${Architecture}\t${Version}\n"


@dataclass(frozen=True)
class RootSpec:
    """What is made; equal specs make equal roots."""

    recipe: Recipe
    architecture: Architecture
    sources: tuple[str, ...]
    """apt's lines; none: mmdebstrap's own default for the suite."""
    source_date: int
    """Seconds since 1970; no file in the root is younger."""
    left_out: tuple[str, ...] = ()
    """apt's lines that could not be used."""


@dataclass(frozen=True)
class RootPlace:
    """Where it is made: the tar, what is written besides it, and the scripts."""

    tar: Path
    facts: Path
    """A directory: `packages`, and `kernel`."""
    scripts: Path


def scripts_for(spec: RootSpec) -> Mapping[str, str]:
    """Given a spec, return the scripts that run while it is made, by name, in their order."""
    return {
        "prepare": preparing_script(),
        "customise": customising_script(spec.recipe, ground_files(spec.recipe)),
        "check": checking_script(),
        "clean": cleaning_script([trace for trace in TRACES if trace.path != APT_CONFIG_IN]),
    }


def mmdebstrap_command(spec: RootSpec, place: RootPlace, *, as_root: bool) -> tuple[str, ...]:
    """Given what is wanted and where, return mmdebstrap's argv.

    Without root it maps a range of ids of `/etc/subuid` (`--mode=unshare`); the result is the same. cloud-init and all
    else come after the base system, which is what `--include` means with the variant `minbase`.
    """
    hooks = (
        ("essential", f'mkdir -p "$1"{INSIDE}'),
        *(("essential", _upload(place.scripts / name, name)) for name in scripts_for(spec)),
        ("essential", f'sh "$1"{INSIDE}/prepare "$1"'),
        ("customize", f'chroot "$1" /bin/sh {INSIDE}/customise </dev/null'),
        ("customize", f'sh "$1"{INSIDE}/check "$1" >"$1"{INSIDE}/kernel'),
        ("customize", f'chroot "$1" dpkg-query -W -f=\'{LISTING}\' >"$1"{INSIDE}/packages'),
        *(("customize", _download(name, place.facts / name)) for name in ("kernel", "packages")),
        ("customize", f'sh "$1"{INSIDE}/clean "$1" && rm -rf "$1"{INSIDE}'),
    )
    return (
        *(ROOT_LEASH if as_root else LEASH),
        "mmdebstrap",
        f"--mode={'root' if as_root else 'unshare'}",
        "--variant=minbase",
        f"--architectures={spec.architecture.debian}",
        "--format=tar",
        "--skip=cleanup/apt",
        "--verbose",
        '--aptopt=Acquire::Retries "3"',
        f"--include={','.join(packages_of(spec.recipe, spec.architecture))}",
        *(f"--{when}-hook={words}" for when, words in hooks),
        spec.recipe.release.suite,
        str(place.tar),
        *spec.sources,
    )


def _upload(script: Path, name: str) -> str:
    """mmdebstrap's own word: without root, the inside cannot read what only the caller may."""
    return f"upload {shlex.quote(str(script))} {INSIDE}/{name}"


def _download(name: str, to: Path) -> str:
    return f"download {INSIDE}/{name} {shlex.quote(str(to))}"


def identity(spec: RootSpec) -> Sequence[object]:
    """Given a spec, return all that decides what the root will hold, for its digest."""
    place = RootPlace(Path("tar"), Path("facts"), Path("scripts"))
    command = mmdebstrap_command(spec, place, as_root=True)
    return [list(command[command.index("mmdebstrap") :]), list(scripts_for(spec).values()), spec.source_date]
