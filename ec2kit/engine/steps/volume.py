"""Volumes: made, attached, detached, kept, deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from ec2kit.aws.requests import VolumeRequest
from ec2kit.engine.steps.base import Attempt, CannotUndo, Result, Step
from ec2kit.engine.steps.described import GONE, Described
from ec2kit.engine.waiting import NOT_SHOWN
from ec2kit.model import tags
from ec2kit.model.disks import Volume
from ec2kit.model.ids import InstanceId, VolumeId
from ec2kit.model.waiting import Wait

if TYPE_CHECKING:
    from ec2kit.aws import Aws

ENDED = frozenset({"error", "deleting", "deleted"})


class _VolumeLook(Described[Volume]):
    @classmethod
    def fetch(cls, aws: Aws, ids: Iterable[str]) -> Mapping[str, Volume]:
        """DescribeVolumes."""
        return {volume.id: volume for volume in aws.volumes.describe(ids)}


@dataclass(frozen=True)
class CreateVolume(_VolumeLook):
    """CreateVolume, empty or from a snapshot; has a client token. Result: `volume_id`, `zone`."""

    kind: ClassVar[str] = "create-volume"
    actions: ClassVar[tuple[str, ...]] = ("ec2:CreateVolume", "ec2:CreateTags", "ec2:DescribeVolumes")

    request: VolumeRequest

    def describe(self) -> str:
        """A sentence for plans."""
        size = f"of {self.request.size_gib} GiB " if self.request.size_gib else ""
        source = f"from {self.request.snapshot} " if self.request.snapshot else ""
        return f"create a volume {size}{source}in {self.request.zone}"

    def target(self) -> str:
        """The Name that the volume gets, or what it is made from."""
        return str(tags.name_of(self.request.tags, str(self.request.snapshot or "")))

    def already(self, attempt: Attempt) -> Result | None:
        """The volume that this try made."""
        found = attempt.aws.volumes.describe(filters={f"tag:{tags.RUN}": (attempt.mark,)})
        return next((_made(volume) for volume in found if volume.state not in ENDED), None)

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        request = replace(self.request, tags={**self.request.tags, tags.RUN: attempt.mark})
        return _made(attempt.aws.volumes.create(request, attempt.token))

    def wait(self) -> Wait:
        """Available, or in use by a later step; `error` is what a key without a grant gives."""
        return Wait("the volume to be available", frozenset({"available", "in-use"}), ENDED)

    def ids(self, result: Result) -> tuple[str, ...]:
        """The new volume."""
        return (result["volume_id"],)

    def word(self, things: Mapping[str, Volume], result: Result) -> str:
        """The volume's state."""
        volume = things.get(result["volume_id"])
        return volume.state if volume else NOT_SHOWN

    def undo(self, result: Result) -> tuple[Step, ...]:
        """Delete it."""
        return (DeleteVolume(VolumeId(result["volume_id"])),)


def _made(volume: Volume) -> Result:
    return {"volume_id": volume.id, "zone": volume.zone}


@dataclass(frozen=True)
class _VolumeStep(_VolumeLook):
    """A step about one volume that exists."""

    volume: VolumeId

    def target(self) -> str:
        """The volume's id."""
        return str(self.volume)

    def ids(self, result: Result) -> tuple[str, ...]:
        """The volume."""
        return (self.volume,)

    def shown(self, attempt: Attempt) -> Volume | None:
        """The volume as AWS shows it now."""
        return self.fetch(attempt.aws, (self.volume,)).get(self.volume)


