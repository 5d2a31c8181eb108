"""A recipe's root file system, from the cache or made now."""

from __future__ import annotations

import os
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

from ec2kit.errors import Ec2kitError, UsageError
from ec2kit.host import processes
from ec2kit.host.clock import wall_seconds
from ec2kit.host.files import atomic_write, ensure_directory, read_text, storing_disk
from ec2kit.images.recipes.architectures import TYPED, Architecture
from ec2kit.images.recipes.recipe import Recipe
from ec2kit.images.root.cache import Root, RootCache, key_of
from ec2kit.images.root.command import RootPlace, RootSpec, mmdebstrap_command, scripts_for
from ec2kit.images.root.failures import ListsFailed, failure
from ec2kit.images.root.following import following
from ec2kit.images.root.manifest import Manifest, parse_kernel, parse_packages
from ec2kit.images.root.mirrors import parse_sources, read_sources, sources_for, without
from ec2kit.images.root.scratch import Scratch
from ec2kit.images.root.workshop import Workshop

TIMEOUT = 3 * 3600.0
"""Seconds: a foreign architecture under emulation on a slow machine takes more than one hour."""


def build_root(recipe: Recipe, architecture: Architecture, work: Workshop) -> Root:
    """Return the recipe's root file system for the architecture; takes minutes unless the cache has it.

    The tar has `/vmlinuz` and `/initrd.img` (links into /boot, kept by the kernel's package when it is updated), no
    `/boot/grub`, and an fstab that mounts the file system labelled `root`. It is sorted, and no file in it is
    younger than `work.source_date`: made again of the same packages, it is the same bytes.

    When the lists of the release's updates cannot be read, and its own can, the root is made without updates,
    which `work.warn` is told and the manifest's `left_out` says.

    Raises `UsageError` for what is wrong in the recipe, `MirrorFailed` for the mirror, `Ec2kitError` for the rest.
    """
    recipe.require(architecture)
    sources = sources_for(recipe, parse_sources(read_sources(work.apt)))
    spec = RootSpec(recipe, architecture, sources, work.source_date)
    try:
        return _found_or_made(spec, work)
    except ListsFailed as error:
        fewer = without(sources, error.suites, recipe.release)
        if fewer == sources:
            raise
        left_out = tuple(line for line in sources if line not in fewer)
        suites = ", ".join(line.split()[2] for line in left_out)
        work.warn(
            f"going on without {suites}, whose lists could not be read: {error.message.splitlines()[0]}"
        )
        return _found_or_made(replace(spec, sources=fewer, left_out=left_out), work)


def _found_or_made(spec: RootSpec, work: Workshop) -> Root:
    cache, key = RootCache(work.directory / "roots"), key_of(spec)
    if not work.fresh and (found := cache.find(key)):
        cache.settle(key)
        return found
    with cache.building(key, work.clock):
        # Whoever held the lock before may have made it.
        if not work.fresh and (found := cache.find(key)):
            return found
        cache.clear(key)
        root = _made(spec, cache, key, work)
        cache.evict(wall_seconds(), spare=key)
        return root


def _made(spec: RootSpec, cache: RootCache, key: str, work: Workshop) -> Root:
    for tool in ("mmdebstrap", *_for_foreign(spec)):
        if shutil.which(tool, path=work.tools["PATH"]) is None:
            raise Ec2kitError(f"{tool} is not installed", hint=f"apt-get install {tool}")
    place = RootPlace(cache.partial(key), cache.work(key), cache.work(key))
    ensure_directory(place.scripts)
    for name, text in scripts_for(spec).items():
        atomic_write(place.scripts / name, text.encode())
    command = mmdebstrap_command(spec, place, as_root=work.as_root)
    try:
        with Scratch.of(work, cache).of_build(key) as directory:
            _run(spec, command, cache.work(key), _environment(spec, work, directory), work)
    except BaseException:
        # Its log stays, for the person who looks; half a tar on a disk that is full helps nobody.
        with storing_disk(place.tar):
            place.tar.unlink(missing_ok=True)
        raise
    return cache.keep(key, _manifest(spec, place))


def _for_foreign(spec: RootSpec) -> tuple[str, ...]:
    """What mmdebstrap looks with whether this machine can run another architecture's programs."""
    return () if TYPED.get(os.uname().machine) == spec.architecture else ("arch-test",)


def _run(
    spec: RootSpec, command: tuple[str, ...], directory: Path, environ: dict[str, str], work: Workshop
) -> None:
    """Run mmdebstrap; what it wrote stays in the work directory when it fails."""
    log = directory / "log"
    with following(log, work.report):
        ended = processes.attempt((*command, f"--logfile={log}"), TIMEOUT, environ=environ)
    if ended.code:
        output = read_text(log) if log.is_file() else ""
        pasted = f"SOURCE_DATE_EPOCH={spec.source_date} {shlex.join(command)}"
        raise failure(spec, pasted, f"{output}\n{ended.stdout}\n{ended.stderr}", log)


def _environment(spec: RootSpec, work: Workshop, scratch: Path) -> dict[str, str]:
    return {**work.tools, "SOURCE_DATE_EPOCH": str(spec.source_date), "TMPDIR": str(scratch)}


def _manifest(spec: RootSpec, place: RootPlace) -> Manifest:
    packages = parse_packages(read_text(place.facts / "packages"))
    if not packages:
        raise UsageError(f"the root file system of '{spec.recipe.name}' has no packages")
    return Manifest(
        recipe=spec.recipe.name,
        recipe_digest=spec.recipe.digest,
        release=str(spec.recipe.release),
        architecture=spec.architecture,
        kernel=parse_kernel(read_text(place.facts / "kernel")),
        source_date=spec.source_date,
        sources=spec.sources,
        left_out=spec.left_out,
        packages=packages,
    )
