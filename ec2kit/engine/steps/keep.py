"""Whether a volume goes when its instance ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from ec2kit.engine.steps.base import Attempt, Result, Step
from ec2kit.engine.steps.instance import InstanceStep
from ec2kit.engine.waiting import NOT_SHOWN
from ec2kit.model.instances import Instance
from ec2kit.model.waiting import Wait

KEPT, GOES = "kept", "goes with the instance"


@dataclass(frozen=True)
class KeepVolume(InstanceStep):
    """DeleteOnTermination of the volume at one device. A swap of volumes resets it, so it is set after each."""

    kind: ClassVar[str] = "keep-volume"
    actions: ClassVar[tuple[str, ...]] = ("ec2:ModifyInstanceAttribute", "ec2:DescribeInstances")

    device: str
    keep: bool = True

    def describe(self) -> str:
        """A sentence for plans."""
        what = "keep" if self.keep else "let go"
        return f"{what} the volume at {self.device} when {self.instance} ends"

    def already(self, attempt: Attempt) -> Result | None:
        """Whether the flag is so."""
        return {} if self.seen(attempt, {}) == self._wanted() else None

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        attempt.aws.volumes.set_delete_on_termination(self.instance, self.device, not self.keep)
        return {}

    def wait(self) -> Wait:
        """The flag read back."""
        what = f"the volume at {self.device} of '{self.instance}' to be marked"
        return Wait(what, frozenset({self._wanted()}), pause=timedelta(seconds=2), bound=timedelta(minutes=2))

    def word(self, things: Mapping[str, Instance], result: Result) -> str:
        """What becomes of the volume at the device."""
        disks = things[self.instance].disks if self.instance in things else ()
        flags = [disk.delete_on_termination for disk in disks if disk.device == self.device]
        if not flags:
            return NOT_SHOWN
        return GOES if flags[0] else KEPT

    def undo(self, result: Result) -> tuple[Step, ...]:
        """The other way round."""
        return (KeepVolume(self.instance, self.device, not self.keep),)

    def _wanted(self) -> str:
        return KEPT if self.keep else GOES
