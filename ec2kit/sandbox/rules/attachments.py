"""Attaching and detaching volumes: in one zone, at a free device, and never out from under a running system."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.elastic_block_store import VolumeAttachment
from moto.ec2.models.instances import Instance
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

from ec2kit.sandbox.rules import lookup, patching
from ec2kit.sandbox.rules.present import now
from ec2kit.sandbox.rules.refusals import missing, refusal
from ec2kit.sandbox.rules.resources import require
from ec2kit.sandbox.world import current

ATTACHING = timedelta(seconds=2)
DETACHING = timedelta(seconds=2)
"""Seconds on EC2. A detach takes longer while the system still has the volume mounted: see `mount`."""


def mount(volume_id: str) -> None:
    """Let the system of the instance have this volume mounted: a detach without Force stays `busy` for ever."""
    _mounted().add(volume_id)


def unmount(volume_id: str) -> None:
    """Let the system let go of it; a detach that was busy goes on."""
    _mounted().discard(volume_id)


def _mounted() -> set[str]:
    mounted: set[str] = current().ledgers.setdefault("attachments.mounted", set())
    return mounted


def _leaving() -> dict[tuple[str, str], datetime]:
    """By account-wide unique volume id and region: when its detach was asked for."""
    leaving: dict[tuple[str, str], datetime] = current().ledgers.setdefault("attachments.leaving", {})
    return leaving


def check_attach(volume: Any, instance: Any, device: str) -> None:
    """Given a volume, an instance and a device name, raise what EC2 raises if they do not go together."""
    if volume.attachment is not None:
        raise refusal("VolumeInUse", f"{volume.id} is already attached to an instance")
    if volume.status != "available":
        raise refusal("IncorrectState", f"{volume.id} is not 'available'.")
    if instance.state not in ("running", "stopping", "stopped"):
        raise refusal("IncorrectState", f"Instance '{instance.id}' is not 'running'.")
    if volume.availability_zone != instance.availability_zone:
        raise refusal(
            "InvalidVolume.ZoneMismatch",
            f"The volume '{volume.id}' is not in the same availability zone as instance '{instance.id}'",
        )
    if device in instance.block_device_mapping:
        raise refusal(
            "InvalidParameterValue",
            f"Invalid value '{device}' for unixDevice. Attachment point {device} is already in use",
        )


def _attach_volume(original: Callable[..., Any]) -> Callable[..., Any]:
    def attach_volume(self: Any) -> Any:
        if not self._get_param("Device"):
            raise missing("device")
        volume = require(self.ec2_backend, self._get_param("VolumeId"))
        (instance,) = lookup.named(self.ec2_backend, [self._get_param("InstanceId")])
        check_attach(volume, instance, self._get_param("Device"))
        answer = original(self)
        volume.attachment.attached_at = now() + ATTACHING
        return answer

    return attach_volume


def _detach_volume(_original: Callable[..., Any]) -> Callable[..., Any]:
    def detach_volume(self: Any) -> Any:
        volume = require(self.ec2_backend, self._get_param("VolumeId"))
        _check_detach(volume, self._get_param("InstanceId"), self._get_param("Device"))
        self.error_on_dryrun()
        attachment = volume.attachment
        if self._get_bool_param("Force"):
            unmount(volume.id)
        _leaving().setdefault((self.ec2_backend.region_name, volume.id), now())
        return ActionResult(
            {
                "VolumeId": volume.id,
                "InstanceId": attachment.instance.id,
                "Device": attachment.device,
                "State": attachment.status,
                "AttachTime": attachment.attach_time,
            }
        )

    return detach_volume


def _check_detach(volume: Any, instance_id: str | None, device: str | None) -> None:
    attachment = volume.attachment
    if attachment is None:
        raise refusal("IncorrectState", f"Volume '{volume.id}' is in the 'available' state.")
    instance = attachment.instance
    if (instance_id and instance_id != instance.id) or (device and device != attachment.device):
        raise refusal(
            "InvalidAttachment.NotFound",
            f"The volume '{volume.id}' is not attached to instance '{instance_id or instance.id}'"
            f" as device '{device or attachment.device}'.",
        )
    if attachment.device == instance.root_device_name and instance.state != "stopped":
        raise refusal(
            "OperationNotPermitted",
            f"Unable to detach root volume '{volume.id}' from instance '{instance.id}'",
        )


def _status(attachment: Any) -> str:
    begun = _leaving().get((attachment.volume.ec2_backend.region_name, attachment.volume.id))
    if begun is not None:
        return "busy" if _is_held(attachment) else "detaching"
    if attachment.attached_at is not None and now() < attachment.attached_at:
        return "attaching"
    return str(attachment.__dict__.get("status", "attached"))


def _is_held(attachment: Any) -> bool:
    # A stopped system has nothing mounted.
    return attachment.volume.id in _mounted() and attachment.instance.state == "running"


def _set_status(attachment: Any, status: str) -> None:
    attachment.__dict__["status"] = status


def _deleted_with_instance(attachment: Any) -> bool:
    block = attachment.instance.block_device_mapping.get(attachment.device)
    return bool(block and block.delete_on_termination)


STATUS = property(_status, _set_status)
DELETED_WITH_INSTANCE = property(_deleted_with_instance)


def _blocks(original: Any) -> property:
    def block_device_mappings(instance: Any) -> Any:
        shown = original.fget(instance)
        for one in shown:
            volume = instance.ec2_backend.volumes.get(one["Ebs"].volume_id)
            if volume is not None and volume.attachment is not None:
                one["Ebs"].status = volume.attachment.status
        return shown

    return property(block_device_mappings)


def settle(now: datetime) -> None:
    """Finish the detaches that are due and not held up by a mounted file system."""
    leaving = _leaving()
    for backend in lookup.backends():
        for (region, volume_id), begun in list(leaving.items()):
            if region != backend.region_name:
                continue
            volume = backend.volumes.get(volume_id)
            attachment = volume.attachment if volume else None
            if attachment is None:
                del leaving[region, volume_id]
            elif begun + DETACHING <= now and not _is_held(attachment):
                del leaving[region, volume_id]
                backend.detach_volume(volume_id, attachment.instance.id, attachment.device)


def install() -> None:
    """moto attaches a volume in another zone, at a device that is taken, or to a second instance, and cannot
    detach one by its id alone; it detaches the root volume of a running instance. EC2 refuses all of the former,
    takes seconds, and stays `busy` while the volume is mounted (API Reference, AttachVolume, DetachVolume)."""
    patching.add(VolumeAttachment, "attached_at", None)
    patching.add(VolumeAttachment, "status", STATUS)
    patching.add(VolumeAttachment, "delete_on_termination", DELETED_WITH_INSTANCE)
    patching.replace(Instance, "block_device_mappings", _blocks)
    patching.replace(ElasticBlockStore, "attach_volume", _attach_volume)
    patching.replace(ElasticBlockStore, "detach_volume", _detach_volume)
