"""Images in other regions: copied there, seen to be equal, and taken away again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from ec2kit.aws.requests import CopyRequest
from ec2kit.engine.steps.base import Attempt, CannotUndo, Result, Step
from ec2kit.engine.steps.described import GONE
from ec2kit.engine.steps.image import ENDED
from ec2kit.engine.waiting import NOT_SHOWN
from ec2kit.errors import Ec2kitError
from ec2kit.model import tags
from ec2kit.model.disks import Image
from ec2kit.model.ids import ImageId, Region
from ec2kit.model.tags import Tags
from ec2kit.model.waiting import Wait

if TYPE_CHECKING:
    from ec2kit.aws import Aws

LEAST, PER_GIB, MOST = timedelta(hours=1), timedelta(seconds=60), timedelta(hours=24)
"""How long a copy is waited for: every block goes to another region, at tens of MiB/s."""


def facts_of(image: Image) -> dict[str, str]:
    """Given an image, return what a copy of it must have in common with it, by name, as text."""
    disks = sorted(f"{each.device} {each.size_gib} GiB" for each in image.mappings if each.snapshot)
    return {
        "architecture": image.architecture,
        "boot mode": image.boot_mode,
        "virtualization": image.virtualization,
        "ENA": "yes" if image.ena else "no",
        "SR-IOV": image.sriov,
        "TPM": image.tpm,
        "IMDS": image.imds,
        "usage operation": image.usage_operation,
        "root device": image.root_device,
        "disks": ", ".join(disks),
    }


@dataclass(frozen=True)
class CopyImage(Step):
    """CopyImage, which is called where the copy is to be; done when it is available there with all its snapshots,
    and equal to `facts`. With a client token. Result: `image_id`, `name`, `region`.
    """

    kind: ClassVar[str] = "copy-image"
    actions: ClassVar[tuple[str, ...]] = (
        "ec2:CopyImage",
        "ec2:CreateTags",
        "ec2:DescribeImages",
        "ec2:DescribeSnapshots",
    )

    image: ImageId
    source: Region
    region: Region
    name: str
    description: str = ""
    tags: Tags = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    """What `facts_of` says of the original."""
    size_gib: int = 0

    def describe(self) -> str:
        """A sentence for plans."""
        return f"copy image {self.image} as {self.name} in {self.region}"

    def target(self) -> str:
        """The image's id."""
        return str(self.image)

    def already(self, attempt: Attempt) -> Result | None:
        """The copy that this try made."""
        found = self._there(attempt).images.describe(filters={f"tag:{tags.RUN}": (attempt.mark,)})
        return next((self._made(image.id) for image in found if image.state not in ENDED), None)

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        marked = {**self.tags, tags.RUN: attempt.mark}
        request = CopyRequest(self.image, self.source, self.name, self.description, marked)
        return self._made(self._there(attempt).images.copy(request, attempt.token))

    def wait(self) -> Wait:
        """Available, equal, and its snapshots completed."""
        bound = min(LEAST + PER_GIB * self.size_gib, MOST)
        what = f"the copy of '{self.image}' in {self.region} to be available"
        return Wait(what, frozenset({"available"}), ENDED, pause=timedelta(seconds=15), bound=bound)

    def seen(self, attempt: Attempt, result: Result) -> str:
        """The copy's state; raises what differs from the original."""
        there = self._there(attempt)
        copy = next(iter(there.images.describe([result["image_id"]])), None)
        if copy is None:
            return NOT_SHOWN
        if copy.state != "available":
            return copy.state
        self._compare(copy)
        snapshots = there.snapshots.describe(copy.snapshots)
        done = [each for each in snapshots if each.state == "completed"]
        return copy.state if len(done) == len(copy.snapshots) else "its snapshots are pending"

    def undo(self, result: Result) -> tuple[Step, ...]:
        """Deregister it there, with its snapshots."""
        return (DeregisterCopy(ImageId(result["image_id"]), self.region),)

    def _there(self, attempt: Attempt) -> Aws:
        return attempt.aws.elsewhere(self.region)

    def _made(self, image: str) -> Result:
        return {"image_id": image, "name": self.name, "region": self.region}

    def _compare(self, copy: Image) -> None:
        shown = facts_of(copy)
        different = [
            f"{name} is '{shown.get(name, '')}' and was '{wanted}'"
            for name, wanted in self.facts.items()
            if shown.get(name) != wanted
        ]
        if different:
            raise Ec2kitError(
                f"the copy '{copy.id}' in {self.region} is not equal: {', '.join(different)}",
                resource=copy.id,
                hint=f"ec2kit image delete {copy.id} --region {self.region}",
            )


@dataclass(frozen=True)
class DeregisterCopy(Step):
    """DeregisterImage in another region, with the snapshots that no other image uses."""

    kind: ClassVar[str] = "deregister-copy"
    actions: ClassVar[tuple[str, ...]] = (
        "ec2:DeregisterImage",
        "ec2:DeleteSnapshot",
        "ec2:DescribeImages",
    )

    image: ImageId
    region: Region

    def describe(self) -> str:
        """A sentence for plans."""
        return f"deregister image {self.image} in {self.region} and delete its snapshots"

    def target(self) -> str:
        """The image's id."""
        return str(self.image)

    def already(self, attempt: Attempt) -> Result | None:
        """Whether it is no longer shown."""
        return {} if self.seen(attempt, {}) == GONE else None

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        attempt.aws.elsewhere(self.region).images.deregister(self.image, snapshots=True)
        return {}

    def wait(self) -> Wait:
        """Gone."""
        return Wait(f"'{self.image}' in {self.region} to go", frozenset({GONE}), bound=timedelta(minutes=5))

    def seen(self, attempt: Attempt, result: Result) -> str:
        """The image's state while it is shown."""
        found = attempt.aws.elsewhere(self.region).images.describe([self.image])
        return found[0].state if found and found[0].state != "deregistered" else GONE

    def undo(self, result: Result) -> CannotUndo:
        """There is no way back."""
        return CannotUndo("a copy that is deregistered is gone: copy the image again")
