"""A bundle restored: to a directory here; or, once its disks are files here, the plans of volumes and of an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ec2kit.aws.requests import VolumeRequest
from ec2kit.engine.plan import Plan, Planned, Refusal
from ec2kit.engine.steps.base import later
from ec2kit.engine.steps.blocks import UploadSnapshot, VerifySnapshot
from ec2kit.engine.steps.image import RegisterImage
from ec2kit.engine.steps.snapshot import DeleteSnapshot
from ec2kit.engine.steps.volume import CreateVolume
from ec2kit.errors import NotFound, Refused, UsageError
from ec2kit.host.files import NoRoom, ensure_directory, storing
from ec2kit.images import creating
from ec2kit.images.bundles.files import Source, fetch_volume, unpack
from ec2kit.images.bundles.manifest import Content, Manifest, raw_name
from ec2kit.inventory.description import DiskSpec, Spec
from ec2kit.model.disks import Image
from ec2kit.model.ids import Zone
from ec2kit.model.tags import DEVICE, NAME

UNDER_WAY = ".ec2kit-restore"
"""The file in a directory that says which bundle is being restored into it: the same command goes on there."""


def wanted_volumes(manifest: Manifest, devices: Sequence[str]) -> dict[str, tuple[Content, ...]]:
    """The volumes of a bundle, or those that are named; raises `NotFound` for one that is not in it."""
    for device in devices:
        if device not in manifest.volumes:
            known = ", ".join(manifest.volumes) or "none"
            raise NotFound(f"the bundle has no volume '{device}'", resource=device, hint=f"it has {known}")
    return {device: pieces for device, pieces in manifest.volumes.items() if not devices or device in devices}


def restore_here(source: Source, directory: Path, devices: Sequence[str] = (), *, into: bool = False) -> None:
    """Restore volumes as `DEVICE.raw` and directories as they were below `directory`.

    A directory that is not empty is refused, unless `into`, or the same restore was begun there. Raises what reading
    raises.
    """
    volumes = wanted_volumes(source.manifest, devices)
    ensure_directory(directory)
    marker = directory / UNDER_WAY
    check_room(source, directory, into=into)
    with storing(marker):
        # Never through a link: what was unpacked before a kill may have put one there.
        marker.unlink(missing_ok=True)
        with marker.open("x", encoding="ascii") as file:
            file.write(f"{source.mark}\n")
    # Directories first: nothing that a tar has in it can take the place of a disk.
    for content in source.manifest.directories if not devices else ():
        unpack(source, content, directory)
    try:
        for device, pieces in volumes.items():
            fetch_volume(source, pieces, directory / raw_name(device))
    except NoRoom:
        with storing(marker):
            if [*directory.iterdir()] == [marker]:
                marker.unlink()
        raise
    with storing(marker):
        for lock in directory.glob(f"*.{source.mark}.lock"):
            lock.unlink(missing_ok=True)
        marker.unlink(missing_ok=True)


def check_room(source: Source, directory: Path, *, into: bool) -> None:
    """Raise `Refused` for a directory with something in it that is not this restore, begun before."""
    if into or not directory.exists():
        return
    marker = directory / UNDER_WAY
    with storing(directory):
        ours = (
            marker.is_file() and marker.read_text(encoding="ascii", errors="replace").strip() == source.mark
        )
        is_empty = not any(directory.iterdir())
    if not ours and not is_empty:
        raise Refused(
            f"'{directory}' is not empty",
            hint="name a new directory, or restore over what is there with --into",
            resource=str(directory),
        )


@dataclass(frozen=True)
class Fetched:
    """A bundle whose disks are files here, by device."""

    manifest: Manifest
    files: Mapping[str, Path]

    def size_gib(self, device: str) -> int:
        """Of the volume."""
        return sum(piece.size_gib for piece in self.manifest.volumes[device])


def volumes_plan(fetched: Fetched, zone: Zone) -> Plan:
    """Given disks in files and a zone, return the plan that makes volumes of them there."""
    spec = fetched.manifest.spec
    by_device = {disk.device: disk for disk in spec.disks}
    steps: list[Planned] = []
    for device in fetched.files:
        name = f"{spec.name} {device}"
        disk = by_device.get(device, DiskSpec(device, "", fetched.size_gib(device)))
        snapshot = later(f"upload/{device}", "snapshot_id")
        request = VolumeRequest(
            zone,
            fetched.size_gib(device),
            snapshot,
            type=disk.type,
            iops=disk.iops,
            throughput=disk.throughput,
            tags={**disk.tags, NAME: disk.tags.get(NAME, name), DEVICE: device},
        )
        steps += [
            *_uploads(fetched, device, name),
            Planned(f"volume/{device}", CreateVolume(request), (f"verify/{device}",), subject=name),
            Planned(
                f"drop/{device}",
                DeleteSnapshot(snapshot),
                (f"volume/{device}",),
                "the volume does not need it any more",
                name,
            ),
        ]
    return Plan(tuple(steps), why_empty="" if steps else "the bundle holds no volume")


def image_plan(fetched: Fetched, name: str, holder: Image | None) -> Plan:
    """Given disks in files and a name, return the plan that makes an image of them, with the machine's attributes."""
    spec = fetched.manifest.spec
    refused = _why_no_image(fetched, spec, holder)
    if refused:
        return Plan(refused=(Refusal("image", name, refused),), why_empty="no image can be made of it")
    disks = tuple(disk for disk in spec.disks if disk.device in fetched.files)
    snapshots = {disk.volume: later(f"upload/{disk.device}", "snapshot_id") for disk in disks}
    request = creating.image_request(replace(spec, disks=disks), creating.Wish(name), snapshots)
    uploads = [step for disk in disks for step in _uploads(fetched, disk.device, name)]
    needs = tuple(f"verify/{disk.device}" for disk in disks)
    why = f"as {spec.name} was, with all its attributes"
    return Plan(
        (*uploads, Planned("image", RegisterImage(request), needs, why, name)), notes=(creating.STILL_IN,)
    )


def _why_no_image(fetched: Fetched, spec: Spec, holder: Image | None) -> str:
    if holder is not None:
        return f"{holder.id} has that name: choose another with --name"
    if spec.billing_code:
        return "the machine's licence is billed by a code that an image registered anew does not have"
    if spec.root_device not in fetched.files:
        return f"the bundle does not hold the root volume, {spec.root_device}"
    return ""


def _uploads(fetched: Fetched, device: str, subject: str) -> tuple[Planned, Planned]:
    spec, path, size = fetched.manifest.spec, str(fetched.files[device]), fetched.size_gib(device)
    about = f"{spec.name} {device}, from {fetched.manifest.name}"
    key = f"upload/{device}"
    upload = UploadSnapshot(path, size, about, {NAME: f"{spec.name} {device}"})
    verify = VerifySnapshot(later(key, "snapshot_id"), path, "sample")
    return (
        Planned(key, upload, subject=subject),
        Planned(f"verify/{device}", verify, (key,), subject=subject),
    )


def check_image_wish(name: str) -> None:
    """Raise `UsageError` unless there is a name for the image."""
    if not name:
        raise UsageError("an image has a name", hint="give it one: --name web-restored")
