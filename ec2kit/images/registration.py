"""A disk in a file becomes an image: every attribute named, impossible pairs refused, then upload, verify, register.

RegisterImage inherits nothing from anywhere, and takes pairs that never boot. What is possible on EC2 ("Instance type
boot mode requirements", EC2 User Guide; DescribeInstanceTypes):

| architecture | loaders on the disk | boot mode | ENA |
|---|---|---|---|
| x86_64 | BIOS and UEFI | uefi-preferred | yes |
| x86_64 | UEFI | uefi | yes |
| x86_64 | BIOS | legacy-bios | yes |
| i386 | BIOS | legacy-bios | no: only Xen types run it |
| arm64 | UEFI | uefi | yes |
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ec2kit.aws.requests import ImageRequest
from ec2kit.blocks.verify import Thoroughness
from ec2kit.engine.plan import Plan, Planned
from ec2kit.engine.steps.base import later
from ec2kit.engine.steps.blocks import UploadSnapshot, VerifySnapshot
from ec2kit.engine.steps.image import ENDED, RegisterImage
from ec2kit.errors import Refused, UsageError
from ec2kit.images.naming import check_name
from ec2kit.model.disks import Image, Mapping
from ec2kit.model.ids import SnapshotId
from ec2kit.model.tags import NAME, Tags

BIOS, UEFI = "bios", "uefi"
ROOT_DEVICE = "/dev/xvda"
"""What Debian and Amazon Linux call it; any name of an EBS root would do."""
MODES: dict[str, dict[frozenset[str], str]] = {
    "x86_64": {
        frozenset({BIOS, UEFI}): "uefi-preferred",
        frozenset({UEFI}): "uefi",
        frozenset({BIOS}): "legacy-bios",
    },
    "i386": {frozenset({BIOS}): "legacy-bios", frozenset({BIOS, UEFI}): "legacy-bios"},
    "arm64": {frozenset({UEFI}): "uefi", frozenset({BIOS, UEFI}): "uefi"},
}
"""The boot mode by architecture and the loaders that are on the disk: the table above."""
NEEDED = {"uefi-preferred": {BIOS, UEFI}, "uefi": {UEFI}, "legacy-bios": {BIOS}}
"""The loaders that each boot mode may start with."""
LARGEST_GIB = 16_384
"""The largest gp3 volume that every region has (EBS User Guide, "Amazon EBS volume types")."""


@dataclass(frozen=True)
class Publication:
    """An image that is to be made of a raw disk."""

    name: str
    architecture: str
    loaders: tuple[str, ...]
    """Which of `bios` and `uefi` the disk starts with."""
    size_gib: int
    """Of the snapshot, and of the root volume at launch."""
    boot_mode: str = ""
    """Asked for; empty: what suits the architecture and the loaders."""
    description: str = ""
    tags: Tags = field(default_factory=dict)
    """On the image and on its snapshot; both get the name besides."""
    parent: SnapshotId | None = None
    """A snapshot of which this disk is a changed version."""
    verify: Thoroughness = Thoroughness.FULL


def boot_mode_of(architecture: str, loaders: Iterable[str], asked: str = "") -> str:
    """Given an architecture, the loaders on the disk and the mode asked for (or none), return the mode to register.

    Raises `UsageError` for what would never boot, with what would.
    """
    have = frozenset(loaders)
    known = MODES.get(architecture)
    if known is None:
        raise UsageError(
            f"'{architecture}' is no architecture of an image", hint=f"one of {', '.join(MODES)}"
        )
    possible = set(known.values())
    if asked and asked not in possible:
        raise UsageError(
            f"an image of {architecture} cannot have the boot mode '{asked}': no EC2 type starts it so",
            hint=f"use --boot-mode {' or '.join(sorted(possible))}",
        )
    found = asked or known.get(have, "")
    if not found:
        starts = f"starts with {' and '.join(sorted(have))} only" if have else "has no boot loader"
        needed = " or ".join(sorted(frozenset().union(*(NEEDED[mode] for mode in possible))))
        raise UsageError(
            f"the disk {starts}, and EC2 starts {architecture} with {needed}",
            hint="name the boot mode if the disk has a loader that was not recognised: --boot-mode "
            + min(possible),
        )
    if asked and have and (missing := NEEDED[asked] - have):
        raise UsageError(
            f"the boot mode '{asked}' needs a loader for {' and '.join(sorted(missing))}, which the disk lacks",
            hint=f"use --boot-mode {known[have]}" if have in known else "",
        )
    return found


def image_request(wanted: Publication, snapshot: SnapshotId) -> ImageRequest:
    """Given what is wanted and its snapshot, return the image to register; raises like `boot_mode_of`."""
    mode = boot_mode_of(wanted.architecture, wanted.loaders, wanted.boot_mode)
    if wanted.size_gib > LARGEST_GIB:
        raise UsageError(
            f"a disk of {wanted.size_gib:,} GiB is larger than any gp3 volume ({LARGEST_GIB:,} GiB)",
            hint="make it smaller: `qemu-img resize --shrink`, after its file systems",
        )
    return ImageRequest(
        name=check_name(wanted.name),
        architecture=wanted.architecture,
        root_device=ROOT_DEVICE,
        mappings=(Mapping(ROOT_DEVICE, snapshot, wanted.size_gib, "gp3", delete_on_termination=True),),
        description=wanted.description,
        boot_mode=mode,
        ena=wanted.architecture != "i386",
        imds="v2.0",
        virtualization="hvm",
        tags=_tags(wanted),
    )


def publish_plan(disk: Path, wanted: Publication) -> Plan:
    """Given a raw disk and what is to become of it, return the plan: upload, read back, register.

    The keys are `upload`, `verify` and `register`; the image's id is the result of the last. Raises `UsageError` for
    pairs that never boot.
    """
    snapshot = later("upload", "snapshot_id")
    upload = UploadSnapshot(str(disk), wanted.size_gib, wanted.name, _tags(wanted), wanted.parent)
    verify = VerifySnapshot(snapshot, str(disk), wanted.verify.value)
    register = RegisterImage(image_request(wanted, snapshot))
    return Plan(
        (
            Planned("upload", upload, subject=wanted.name),
            Planned("verify", verify, ("upload",), subject=wanted.name),
            Planned("register", register, ("verify",), subject=wanted.name),
        ),
        notes=(f"the snapshot is billed for the blocks of '{disk.name}' that are not zeros",),
    )


def check_name_free(name: str, ours: Sequence[Image]) -> None:
    """Given a name and our images that bear it, raise `Refused` when it is taken: before anything is uploaded."""
    check_name(name)
    for image in ours:
        if image.name == name and image.state not in ENDED:
            raise Refused(
                f"the image '{image.id}' has the name '{name}' already",
                hint=f"choose another with --name, or `ec2kit image delete {image.id}` first",
                resource=image.id,
            )


def _tags(wanted: Publication) -> dict[str, str]:
    return {NAME: wanted.name, **wanted.tags}
