"""When an image goes out of date: from then on nobody but its owner sees it in lists; it launches as before."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from ec2kit.engine.steps.base import Attempt, Result, Step
from ec2kit.engine.steps.described import Described
from ec2kit.engine.waiting import NOT_SHOWN
from ec2kit.model.disks import Image
from ec2kit.model.ids import ImageId
from ec2kit.model.periods import format_time
from ec2kit.model.waiting import Wait

if TYPE_CHECKING:
    from ec2kit.aws import Aws

NEVER = "never"


@dataclass(frozen=True)
class _Deprecation(Described[Image]):
    @classmethod
    def fetch(cls, aws: Aws, ids: Iterable[str]) -> Mapping[str, Image]:
        """DescribeImages."""
        return {image.id: image for image in aws.images.describe(ids)}

    @abstractmethod
    def wanted(self) -> str:
        """The time that is to be shown, or `never`."""

    def already(self, attempt: Attempt) -> Result | None:
        """Whether the image says so."""
        return {} if self.seen(attempt, {}) == self.wanted() else None

    def wait(self) -> Wait:
        """Seen so."""
        what = f"the deprecation of '{self.target()}' to be shown"
        return Wait(what, frozenset({self.wanted()}), bound=timedelta(minutes=5))

    def ids(self, result: Result) -> tuple[str, ...]:
        """The image."""
        return (self.target(),)

    def word(self, things: Mapping[str, Image], result: Result) -> str:
        """When it deprecates, or `never`."""
        image = things.get(self.target())
        if image is None:
            return NOT_SHOWN
        return format_time(image.deprecates) if image.deprecates else NEVER


@dataclass(frozen=True)
class DeprecateImage(_Deprecation):
    """EnableImageDeprecation: `at` is a whole minute in the future (AWS rounds to one)."""

    kind: ClassVar[str] = "deprecate-image"
    actions: ClassVar[tuple[str, ...]] = ("ec2:EnableImageDeprecation", "ec2:DescribeImages")

    image: ImageId
    at: datetime
    before: datetime | None = None

    def describe(self) -> str:
        """A sentence for plans."""
        return f"deprecate image {self.image} at {format_time(self.at)}"

    def target(self) -> str:
        """The image's id."""
        return str(self.image)

    def wanted(self) -> str:
        """The time."""
        return format_time(self.at)

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        attempt.aws.images.deprecate(self.image, self.at)
        return {}

    def undo(self, result: Result) -> tuple[Step, ...]:
        """The time that it had before, or none."""
        if self.before is None:
            return (UndeprecateImage(self.image, self.at),)
        return (DeprecateImage(self.image, self.before, self.at),)


@dataclass(frozen=True)
class UndeprecateImage(_Deprecation):
    """DisableImageDeprecation: the image does not go out of date."""

    kind: ClassVar[str] = "undeprecate-image"
    actions: ClassVar[tuple[str, ...]] = ("ec2:DisableImageDeprecation", "ec2:DescribeImages")

    image: ImageId
    before: datetime | None = None

    def describe(self) -> str:
        """A sentence for plans."""
        return f"no longer deprecate image {self.image}"

    def target(self) -> str:
        """The image's id."""
        return str(self.image)

    def wanted(self) -> str:
        """No time."""
        return NEVER

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        attempt.aws.images.deprecate(self.image, None)
        return {}

    def undo(self, result: Result) -> tuple[Step, ...]:
        """The time that it had before."""
        return (DeprecateImage(self.image, self.before),) if self.before else ()
