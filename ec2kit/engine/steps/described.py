"""Steps whose effect one Describe call shows, for many of them at once."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from ec2kit.engine.steps.base import Attempt, Look, Result, Step
from ec2kit.errors import Ec2kitError

if TYPE_CHECKING:
    from ec2kit.aws import Aws

T = TypeVar("T")

GONE = "gone"
"""The word for a thing that a delete has removed."""


@dataclass(frozen=True)
class Described(Step, Generic[T]):
    """A step that is about things with ids: `word` says what they show, `fetch` gets them for all such steps."""

    @abstractmethod
    def ids(self, result: Result) -> tuple[str, ...]:
        """The ids of what the step is about."""

    @classmethod
    @abstractmethod
    def fetch(cls, aws: Aws, ids: Iterable[str]) -> Mapping[str, T]:
        """The things with these ids that AWS shows."""

    @abstractmethod
    def word(self, things: Mapping[str, T], result: Result) -> str:
        """What the step's own things show, as `Step.seen` says it; may raise like it."""

    def seen(self, attempt: Attempt, result: Result) -> str:
        """One look for this step alone."""
        return self.word(self.fetch(attempt.aws, self.ids(result)), result)

    @classmethod
    def seen_together(cls, looks: Sequence[Look]) -> list[str | Ec2kitError]:
        """One look for all of them: the ids go to AWS together."""
        mine = [(look.step, look.result) for look in looks if isinstance(look.step, cls)]
        ids = dict.fromkeys(id for step, result in mine for id in step.ids(result))
        things = cls.fetch(looks[0].attempt.aws, ids)
        return [_word(step, things, result) for step, result in mine]


def _word(step: Described[T], things: Mapping[str, T], result: Result) -> str | Ec2kitError:
    try:
        return step.word(things, result)
    except Ec2kitError as error:
        return error
