"""`ec2kit image boot`: an image started here, with its console in view."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from ec2kit.cli.context import Context
from ec2kit.cli.options import reads
from ec2kit.errors import Ec2kitError
from ec2kit.model.ids import kind_of


@reads
@click.argument("image", metavar="FILE|AMI")
@click.option("--bios/--uefi", "bios", default=None, help="the firmware (BIOS where there is a choice)")
@click.option("--arch", metavar="NAME", help="amd64, i386 or arm64, where the image does not say")
@click.option("--user-data", metavar="FILE", help="the machine's own, instead of a script that reports back")
@click.option("--memory", type=click.IntRange(128), default=1024, metavar="MIB", help="its memory (1024)")
@click.option("--timeout", metavar="TIME", help="how long it may take: 10m")
@click.option("--keep-log", metavar="FILE", help="keep the console here, whatever comes of it")
def boot(
    context: Context,
    image: str,
    bios: bool | None,
    arch: str | None,
    user_data: str | None,
    memory: int,
    keep_log: str | None,
) -> None:
    """Boot an image in QEMU with a metadata service, and say what it reached: login, cloud-init, its hostname.

    The image is not changed: the machine writes to a copy that ends with it, on a larger disk, so that the root can
    grow. Nothing it sends leaves this machine. The console is shown on stderr; Ctrl-C switches it off. An AMI is
    downloaded first, and removed from this machine afterwards.

    \b
    ec2kit image boot debian-12-amd64-20260102.raw --uefi
    ec2kit image boot disk.qcow2 --user-data first.sh --keep-log console.txt
    ec2kit image boot ami-0123456789abcdef0
    """
    from ec2kit.cli.commands.image_disks import require_file
    from ec2kit.images.boot.console import ForPeople
    from ec2kit.images.boot.spec import BootSpec
    from ec2kit.images.boot.trial import boot_test
    from ec2kit.images.recipes.architectures import parse_architecture
    from ec2kit.screen.boots import boot_json, boot_pairs

    here = context.surroundings.cwd
    told = parse_architecture(arch).value if arch else None
    data = None if user_data is None else _bytes(here / user_data)
    with _source(context, image) as source:
        architecture = told or source.architecture
        wanted = BootSpec(
            architecture=architecture,
            firmware=_firmware(bios, architecture),
            memory_mib=memory,
            timeout=_seconds(context.options.timeout),
            user_data=data,
            keep_log=None if keep_log is None else here / keep_log,
        )
        require_file(source.disk, "name a disk in a file, or an image by its id: `ec2kit image ls`")
        shown = ForPeople(context.output.mutter)
        watch = (lambda _: None) if context.paper.format.is_json else shown.take
        context.say(f"booting {image} as {wanted.architecture} with {wanted.firmware.upper()}")
        report = boot_test(source.disk, wanted, context.clock, watch)
    shown.end()
    context.show_one(boot_json(image, wanted, report), boot_pairs(image, wanted, report))
    if report.failed:
        raise Ec2kitError(
            f"'{image}' did not boot as it should: {report.failed[0]}",
            hint=f"its console is in {report.log}",
            resource=image,
        )


@dataclass(frozen=True)
class _Source:
    """A disk in a file, and the architecture that it has as far as can be told."""

    disk: Path
    architecture: str


@contextmanager
def _source(context: Context, image: str) -> Iterator[_Source]:
    """A file, or an image of AWS as one for as long as it is needed."""
    if kind_of(image) != "image" or (context.surroundings.cwd / image).exists():
        disk = context.surroundings.cwd / image
        yield _Source(disk, _architecture(disk))
        return
    from ec2kit.blocks.download import download
    from ec2kit.cli.commands.image_disks import crew_of, root_snapshot
    from ec2kit.cli.moving import clear
    from ec2kit.host.files import ensure_directory
    from ec2kit.host.paths import cache_directory
    from ec2kit.images.choose import one_shown

    aws = context.aws()
    architecture = one_shown(aws, image).architecture
    snapshot = root_snapshot(context, aws, image)
    context.announce(aws)
    place = ensure_directory(cache_directory(context.surroundings.environ) / "images" / "boots")
    disk = place / f"{image}.raw"
    context.say(f"downloading {snapshot}")
    download(aws.blocks, snapshot, disk, crew_of(context, snapshot))
    clear(context)
    try:
        yield _Source(disk, architecture)
    finally:
        disk.unlink(missing_ok=True)


def _architecture(disk: Path) -> str:
    from ec2kit.host.files import is_file
    from ec2kit.images.disk.layout import TABLE_BYTES, architecture_of

    if not is_file(disk):
        return "x86_64"
    with disk.open("rb") as file:
        return architecture_of(file.read(TABLE_BYTES)) or "x86_64"


def _firmware(bios: bool | None, architecture: str) -> str:
    if bios is None:
        return "uefi" if architecture == "arm64" else "bios"
    return "bios" if bios else "uefi"


def _seconds(typed: str | None) -> float | None:
    from ec2kit.model.periods import parse_duration

    return None if typed is None else parse_duration(typed).total_seconds()


def _bytes(path: Path) -> bytes:
    from ec2kit.host.files import read_text

    return read_text(path).encode()
