"""Images: registered from snapshots, created from an instance, deregistered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from ec2kit.aws.requests import ImageRequest
from ec2kit.engine.steps.base import Attempt, CannotUndo, Result, Step
from ec2kit.engine.steps.described import GONE, Described
from ec2kit.engine.waiting import NOT_SHOWN
from ec2kit.model import tags
from ec2kit.model.disks import Image
from ec2kit.model.ids import ImageId, InstanceId
from ec2kit.model.tags import Tags
from ec2kit.model.waiting import Wait

if TYPE_CHECKING:
    from ec2kit.aws import Aws

ENDED = frozenset({"failed", "error", "invalid", "deregistered"})
"""States out of which no image comes; AWS's own waiter knows only `failed`."""
REGISTERING, CREATING = timedelta(minutes=10), timedelta(hours=24)
"""Registering only writes down; creating copies every volume to S3 first."""


class _ImageLook(Described[Image]):
    @classmethod
    def fetch(cls, aws: Aws, ids: Iterable[str]) -> Mapping[str, Image]:
        """DescribeImages."""
        return {image.id: image for image in aws.images.describe(ids)}


class _NewImage(_ImageLook):
    repeatable: ClassVar[bool] = False

    def already(self, attempt: Attempt) -> Result | None:
        """The image that this try made."""
        found = attempt.aws.images.describe(filters={f"tag:{tags.RUN}": (attempt.mark,)})
        return next((_made(image.id, image.name) for image in found if image.state not in ENDED), None)

    def ids(self, result: Result) -> tuple[str, ...]:
        """The new image."""
        return (result["image_id"],)

    def word(self, things: Mapping[str, Image], result: Result) -> str:
        """The image's state."""
        image = things.get(result["image_id"])
        return image.state if image else NOT_SHOWN

    def undo(self, result: Result) -> tuple[Step, ...]:
        """Deregister it; its snapshots stay."""
        return (DeregisterImage(ImageId(result["image_id"])),)


def _made(image: str, name: str) -> Result:
    return {"image_id": image, "name": name}


@dataclass(frozen=True)
class RegisterImage(_NewImage):
    """RegisterImage from snapshots: an image of our own, with every attribute named, since it inherits none.

    No client token; the name is unique in the account, so a second call is refused, and the mark tells whether
    the image of that name is ours. Result: `image_id`, `name`.
    """

    kind: ClassVar[str] = "register-image"
    actions: ClassVar[tuple[str, ...]] = ("ec2:RegisterImage", "ec2:CreateTags", "ec2:DescribeImages")

    request: ImageRequest

    def describe(self) -> str:
        """A sentence for plans."""
        sources = ", ".join(str(mapping.snapshot) for mapping in self.request.mappings if mapping.snapshot)
        return f"register image {self.request.name} from {sources}"

    def target(self) -> str:
        """The image's name."""
        return str(self.request.name)

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        request = replace(self.request, tags={**self.request.tags, tags.RUN: attempt.mark})
        return _made(attempt.aws.images.register(request), self.request.name)

    def wait(self) -> Wait:
        """Available."""
        what = f"image '{self.request.name}' to be available"
        return Wait(what, frozenset({"available"}), ENDED, bound=REGISTERING)


@dataclass(frozen=True)
class CreateImage(_NewImage):
    """CreateImage from an instance: the way that keeps the billing codes of RHEL, SUSE and Windows.

    It reboots the instance unless told otherwise, and here it is told. No client token. Result: `image_id`, `name`.
    """

    kind: ClassVar[str] = "create-image"
    actions: ClassVar[tuple[str, ...]] = ("ec2:CreateImage", "ec2:CreateTags", "ec2:DescribeImages")

    instance: InstanceId
    name: str
    tags: Tags = field(default_factory=dict)
    reboot: bool = False
    without: tuple[str, ...] = ()
    """Devices of disks that are left out."""

    def describe(self) -> str:
        """A sentence for plans."""
        return f"create image {self.name} of {self.instance}" + (", rebooting it" if self.reboot else "")

    def target(self) -> str:
        """The instance's id."""
        return str(self.instance)

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        marked = {**self.tags, tags.RUN: attempt.mark}
        return _made(
            attempt.aws.images.create(
                self.instance, self.name, marked, reboot=self.reboot, without=self.without
            ),
            self.name,
        )

    def wait(self) -> Wait:
        """Available."""
        return Wait(f"image '{self.name}' to be available", frozenset({"available"}), ENDED, bound=CREATING)


@dataclass(frozen=True)
class DeregisterImage(_ImageLook):
    """DeregisterImage; instances launched from it live on, and its snapshots stay."""

    kind: ClassVar[str] = "deregister-image"
    actions: ClassVar[tuple[str, ...]] = ("ec2:DeregisterImage", "ec2:DescribeImages")

    image: ImageId

    def describe(self) -> str:
        """A sentence for plans."""
        return f"deregister image {self.image}"

    def target(self) -> str:
        """The image's id."""
        return str(self.image)

    def already(self, attempt: Attempt) -> Result | None:
        """Whether it is no longer shown; that it stays so is waited for."""
        return {} if self.seen(attempt, {}) in (GONE, "deregistered") else None

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        attempt.aws.images.deregister(self.image)
        return {}

    def wait(self) -> Wait:
        """Gone."""
        return Wait(f"'{self.image}' to go", frozenset({GONE, "deregistered"}), bound=timedelta(minutes=5))

    def ids(self, result: Result) -> tuple[str, ...]:
        """The image."""
        return (self.image,)

    def word(self, things: Mapping[str, Image], result: Result) -> str:
        """The image's state while it is shown."""
        return things[self.image].state if self.image in things else GONE

    def undo(self, result: Result) -> CannotUndo:
        """There is no way back."""
        return CannotUndo("a deregistered image is gone: its snapshots stay, and can be registered again")
