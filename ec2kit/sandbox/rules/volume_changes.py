"""ModifyVolume: a volume only grows, in the background, and then rests for six hours."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.ec2.models.elastic_block_store import VolumeModification
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

from ec2kit.sandbox.rules import patching
from ec2kit.sandbox.rules.present import now
from ec2kit.sandbox.rules.refusals import refusal
from ec2kit.sandbox.rules.resources import require

# EBS User Guide, "Modify a volume": seconds in `modifying`, then minutes to hours in `optimizing`.
MODIFYING = timedelta(seconds=5)
OPTIMIZING = timedelta(minutes=2)
REST = timedelta(hours=6)


def _modify_volume(original: Callable[..., Any]) -> Callable[..., Any]:
    def modify_volume(self: Any) -> Any:
        volume = require(self.ec2_backend, self._get_param("VolumeId"))
        size = self._get_param("Size")
        if size and int(size) < volume.size:
            raise refusal("InvalidParameterValue", "New size cannot be smaller than existing size")
        if volume.status == "creating":
            raise refusal("IncorrectState", f"The volume '{volume.id}' is 'creating'")
        if volume.modifications and now() < _begin(volume.modifications[-1]) + REST:
            raise refusal(
                "VolumeModificationRateExceeded",
                "You've reached the maximum modification rate per volume limit. Wait at least 6 hours between"
                " modifications per EBS volume.",
            )
        answer = original(self)
        self.error_on_dryrun()
        for block in _blocks(volume):
            block.size = volume.size
        return answer

    return modify_volume


def _blocks(volume: Any) -> list[Any]:
    attachment = volume.attachment
    devices = attachment.instance.block_device_mapping if attachment else {}
    return [block for block in devices.values() if block.volume_id == volume.id]


def _begin(change: Any) -> datetime:
    begin: datetime = change.start_time
    return begin if begin.tzinfo else begin.replace(tzinfo=UTC)


def _state(_original: Any) -> property:
    def modification_state(change: Any) -> str:
        passed = now() - _begin(change)
        if passed < MODIFYING:
            return "modifying"
        return "optimizing" if passed < MODIFYING + OPTIMIZING else "completed"

    return property(modification_state)


def _progress(_original: Any) -> property:
    def progress(change: Any) -> int:
        return min(100, int(100 * ((now() - _begin(change)) / (MODIFYING + OPTIMIZING))))

    return property(progress)


def install() -> None:
    """moto shrinks volumes and is done at once. EC2 refuses to shrink, works through `modifying` and `optimizing`,
    and accepts the next change only six hours later (API Reference, ModifyVolume)."""
    patching.replace(ElasticBlockStore, "modify_volume", _modify_volume)
    patching.replace(VolumeModification, "modification_state", _state)
    patching.replace(VolumeModification, "progress", _progress)
