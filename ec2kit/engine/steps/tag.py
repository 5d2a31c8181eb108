"""Tags, of any resource."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from ec2kit.engine.steps.base import Attempt, CannotUndo, Result, Step
from ec2kit.engine.steps.described import Described
from ec2kit.model.tags import MAX_KEY, MAX_VALUE, Tags
from ec2kit.model.waiting import Wait

if TYPE_CHECKING:
    from ec2kit.aws import Aws

SET, OTHER = "set", "not set yet"
MOST_RESOURCES = 200
"""Ids of one step: as many as one filter of the call that verifies takes."""
PAUSE, BOUND = timedelta(seconds=1), timedelta(minutes=2)
"""A tag shows within a second or two."""


@dataclass(frozen=True)
class _TagStep(Described[Tags]):
    """`before` holds the earlier values of the keys by resource (a key that was not there is left out), for undo."""

    plain: ClassVar[bool] = True

    resources: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 0 < len(self.resources) <= MOST_RESOURCES:
            raise ValueError(f"a tag step takes 1 to {MOST_RESOURCES} resources, not {len(self.resources)}")

    def target(self) -> str:
        """The resource, or how many."""
        return str(self.resources[0]) if len(self.resources) == 1 else f"{len(self.resources)} resources"

    def ids(self, result: Result) -> tuple[str, ...]:
        """The resources."""
        return self.resources

    @classmethod
    def fetch(cls, aws: Aws, ids: Iterable[str]) -> Mapping[str, Tags]:
        """DescribeTags."""
        return aws.tags.of(ids)

    def already(self, attempt: Attempt) -> Result | None:
        """Whether all of them are so."""
        return {} if self.seen(attempt, {}) == SET else None

    def wait(self) -> Wait:
        """The tags read back."""
        return Wait(f"the tags of {self.target()}", frozenset({SET}), pause=PAUSE, bound=BOUND)


@dataclass(frozen=True)
class SetTags(_TagStep):
    """CreateTags: writes over what was there. Keys end at 128 characters, values at 256, 50 tags a resource."""

    kind: ClassVar[str] = "set-tags"
    actions: ClassVar[tuple[str, ...]] = ("ec2:CreateTags", "ec2:DescribeTags")

    tags: Tags
    before: Mapping[str, Tags] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for key, value in self.tags.items():
            if len(key) > MAX_KEY or len(str(value)) > MAX_VALUE:
                raise ValueError(f"tag '{key}' is longer than AWS takes")

    def describe(self) -> str:
        """A sentence for plans."""
        pairs = ", ".join(f"{key}={value}" for key, value in self.tags.items())
        return f"tag {self.target()} with {pairs}"

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        attempt.aws.tags.set(self.resources, self.tags)
        return {}

    def word(self, things: Mapping[str, Tags], result: Result) -> str:
        """Whether every resource has every tag."""
        return SET if all(self.tags.items() <= things[id].items() for id in self.resources) else OTHER

    def undo(self, result: Result) -> tuple[Step, ...] | CannotUndo:
        """Write the earlier values, and remove what was not there."""
        if self.before is None:
            return CannotUndo(f"the earlier tags of {self.target()} were not recorded")
        steps: list[Step] = []
        for id in self.resources:
            earlier = {key: value for key, value in self.before.get(id, {}).items() if key in self.tags}
            new = tuple(key for key in self.tags if key not in earlier)
            now = {id: self.tags}
            steps += [SetTags((id,), earlier, now)] if earlier else []
            steps += [DeleteTags((id,), new, now)] if new else []
        return tuple(steps)


@dataclass(frozen=True)
class DeleteTags(_TagStep):
    """DeleteTags by key, whatever the values; harmless for a key that is not there."""

    kind: ClassVar[str] = "delete-tags"
    actions: ClassVar[tuple[str, ...]] = ("ec2:DeleteTags", "ec2:DescribeTags")

    keys: tuple[str, ...]
    before: Mapping[str, Tags] | None = None

    def describe(self) -> str:
        """A sentence for plans."""
        word = "tag" if len(self.keys) == 1 else "tags"
        return f"remove {word} {', '.join(self.keys)} from {self.target()}"

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        attempt.aws.tags.delete(self.resources, self.keys)
        return {}

    def word(self, things: Mapping[str, Tags], result: Result) -> str:
        """Whether no resource has any of the keys."""
        left = any(key in things[id] for id in self.resources for key in self.keys)
        return OTHER if left else SET

    def undo(self, result: Result) -> tuple[Step, ...] | CannotUndo:
        """Write the earlier values."""
        if self.before is None:
            return CannotUndo(f"the earlier tags of {self.target()} were not recorded")
        earlier = {
            id: {key: value for key, value in self.before.get(id, {}).items() if key in self.keys}
            for id in self.resources
        }
        return tuple(SetTags((id,), tags, {id: {}}) for id, tags in earlier.items() if tags)
