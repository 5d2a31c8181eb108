"""`ec2kit image import`: a disk of another machine becomes an image."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ec2kit.blocks.verify import Thoroughness
from ec2kit.cli.carrying import Manner
from ec2kit.cli.commands.image_disks import require_file
from ec2kit.cli.commands.priced import costs_of
from ec2kit.cli.context import Context
from ec2kit.cli.options import changes
from ec2kit.engine.plan import Plan
from ec2kit.errors import Ec2kitError, Exit
from ec2kit.host.files import storing
from ec2kit.host.paths import cache_directory
from ec2kit.images.importing import TYPED, Source, convert, inspect
from ec2kit.images.loaders import HEAD_BYTES, loaders_of
from ec2kit.images.naming import check_name
from ec2kit.images.recipes.architectures import parse_architecture
from ec2kit.images.registration import (
    BIOS,
    NEEDED,
    UEFI,
    Publication,
    boot_mode_of,
    check_name_free,
    publish_plan,
)
from ec2kit.model.tags import TESTED

if TYPE_CHECKING:
    from ec2kit.cli.carrying import Carried


@dataclass(frozen=True)
class _Import:
    """What was typed, understood."""

    file: Path
    form: str
    wanted: Publication
    boot_test: bool
    converted: Path
    """Where the raw disk is made when the file is of another format."""


@changes
@click.argument("file", metavar="FILE")
@click.option("--name", required=True, metavar="NAME", help="the image's name")
@click.option("--arch", default="amd64", metavar="NAME", help="amd64 (the default), i386 or arm64")
@click.option("--format", "form", type=click.Choice(tuple(TYPED)), help="what the file is (found out)")
@click.option("--boot-mode", type=click.Choice(tuple(NEEDED)), help="what the disk starts with (found out)")
@click.option(
    "--verify",
    type=click.Choice([each.value for each in Thoroughness]),
    default="full",
    help="how much to read back",
)
@click.option(
    "--boot-test/--no-boot-test", default=True, help="boot it here in QEMU first (the default), or not"
)
def import_(
    context: Context,
    file: str,
    name: str,
    arch: str,
    form: str | None,
    boot_mode: str | None,
    verify: str,
    boot_test: bool,
) -> None:
    """Make an image of a disk in a file: raw, qcow2, vmdk, vhd or vhdx, of a Xen, VMware, KVM or other machine.

    The disk is booted here, uploaded, read back and registered. Nothing is uploaded when the name is taken or the disk
    does not boot; --no-boot-test is for those that this machine cannot boot, or that have no cloud-init.

    \b
    ec2kit image import old-server.vmdk --name old-server
    ec2kit image import disk.qcow2 --name shop-i386 --arch i386 --no-boot-test
    """
    wanted = Publication(
        name=check_name(name),
        architecture=parse_architecture(arch).value,
        loaders=(),
        size_gib=0,
        boot_mode=boot_mode or "",
        description=f"imported from {Path(file).name}",
        verify=Thoroughness(verify),
    )
    path = context.surroundings.cwd / file
    job = _Import(path, form or "", wanted, boot_test, _converted_path(context, path, name))

    def plan() -> Plan:
        try:
            return _planned(context, job)
        except BaseException:
            _remove(job.converted)
            raise

    carried = context.carry_out(plan, Manner(made="image_id", costs=costs_of(context)))
    if _is_over(context, carried):
        _remove(job.converted)


def _planned(context: Context, job: _Import) -> Plan:
    """Everything that can be found wrong before the first byte is uploaded is found wrong here."""
    require_file(job.file, "name a disk in a file: raw, qcow2, vmdk, vhd or vhdx")
    aws = context.aws()
    check_name_free(
        job.wanted.name, aws.images.describe(filters={"name": [job.wanted.name]}, owners=["self"])
    )
    source = inspect(job.file, job.form)
    wanted = replace(job.wanted, size_gib=source.size_gib)
    if context.options.dry_run:
        return _dry_plan(source, wanted, job)
    disk = job.file
    if not source.is_raw:
        context.say(f"converting {job.file.name}, {source.size_gib} GiB, to a raw disk")
        disk = convert(source, job.converted)
    wanted = replace(wanted, loaders=_loaders(disk))
    mode = boot_mode_of(wanted.architecture, wanted.loaders, wanted.boot_mode)
    if job.boot_test:
        firmwares = _booted(context, disk, wanted.architecture, mode)
        wanted = replace(wanted, tags={**wanted.tags, TESTED: ",".join(firmwares)})
    return publish_plan(disk, wanted)


def _dry_plan(source: Source, wanted: Publication, job: _Import) -> Plan:
    """The plan as far as it can be told without converting and booting."""
    raw = source.is_raw
    found = (
        _loaders(job.file) if raw else tuple(NEEDED[wanted.boot_mode]) if wanted.boot_mode else (BIOS, UEFI)
    )
    plan = publish_plan(job.file if raw else job.converted, replace(wanted, loaders=found))
    notes = [] if raw else [f"before that, {job.file.name} is converted to a raw disk"]
    if job.boot_test:
        notes.append("before that, it is booted here in QEMU, with a metadata service")
    return replace(plan, notes=(*notes, *plan.notes))


def _loaders(disk: Path) -> tuple[str, ...]:
    with disk.open("rb") as file:
        return loaders_of(file.read(HEAD_BYTES))


def _booted(context: Context, disk: Path, architecture: str, mode: str) -> tuple[str, ...]:
    """Boot it with each firmware that it will meet; raises when it does not come up."""
    from ec2kit.host.clock import SystemClock
    from ec2kit.images.boot.spec import BootSpec
    from ec2kit.images.boot.trial import boot_test

    firmwares = tuple(sorted(NEEDED[mode]))
    for firmware in firmwares:
        context.say(f"booting {disk.name} as {architecture} with {firmware.upper()}")
        spec = BootSpec(architecture, firmware)
        report = boot_test(disk, spec, context.surroundings.clock or SystemClock())
        if not report.succeeded:
            raise Ec2kitError(
                f"'{disk.name}' did not boot with {firmware.upper()}: {report.failed[0]}",
                hint=f"its console is in '{report.log}'; --no-boot-test imports it all the same",
            )
    return firmwares


def _converted_path(context: Context, file: Path, name: str) -> Path:
    """The same for the same words, so that a killed import finds what it has made, and no other import does."""
    key = hashlib.sha256(f"{file}\0{name}".encode()).hexdigest()[:16]
    return cache_directory(context.surroundings.environ) / "images" / "imports" / f"{file.stem}-{key}.raw"


def _is_over(context: Context, carried: Carried) -> bool:
    """Whether nobody goes on with this run: it is done, or changed nothing."""
    if carried.outcome is None or carried.run is None:
        return True
    if carried.outcome.exit is Exit.DONE:
        return True
    return not context.state.runs.is_unfinished(context.state.runs.get(carried.run))


def _remove(path: Path) -> None:
    with storing(path):
        path.unlink(missing_ok=True)
