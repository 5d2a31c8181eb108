"""Who else may use an image and its snapshots: permissions given to accounts, and taken back."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from ec2kit.aws.requests import EVERYBODY
from ec2kit.engine.steps.base import Attempt, Result, Step
from ec2kit.model.ids import ImageId, SnapshotId
from ec2kit.model.waiting import Wait

SO, NOT_YET = "so", "not yet"


def people(accounts: tuple[str, ...]) -> str:
    """Given account numbers and `all`, return them as words."""
    return ", ".join("everybody" if who == EVERYBODY else f"account {who}" for who in accounts)


@dataclass(frozen=True)
class _Permission(Step):
    """A permission that `accounts` (numbers, or `all`) shall have, or shall not have."""

    add: ClassVar[bool]

    @abstractmethod
    def holders(self, attempt: Attempt) -> frozenset[str]:
        """Who has the permission now."""

    @abstractmethod
    def named(self) -> tuple[str, ...]:
        """The accounts that the step is about."""

    def already(self, attempt: Attempt) -> Result | None:
        """Whether they all have it, or none of them."""
        return {} if self.seen(attempt, {}) == SO else None

    def wait(self) -> Wait:
        """Seen so."""
        what = f"the permissions of '{self.target()}' to be shown"
        return Wait(what, frozenset({SO}), bound=timedelta(minutes=5))

    def seen(self, attempt: Attempt, result: Result) -> str:
        """Whether the permissions are as wanted."""
        holders, wanted = self.holders(attempt), set(self.named())
        return SO if (wanted <= holders if self.add else not wanted & holders) else NOT_YET


@dataclass(frozen=True)
class _OfImage(_Permission):
    actions: ClassVar[tuple[str, ...]] = ("ec2:ModifyImageAttribute", "ec2:DescribeImageAttribute")

    image: ImageId
    accounts: tuple[str, ...]

    def target(self) -> str:
        """The image's id."""
        return str(self.image)

    def named(self) -> tuple[str, ...]:
        """The accounts."""
        return self.accounts

    def holders(self, attempt: Attempt) -> frozenset[str]:
        """DescribeImageAttribute."""
        return attempt.aws.sharing.of_image(self.image)

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        attempt.aws.sharing.change_image(self.image, self.accounts, add=self.add)
        return {}


@dataclass(frozen=True)
class ShareImage(_OfImage):
    """ModifyImageAttribute: these accounts may launch the image."""

    kind: ClassVar[str] = "share-image"
    add: ClassVar[bool] = True

    def describe(self) -> str:
        """A sentence for plans."""
        return f"let {people(self.accounts)} launch image {self.image}"

    def undo(self, result: Result) -> tuple[Step, ...]:
        """Take the permission back."""
        return (UnshareImage(self.image, self.accounts),)


@dataclass(frozen=True)
class UnshareImage(_OfImage):
    """ModifyImageAttribute: these accounts may no longer launch the image; what they launched lives on."""

    kind: ClassVar[str] = "unshare-image"
    add: ClassVar[bool] = False

    def describe(self) -> str:
        """A sentence for plans."""
        return f"no longer let {people(self.accounts)} launch image {self.image}"

    def undo(self, result: Result) -> tuple[Step, ...]:
        """Give it again."""
        return (ShareImage(self.image, self.accounts),)


@dataclass(frozen=True)
class _OfSnapshot(_Permission):
    actions: ClassVar[tuple[str, ...]] = ("ec2:ModifySnapshotAttribute", "ec2:DescribeSnapshotAttribute")

    snapshot: SnapshotId
    accounts: tuple[str, ...]

    def target(self) -> str:
        """The snapshot's id."""
        return str(self.snapshot)

    def named(self) -> tuple[str, ...]:
        """The accounts."""
        return self.accounts

    def holders(self, attempt: Attempt) -> frozenset[str]:
        """DescribeSnapshotAttribute."""
        return attempt.aws.sharing.of_snapshot(self.snapshot)

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        attempt.aws.sharing.change_snapshot(self.snapshot, self.accounts, add=self.add)
        return {}


@dataclass(frozen=True)
class ShareSnapshot(_OfSnapshot):
    """ModifySnapshotAttribute: these accounts may make volumes and copies of the snapshot."""

    kind: ClassVar[str] = "share-snapshot"
    add: ClassVar[bool] = True

    def describe(self) -> str:
        """A sentence for plans."""
        return f"let {people(self.accounts)} make volumes and copies of snapshot {self.snapshot}"

    def undo(self, result: Result) -> tuple[Step, ...]:
        """Take the permission back."""
        return (UnshareSnapshot(self.snapshot, self.accounts),)


@dataclass(frozen=True)
class UnshareSnapshot(_OfSnapshot):
    """ModifySnapshotAttribute: these accounts may no longer make volumes of the snapshot; theirs stay."""

    kind: ClassVar[str] = "unshare-snapshot"
    add: ClassVar[bool] = False

    def describe(self) -> str:
        """A sentence for plans."""
        return f"no longer let {people(self.accounts)} make volumes and copies of snapshot {self.snapshot}"

    def undo(self, result: Result) -> tuple[Step, ...]:
        """Give it again."""
        return (ShareSnapshot(self.snapshot, self.accounts),)
