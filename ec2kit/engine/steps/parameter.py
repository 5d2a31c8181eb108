"""SSM parameters: the global pause."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from ec2kit.engine.steps.base import Attempt, Result, Step
from ec2kit.model.waiting import Wait

AS_WANTED, OTHER = "as wanted", "not yet"


@dataclass(frozen=True)
class _ParameterStep(Step):
    """`before` is the earlier value, None when there was no parameter."""

    name: str

    @abstractmethod
    def wanted(self) -> str | None:
        """The value afterwards, None for no parameter."""

    def target(self) -> str:
        """The parameter's name."""
        return str(self.name)

    def already(self, attempt: Attempt) -> Result | None:
        """Whether it is so."""
        return {} if self.seen(attempt, {}) == AS_WANTED else None

    def wait(self) -> Wait:
        """The value read back."""
        what = f"parameter '{self.name}'"
        return Wait(what, frozenset({AS_WANTED}), pause=timedelta(seconds=1), bound=timedelta(minutes=2))

    def seen(self, attempt: Attempt, result: Result) -> str:
        """Whether it reads back."""
        return AS_WANTED if attempt.aws.parameters.get(self.name) == self.wanted() else OTHER


@dataclass(frozen=True)
class PutParameter(_ParameterStep):
    """PutParameter, over what was there."""

    kind: ClassVar[str] = "put-parameter"
    actions: ClassVar[tuple[str, ...]] = ("ssm:PutParameter", "ssm:GetParameter")

    value: str
    before: str | None = None

    def wanted(self) -> str | None:
        """The value."""
        return self.value

    def describe(self) -> str:
        """A sentence for plans."""
        return f"set parameter {self.name} to '{self.value}'"

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        attempt.aws.parameters.put(self.name, self.value)
        return {}

    def undo(self, result: Result) -> tuple[Step, ...]:
        """Put back what was there."""
        if self.before is None:
            return (DeleteParameter(self.name, self.value),)
        return (PutParameter(self.name, self.before, self.value),)


@dataclass(frozen=True)
class DeleteParameter(_ParameterStep):
    """DeleteParameter; harmless when there is none."""

    kind: ClassVar[str] = "delete-parameter"
    actions: ClassVar[tuple[str, ...]] = ("ssm:DeleteParameter", "ssm:GetParameter")

    before: str | None = None

    def wanted(self) -> str | None:
        """Nothing."""
        return None

    def describe(self) -> str:
        """A sentence for plans."""
        return f"remove parameter {self.name}"

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        attempt.aws.parameters.delete(self.name)
        return {}

    def undo(self, result: Result) -> tuple[Step, ...]:
        """Put back what was there."""
        return () if self.before is None else (PutParameter(self.name, self.before),)
