"""The disks of a launch: the image's, changed by the template's, changed by the request's."""

from collections.abc import Callable, Sequence
from typing import Any

from moto.ec2.models.instances import Instance

from ec2kit.sandbox.rules import patching
from ec2kit.sandbox.rules.refusals import refusal

Mapping = dict[str, Any]

ROOT_SIZE_GIB = 8
"""For an image that says nothing of its root device."""


def of_image(image: Any | None) -> list[Mapping]:
    """Given an image, return its block device mappings; without any, one plain root disk."""
    own = [dict(one) for one in image.block_device_mappings] if image else []
    if any("Ebs" in one for one in own):
        return own
    root = image.root_device_name if image else "/dev/sda1"
    return [{"DeviceName": root, "Ebs": {"VolumeSize": ROOT_SIZE_GIB, "DeleteOnTermination": True}}, *own]


def merge(base: Sequence[Mapping], changes: Sequence[Mapping]) -> list[Mapping]:
    """Given mappings and changes to them, return the mappings of the launch: a change meets the mapping of its
    device name member by member, a new name adds a disk, and NoDevice takes one away (EC2 User Guide, "Block
    device mappings"). Raises MissingParameter for a change without a device name."""
    merged = {one["DeviceName"]: one for one in base}
    for change in changes:
        name = change.get("DeviceName")
        if not name:
            raise refusal("MissingParameter", "The request must contain the parameter deviceName")
        if "NoDevice" in change:
            merged.pop(name, None)
        elif "VirtualName" in change:
            merged[name] = {"DeviceName": name, "VirtualName": change["VirtualName"]}
        else:
            ebs = {**merged.get(name, {}).get("Ebs", {}), **change.get("Ebs", {})}
            merged[name] = {"DeviceName": name, "Ebs": _of_one_type(ebs, change.get("Ebs", {}))}
    return list(merged.values())


def _of_one_type(ebs: Mapping, change: Mapping) -> Mapping:
    # An image's IOPS belong to the image's type: asking for another type starts from that type's own defaults.
    if "VolumeType" in change:
        for member in ("Iops", "Throughput"):
            if member not in change:
                ebs.pop(member, None)
    return ebs


def check(backend: Any, mappings: Sequence[Mapping], root_device: str) -> None:
    """Given the disks of a launch, raise what EC2 says before it launches anything: MissingParameter for a disk of
    no size, InvalidSnapshot.NotFound, InvalidBlockDeviceMapping for one smaller than its snapshot or for no root.
    """
    for one in mappings:
        ebs = one.get("Ebs")
        if ebs is None:
            continue
        if not ebs.get("VolumeSize") and not ebs.get("SnapshotId"):
            raise refusal("MissingParameter", "The request must contain the parameter size or snapshotId")
        if ebs.get("SnapshotId"):
            _check_snapshot(backend, ebs)
        if ebs.get("VolumeType") in ("io1", "io2") and not ebs.get("Iops"):
            raise refusal(
                "InvalidParameterCombination", "The parameter iops must be specified for io1 and io2 volumes."
            )
    if not any(one["DeviceName"] == root_device and "Ebs" in one for one in mappings):
        raise refusal("InvalidBlockDeviceMapping", f"The root device {root_device} must not be left out")


def _check_snapshot(backend: Any, ebs: Mapping) -> None:
    snapshot = backend.snapshots.get(ebs["SnapshotId"])
    if snapshot is None:
        raise refusal("InvalidSnapshot.NotFound", f"The snapshot '{ebs['SnapshotId']}' does not exist.")
    size, least = ebs.get("VolumeSize"), int(snapshot.volume_size)
    if size and int(size) < least:
        raise refusal(
            "InvalidBlockDeviceMapping",
            f"Volume of size {size}GB is smaller than snapshot '{snapshot.id}', expect size >= {least}GB",
        )


def create(backend: Any, instance: Any, mappings: Sequence[Mapping]) -> list[Any]:
    """Given an instance that is being launched, make and attach its volumes, and return them."""
    volumes = []
    for one in mappings:
        if "Ebs" not in one:
            continue
        ebs = one["Ebs"]
        volume = backend.create_volume(
            size=ebs.get("VolumeSize"),
            zone_name=instance.availability_zone,
            snapshot_id=ebs.get("SnapshotId"),
            encrypted=bool(ebs.get("Encrypted")),
            kms_key_id=ebs.get("KmsKeyId"),
            volume_type=ebs.get("VolumeType"),
            iops=ebs.get("Iops"),
            throughput=ebs.get("Throughput"),
        )
        is_root = one["DeviceName"] == instance.root_device_name
        kept = not ebs.get("DeleteOnTermination", is_root)
        backend.attach_volume(volume.id, instance.id, one["DeviceName"], not kept)
        volumes.append(volume)
    return volumes


def _from_image(_original: Callable[..., None]) -> Callable[..., None]:
    def setup_defaults(self: Any) -> None:
        create(self.ec2_backend, self, of_image(self.ec2_backend.amis.get(self.image_id)))

    return setup_defaults


def install() -> None:
    """moto gives every instance an empty 8 GiB disk at /dev/sda1. AWS makes the root volume from the image's
    snapshot, at the image's root device name."""
    patching.replace(Instance, "setup_defaults", _from_image)
