"""Tags of the volumes of one instance, each by the device it is at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from ec2kit.engine.steps.base import Attempt, CannotUndo, Result, Step
from ec2kit.errors import NotFound
from ec2kit.model.ids import InstanceId, VolumeId
from ec2kit.model.tags import Tags
from ec2kit.model.waiting import Wait

SET, OTHER = "set", "not set yet"


@dataclass(frozen=True)
class TagDisks(Step):
    """CreateTags on the volumes of an instance that differ from each other.

    RunInstances gives one list of tags to all volumes of the launch, and does not tell their ids at once.
    """

    kind: ClassVar[str] = "tag-disks"
    actions: ClassVar[tuple[str, ...]] = ("ec2:CreateTags", "ec2:DescribeInstances", "ec2:DescribeTags")

    instance: InstanceId
    by_device: Mapping[str, Tags]

    def describe(self) -> str:
        """A sentence for plans."""
        return f"tag the volumes of {self.instance} at {', '.join(self.by_device)}"

    def target(self) -> str:
        """The instance's id."""
        return str(self.instance)

    def already(self, attempt: Attempt) -> Result | None:
        """Whether every volume has its tags."""
        return {} if self.seen(attempt, {}) == SET else None

    def apply(self, attempt: Attempt) -> Result:
        """Send one call for each volume; raises `NotFound` while a volume is not shown at its device."""
        volumes = self._volumes(attempt)
        for device, tags in self.by_device.items():
            if device not in volumes:
                raise NotFound(f"instance '{self.instance}' shows no volume at {device}", resource=device)
            attempt.aws.tags.set((volumes[device],), tags)
        return {}

    def wait(self) -> Wait:
        """The tags read back."""
        what = f"the tags of the volumes of '{self.instance}'"
        return Wait(what, frozenset({SET}), pause=timedelta(seconds=1), bound=timedelta(minutes=2))

    def seen(self, attempt: Attempt, result: Result) -> str:
        """Whether every volume has every tag."""
        volumes = self._volumes(attempt)
        shown = attempt.aws.tags.of(volumes.values())
        wanted = self.by_device.items()
        there = all(
            device in volumes and tags.items() <= shown[volumes[device]].items() for device, tags in wanted
        )
        return SET if there else OTHER

    def undo(self, result: Result) -> CannotUndo:
        """There is nothing to go back to: the volumes were made with the instance."""
        return CannotUndo("the tags go with the volumes")

    def _volumes(self, attempt: Attempt) -> dict[str, VolumeId]:
        return {disk.device: disk.volume for disk in attempt.aws.instances.one(self.instance).disks}
