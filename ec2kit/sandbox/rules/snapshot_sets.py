"""CreateSnapshots: one moment, all volumes of an instance but those that were excluded."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

from ec2kit.sandbox.rules import patching
from ec2kit.sandbox.rules.lookup import named
from ec2kit.sandbox.rules.refusals import refusal
from ec2kit.sandbox.rules.snapshots import take
from ec2kit.sandbox.rules.tags import check_number


def chosen(backend: Any, instance: Any, specification: Mapping[str, Any]) -> list[Any]:
    """Given an instance and its InstanceSpecification, return the volumes to take, the root volume first.

    Raises InvalidParameterValue for an excluded data volume that is not attached or is the root volume, and when
    nothing is left.
    """
    by_device = {
        device: one.volume_id for device, one in instance.block_device_mapping.items() if one.volume_id
    }
    root = by_device.get(instance.root_device_name)
    excluded: Sequence[str] = specification.get("ExcludeDataVolumeIds", [])
    for volume_id in excluded:
        if volume_id == root or volume_id not in by_device.values():
            raise refusal(
                "InvalidParameterValue",
                f"Volume {volume_id} is not a data volume attached to instance {instance.id}",
            )
    gone = {*excluded, root} if specification.get("ExcludeBootVolume") else set(excluded)
    taken = [volume_id for volume_id in by_device.values() if volume_id not in gone]
    if not taken:
        raise refusal("InvalidParameterValue", f"No volumes of instance {instance.id} are left to snapshot")
    return [backend.volumes[one] for one in sorted(taken, key=lambda volume_id: volume_id != root)]


def _create_snapshots(_original: Callable[..., Any]) -> Callable[..., Any]:
    def create_snapshots(self: Any) -> Any:
        specification = self._get_param("InstanceSpecification", {})
        tags = self._parse_tag_specification().get("snapshot", {})
        backend = self.ec2_backend
        (instance,) = named(backend, [specification.get("InstanceId", "")])
        if instance.state not in ("running", "stopping", "stopped"):
            raise refusal(
                "IncorrectState", f"The instance '{instance.id}' is not in a valid state for this operation."
            )
        volumes = chosen(backend, instance, specification)
        copied = [
            _source_tags(volume) if self._get_param("CopyTagsFromSource") == "volume" else {}
            for volume in volumes
        ]
        for own in copied:
            check_number({**own, **tags})
        self.error_on_dryrun()
        snapshots = [
            take(backend, volume, self._get_param("Description", ""), instance.id) for volume in volumes
        ]
        for snapshot, own in zip(snapshots, copied, strict=True):
            snapshot.add_tags({**own, **tags})
        return ActionResult({"Snapshots": snapshots})

    return create_snapshots


def _source_tags(volume: Any) -> dict[str, str]:
    # Tags of AWS's own never travel.
    return {tag["key"]: tag["value"] for tag in volume.get_tags() if not tag["key"].startswith("aws:")}


def install() -> None:
    """moto ignores ExcludeBootVolume (as boto3 sends it), ExcludeDataVolumeIds and CopyTagsFromSource, and answers
    without State. EC2 takes all of them at one moment, puts one list of tags on every snapshot, and lets those win
    over copied ones (API Reference, CreateSnapshots)."""
    patching.replace(ElasticBlockStore, "create_snapshots", _create_snapshots)