@dataclass(frozen=True)
class AttachVolume(_VolumeStep):
    """AttachVolume: same zone, a free device; no client token, and a second call is refused with VolumeInUse."""

    kind: ClassVar[str] = "attach-volume"
    actions: ClassVar[tuple[str, ...]] = ("ec2:AttachVolume", "ec2:DescribeVolumes")
    repeatable: ClassVar[bool] = False

    instance: InstanceId
    device: str

    def describe(self) -> str:
        """A sentence for plans."""
        return f"attach {self.volume} to {self.instance} at {self.device}"

    def already(self, attempt: Attempt) -> Result | None:
        """Whether it is at the device, or on its way there."""
        volume = self.shown(attempt)
        there = volume is not None and (volume.instance, volume.device) == (self.instance, self.device)
        return {} if there and volume is not None and volume.attachment in ("attaching", "attached") else None

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        attempt.aws.volumes.attach(self.volume, self.instance, self.device)
        return {}

    def wait(self) -> Wait:
        """Attached."""
        return Wait(f"'{self.volume}' to be attached", frozenset({"attached"}), ENDED)

    def word(self, things: Mapping[str, Volume], result: Result) -> str:
        """The attachment's state, or the volume's while there is none."""
        volume = things.get(self.volume)
        if volume is None:
            return NOT_SHOWN
        return volume.attachment if volume.instance == self.instance else volume.state

    def undo(self, result: Result) -> tuple[Step, ...]:
        """Detach it."""
        return (DetachVolume(self.volume, self.instance, self.device),)


@dataclass(frozen=True)
class DetachVolume(_VolumeStep):
    """DetachVolume, never by force: a mounted volume stays `busy` for ever, a root volume wants a stopped instance.

    `device` is where it was, for the way back.
    """

    kind: ClassVar[str] = "detach-volume"
    actions: ClassVar[tuple[str, ...]] = ("ec2:DetachVolume", "ec2:DescribeVolumes")

    instance: InstanceId
    device: str = ""

    def describe(self) -> str:
        """A sentence for plans."""
        return f"detach {self.volume} from {self.instance}"

    def already(self, attempt: Attempt) -> Result | None:
        """Whether the instance no longer has it, or is letting it go."""
        volume = self.shown(attempt)
        if volume is None or (volume.instance == self.instance and volume.attachment != "detaching"):
            return None
        return {}

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        attempt.aws.volumes.detach(self.volume)
        return {}

    def wait(self) -> Wait:
        """Available."""
        return Wait(
            f"'{self.volume}' to be detached (a mounted one never is)", frozenset({"available"}), ENDED
        )

    def word(self, things: Mapping[str, Volume], result: Result) -> str:
        """`available` as soon as this instance has let go."""
        volume = things.get(self.volume)
        if volume is None:
            return NOT_SHOWN
        return volume.attachment if volume.instance == self.instance else "available"

    def undo(self, result: Result) -> tuple[Step, ...] | CannotUndo:
        """Attach it where it was, where that is known."""
        if not self.device:
            return CannotUndo(f"where {self.volume} was attached was not recorded")
        return (AttachVolume(self.volume, self.instance, self.device),)


@dataclass(frozen=True)
class DeleteVolume(_VolumeStep):
    """DeleteVolume; refused while it is attached."""

    kind: ClassVar[str] = "delete-volume"
    actions: ClassVar[tuple[str, ...]] = ("ec2:DeleteVolume", "ec2:DescribeVolumes")

    def describe(self) -> str:
        """A sentence for plans."""
        return f"delete volume {self.volume}"

    def already(self, attempt: Attempt) -> Result | None:
        """Whether it is no longer shown, or going; that it stays so is waited for."""
        volume = self.shown(attempt)
        return {} if volume is None or volume.state in ("deleting", "deleted") else None

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        attempt.aws.volumes.delete(self.volume)
        return {}

    def wait(self) -> Wait:
        """Gone."""
        return Wait(f"'{self.volume}' to go", frozenset({GONE, "deleted"}), bound=timedelta(minutes=5))

    def word(self, things: Mapping[str, Volume], result: Result) -> str:
        """The volume's state while it is shown."""
        return things[self.volume].state if self.volume in things else GONE

    def undo(self, result: Result) -> CannotUndo:
        """There is no way back."""
        return CannotUndo(
            "a deleted volume is gone: `ec2kit snapshot restore --as volumes` makes one from a set"
        )
