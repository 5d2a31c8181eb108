"""The plans that make an image of a machine: a set is taken, and its root is registered clean. Pure.

| machine | what is done |
|---|---|
| ordinary | a set; its root's copy is downloaded, scrubbed here and uploaded again; the image is registered |
| ordinary, `unscrubbed` | a set; the image is registered from it as it is, and labelled |
| with a billing code (RHEL, SUSE, Windows, marketplace) | CreateImage, which keeps the code; labelled unscrubbed |

The machine itself is never touched. The set is one like any other, and stays.
"""

from __future__ import annotations

from collections.abc import Mapping as TypingMapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ec2kit.aws.requests import ImageRequest
from ec2kit.engine.plan import Plan, Planned, Refusal
from ec2kit.engine.steps.base import later
from ec2kit.engine.steps.blocks import UploadSnapshot, VerifySnapshot
from ec2kit.engine.steps.image import CreateImage, RegisterImage
from ec2kit.inventory.description import DiskSpec, Spec, spec_of
from ec2kit.model.disks import Image, Mapping
from ec2kit.model.ids import InstanceId, SnapshotId
from ec2kit.model.tags import NAME, UNSCRUBBED
from ec2kit.snapshots.create import Subject, create_plan

STILL_IN = "its host keys, machine id, logs and histories are in the image: whoever launches it has them"
BILLED = "its licence is billed by a code that only CreateImage keeps"


@dataclass(frozen=True)
class Wish:
    """What a person wants made of a machine."""

    name: str
    root_only: bool = False
    """Without the data volumes."""
    unscrubbed: bool = False


def first_plan(subject: Subject, wish: Wish, holder: Image | None, now: datetime) -> Plan:
    """Given a machine, what is wanted and who has the name already, return the plan to begin with.

    It ends with the image, except where the root is scrubbed: then it only takes the set, and `last_plan` follows.
    """
    if holder is not None:
        why = f"{holder.id} has that name: --name chooses another"
        return Plan(refused=(Refusal("name", wish.name, why),), why_empty="the name is taken")
    spec = spec_of(subject.machine)
    if spec.billing_code:
        return _billed_plan(spec, wish)
    taking = create_plan([subject], now)
    if not taking:
        return taking
    stays = "the set stays, as one of `snapshot create` does"
    if wish.unscrubbed:
        return _unscrubbed_plan(spec, wish, replace(taking, notes=(*taking.notes, stays, STILL_IN)))
    root = next((disk for disk in spec.disks if disk.device == spec.root_device), None)
    gib = root.size_gib if root else 0
    then = (
        f"then the copy of its root disk ({gib} GiB) is read to this machine, scrubbed here, written to a snapshot "
        f"of its own, and registered as {wish.name}"
    )
    return replace(taking, notes=(*taking.notes, then, stays))


def ends_with_image(plan: Plan) -> bool:
    """Whether a plan makes the image, and is not only the beginning."""
    return any(isinstance(planned.step, RegisterImage | CreateImage) for planned in plan.steps)


def _billed_plan(spec: Spec, wish: Wish) -> Plan:
    without = tuple(disk.device for disk in spec.disks if disk.device != spec.root_device)
    step = CreateImage(
        InstanceId(spec.instance),
        wish.name,
        {NAME: wish.name, UNSCRUBBED: "billing code"},
        without=without if wish.root_only else (),
    )
    return Plan(
        (Planned("image", step, reason=BILLED, subject=wish.name),),
        notes=("it cannot be scrubbed: " + STILL_IN, "the machine is not rebooted for it"),
    )


def _unscrubbed_plan(spec: Spec, wish: Wish, taking: Plan) -> Plan:
    key = f"{spec.instance}/set"
    snapshots = {disk.volume: later(key, f"by_volume.{disk.volume}") for disk in spec.disks}
    request = image_request(spec, wish, snapshots)
    request = replace(request, tags={**request.tags, UNSCRUBBED: "asked for"})
    image = Planned("image", RegisterImage(request), (key,), subject=wish.name)
    steps = tuple(replace(planned, subject=wish.name) for planned in taking.steps)
    return replace(taking, steps=(*steps, image))


@dataclass(frozen=True)
class Cleaned:
    """The root of a set after it was scrubbed: a raw disk in a file, and the snapshot that it was read from."""

    path: str
    size_gib: int
    parent: SnapshotId


def last_plan(spec: Spec, wish: Wish, cleaned: Cleaned, by_volume: TypingMapping[str, SnapshotId]) -> Plan:
    """Given a machine's description, its set's snapshots by volume and its root scrubbed, return the plan that
    uploads what scrubbing changed, reads it back, and registers the image."""
    root = next(disk for disk in spec.disks if disk.device == spec.root_device)
    upload = UploadSnapshot(
        cleaned.path,
        cleaned.size_gib,
        f"{wish.name}: the scrubbed root of {spec.name}",
        {NAME: wish.name},
        cleaned.parent,
    )
    snapshots = {**by_volume, root.volume: later("root", "snapshot_id")}
    verify = VerifySnapshot(later("root", "snapshot_id"), cleaned.path)
    register = RegisterImage(image_request(spec, wish, snapshots))
    return Plan(
        (
            Planned("root", upload, reason="only the blocks that scrubbing changed", subject=wish.name),
            Planned("verify", verify, ("root",), subject=wish.name),
            Planned("image", register, ("verify",), subject=wish.name),
        )
    )


def image_request(spec: Spec, wish: Wish, snapshots: TypingMapping[str, Any]) -> ImageRequest:
    """Given a machine's description, what is wanted and the snapshots by volume, return the image to register,
    with every attribute that the machine has: RegisterImage inherits none."""
    root = spec.root_device
    disks = sorted(spec.disks, key=lambda disk: (disk.device != root, disk.device))
    return ImageRequest(
        name=wish.name,
        architecture=spec.architecture,
        root_device=root,
        mappings=tuple(
            _mapping(disk, snapshots[disk.volume])
            for disk in disks
            if disk.device == root or not wish.root_only
        ),
        description=f"made of {spec.name} ({spec.instance})",
        boot_mode=spec.boot_mode,
        ena=spec.ena,
        sriov=spec.sriov,
        imds=spec.imds,
        tpm=spec.tpm,
        virtualization=spec.virtualization,
        tags={NAME: wish.name},
    )


def _mapping(disk: DiskSpec, snapshot: Any) -> Mapping:
    return Mapping(
        device=disk.device,
        snapshot=snapshot,
        size_gib=disk.size_gib,
        type=disk.type,
        iops=disk.iops,
        throughput=disk.throughput,
        delete_on_termination=disk.delete_on_termination,
    )
