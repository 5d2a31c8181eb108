"""Volumes: where and from what they can be made, how long that takes, and how they change."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.elastic_block_store import EBSBackend, Volume
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

from ec2kit.sandbox.rules import client_tokens, patching
from ec2kit.sandbox.rules.blocks import disk_of
from ec2kit.sandbox.rules.present import now
from ec2kit.sandbox.rules.refusals import ServerFault, missing, refusal
from ec2kit.sandbox.rules.resources import require
from ec2kit.sandbox.rules.snapshots import usable
from ec2kit.sandbox.world import current

CREATING = timedelta(seconds=3)
"""How long a volume is `creating`: seconds on EC2, with or without a snapshot (its blocks are loaded when read)."""

# EBS User Guide, "Amazon EBS volume types": what a volume has without being asked.
GP2_IOPS_PER_GIB, GP2_LEAST_IOPS, GP2_MOST_IOPS = 3, 100, 16_000
GP3_THROUGHPUT = 125


def check_source(backend: Any, size: int | None, snapshot_id: str | None) -> tuple[int, Any | None]:
    """Given the size (GiB) and the snapshot of a new volume, return its size and the snapshot.

    Raises MissingParameter for neither, IncorrectState for a snapshot that is not completed, InvalidParameterValue
    for a volume smaller than its snapshot.
    """
    if not snapshot_id:
        if not size:
            raise missing("size/snapshot")
        return int(size), None
    snapshot = usable(backend, snapshot_id)
    least = int(snapshot.volume_size)
    if size and int(size) < least:
        raise refusal(
            "InvalidParameterValue",
            f"Volume of size {size}GB is smaller than snapshot '{snapshot_id}', expect size >= {least}GB",
        )
    return int(size or least), snapshot


def _create_volume(original: Callable[..., Any]) -> Callable[..., Any]:
    def create_volume(
        self: Any, size: int | None, zone_name: str, snapshot_id: str | None = None, *rest: Any, **named: Any
    ) -> Any:
        if self.get_zone_by_name(zone_name) is None:
            raise refusal("InvalidZone.NotFound", f"The zone '{zone_name}' does not exist.")
        if zone_name in current().conditions.zones_down:
            raise ServerFault("InternalError", "An internal error has occurred")
        size, snapshot = check_source(self, size, snapshot_id)
        if not rest and (self.ebs_encryption_by_default or (snapshot is not None and snapshot.encrypted)):
            named["encrypted"] = True
            named["kms_key_id"] = named.get("kms_key_id") or getattr(snapshot, "kms_key_id", None)
        volume = original(self, size, zone_name, snapshot_id, *rest, **named)
        _own_speed(volume)
        if snapshot is not None:
            volume.disk = disk_of(snapshot)
        return volume

    return create_volume


def _own_speed(volume: Any) -> None:
    if volume.volume_type == "gp2":
        volume.iops = min(GP2_MOST_IOPS, max(GP2_LEAST_IOPS, GP2_IOPS_PER_GIB * volume.size))
    elif volume.volume_type == "gp3":
        volume.throughput = volume.throughput or GP3_THROUGHPUT


def _answer_create(original: Callable[..., Any]) -> Callable[..., Any]:
    def create_volume(self: Any) -> Any:
        backend = self.ec2_backend
        scope = ("CreateVolume", backend.account_id, backend.region_name)
        known = client_tokens.recall(scope, self.params)
        if known is not None:
            return ActionResult(require(backend, known[0]))
        if not self._get_param("AvailabilityZone"):
            raise missing("availabilityZone")
        answer = original(self)
        volume = answer.result
        volume.ready_at = now() + CREATING
        client_tokens.remember(scope, self.params, (volume.id,))
        return answer

    return create_volume


def _status(original: Any) -> property:
    def status(volume: Any) -> str:
        if volume.attachment is None and volume.ready_at is not None and now() < volume.ready_at:
            return "creating"
        return str(original.fget(volume))

    return property(status)


def _get_volume(_original: Callable[..., Any]) -> Callable[..., Any]:
    def get_volume(self: Any, volume_id: str) -> Any:
        return require(self, volume_id)

    return get_volume


def _delete_volume(original: Callable[..., Any]) -> Callable[..., Any]:
    def delete_volume(self: Any) -> Any:
        volume = require(self.ec2_backend, self._get_param("VolumeId"))
        if volume.status == "creating":
            raise refusal("IncorrectState", f"The volume '{volume.id}' is 'creating'")
        answer = original(self)
        self.ec2_backend.tags.pop(volume.id, None)
        return answer

    return delete_volume


def install() -> None:
    """moto makes volumes at once, in zones that do not exist, smaller than their snapshot, from snapshots that are
    not complete, and again for the same ClientToken; and it does not tell the speed a type has by itself (API
    Reference, CreateVolume)."""
    patching.add(Volume, "ready_at", None)
    patching.add(Volume, "disk", None)
    patching.replace(Volume, "status", _status)
    patching.replace(EBSBackend, "create_volume", _create_volume)
    patching.replace(EBSBackend, "get_volume", _get_volume)
    patching.replace(ElasticBlockStore, "create_volume", _answer_create)
    patching.replace(ElasticBlockStore, "delete_volume", _delete_volume)
