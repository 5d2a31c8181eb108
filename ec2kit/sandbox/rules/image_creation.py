"""CreateImage and CopyImage: images on snapshots taken for them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.amis import AmisResponse

from ec2kit.sandbox.rules import client_tokens, image_names, lookup, patching
from ec2kit.sandbox.rules.block_devices import merge
from ec2kit.sandbox.rules.blocks import disk_of
from ec2kit.sandbox.rules.image_record import Contents, Image, Mapping, Origin, Traits
from ec2kit.sandbox.rules.image_registration import keep, tag
from ec2kit.sandbox.rules.present import now
from ec2kit.sandbox.rules.refusals import missing, refusal
from ec2kit.sandbox.rules.resources import require
from ec2kit.sandbox.rules.snapshots import COPY_VOLUME, VolumeThen, begin, take
from ec2kit.sandbox.world import current


def _of_instance(backend: Any, instance: Any) -> tuple[Traits, list[Mapping]]:
    """Return what an image of this instance says, and its disks, SnapshotId still to come: VolumeId instead."""
    source = backend.amis.get(instance.image_id)
    traits = Traits(
        architecture=instance.architecture,
        root_device_name=instance.root_device_name,
        virtualization_type=instance.virtualization_type,
        ena_support=bool(getattr(instance, "ena_support", True)),
        sriov_net_support=instance.sriov_net_support,
        boot_mode=source.traits.boot_mode if source else None,
        tpm_support=source.traits.tpm_support if source else None,
        imds_support=source.traits.imds_support if source else None,
        platform=instance.platform,
    )
    disks = [
        _disk(device, backend.volumes[one.volume_id], bool(one.delete_on_termination))
        for device, one in instance.block_device_mapping.items()
        if one.volume_id in backend.volumes
    ]
    return traits, sorted(disks, key=lambda disk: disk["DeviceName"] != instance.root_device_name)


def _disk(device: str, volume: Any, deleted: bool) -> Mapping:
    ebs = {
        "VolumeId": volume.id,
        "VolumeSize": volume.size,
        "VolumeType": volume.volume_type,
        "DeleteOnTermination": deleted,
    }
    if volume.volume_type != "gp2" and volume.iops:
        ebs["Iops"] = volume.iops
    if volume.throughput:
        ebs["Throughput"] = volume.throughput
    return {"DeviceName": device, "Ebs": ebs}


def _with_snapshot(backend: Any, disk: Mapping, instance_id: str) -> Mapping:
    ebs = dict(disk.get("Ebs", {}))
    volume_id = ebs.pop("VolumeId", None)
    if volume_id:
        ebs["SnapshotId"] = take(backend, backend.volumes[volume_id], None, instance_id).id
    return {**disk, "Ebs": ebs} if "Ebs" in disk else disk


def _create_image(_original: Callable[..., Any]) -> Callable[..., Any]:
    def create_image(self: Any) -> Any:
        backend = self.ec2_backend
        (instance,) = lookup.named(backend, [self._get_param("InstanceId")])
        if instance.state not in ("running", "stopping", "stopped"):
            raise refusal(
                "IncorrectState", f"The instance '{instance.id}' is not in a valid state for this operation."
            )
        name = image_names.check(backend, self._get_param("Name"))
        traits, own = _of_instance(backend, instance)
        disks = merge(own, self._get_param("BlockDeviceMappings", []))
        _check_sizes(backend, disks)
        self.error_on_dryrun()
        rebooted = instance.state == "running" and not self._get_param("NoReboot")
        if rebooted:
            backend.reboot_instances([instance.id])
        disks = [_with_snapshot(backend, disk, instance.id) for disk in disks]
        ready_at = now() + timedelta(seconds=current().delays.image)
        contents = Contents(traits, disks, ready_at, Origin(instance_id=instance.id, rebooted=rebooted))
        image = keep(backend, Image(backend, name, self._get_param("Description"), contents))
        for snapshot in image.snapshots:
            snapshot.description = f"Created by CreateImage({instance.id}) for {image.id}"
        tag(image, self._get_param("TagSpecifications", []), image.snapshots)
        return ActionResult({"ImageId": image.id})

    return create_image


def _check_sizes(backend: Any, disks: list[Mapping]) -> None:
    for disk in disks:
        volume = backend.volumes.get(disk.get("Ebs", {}).get("VolumeId"))
        if volume and int(disk["Ebs"]["VolumeSize"]) < volume.size:
            raise refusal(
                "InvalidBlockDeviceMapping",
                f"Volume of size {disk['Ebs']['VolumeSize']}GB is smaller than volume '{volume.id}',"
                f" expect size >= {volume.size}GB",
            )


def _copy_image(_original: Callable[..., Any]) -> Callable[..., Any]:
    def copy_image(self: Any) -> Any:
        backend, parameters = self.ec2_backend, self.params
        scope = ("CopyImage", backend.account_id, backend.region_name)
        known = client_tokens.recall(scope, parameters)
        if known is not None:
            return ActionResult({"ImageId": known[0]})
        region = parameters.get("SourceRegion")
        if not region:
            raise missing("SourceRegion")
        source = require(lookup.backend_of(backend.account_id, region), parameters.get("SourceImageId", ""))
        if source.state != "available":
            raise refusal("InvalidAMIID.Unavailable", f"The image ID '{source.id}' is not available")
        name = image_names.check(backend, parameters.get("Name"))
        self.error_on_dryrun()
        image = _copy(backend, source, region, parameters)
        image.name = name
        client_tokens.remember(scope, parameters, (image.id,))
        return ActionResult({"ImageId": image.id})

    return copy_image


def _copy(backend: Any, source: Image, region: str, parameters: dict[str, Any]) -> Image:
    encrypt, key = bool(parameters.get("Encrypted")), parameters.get("KmsKeyId")
    originals = {snapshot.id: snapshot for snapshot in source.snapshots}
    disks, made = [], []
    for disk in source.block_device_mappings:
        ebs = dict(disk.get("Ebs", {}))
        original = originals.get(ebs.get("SnapshotId"))
        if original is not None:
            encrypted = encrypt or bool(original.encrypted)
            then = VolumeThen(
                COPY_VOLUME,
                original.volume_size,
                encrypted,
                key or original.kms_key_id,
                disk_of(original),
            )
            copy = begin(backend, then, f"Copied for {source.id} from {original.id}", original.id)
            made.append(copy)
            ebs["SnapshotId"] = copy.id
        disks.append({**disk, "Ebs": ebs} if "Ebs" in disk else disk)
    ready_at = now() + timedelta(seconds=current().delays.image)
    contents = Contents(source.traits, disks, ready_at, Origin(image_id=source.id, region=region))
    image = keep(
        backend, Image(backend, source.name, parameters.get("Description") or source.description, contents)
    )
    if parameters.get("CopyImageTags"):
        image.add_tags(
            {one["key"]: one["value"] for one in source.get_tags() if not one["key"].startswith("aws:")}
        )
    tag(image, parameters.get("TagSpecifications", []), made)
    return image


def install() -> None:
    """moto invents one 15 GiB snapshot for an image of an instance or a copy. EC2 takes a snapshot of each of the
    instance's volumes, reboots it for that unless told not to, lets mappings of the request change or leave out
    disks, and is pending until all snapshots are complete; a copy has its own snapshots and, unless asked for, no
    tags (API Reference, CreateImage, CopyImage)."""
    patching.replace(AmisResponse, "create_image", _create_image)
    patching.replace(AmisResponse, "copy_image", _copy_image)
