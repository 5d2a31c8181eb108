"""What every step is: one mutating call to AWS, with the questions the engine asks of it.

A step is frozen data. Arguments that only an earlier step's result can give are a `Ref`; the engine puts the
value in before it asks anything of the step. The engine's order for each step is: `already` (did it happen?),
intent journalled, `apply`, result journalled, `seen` until `wait` holds, done journalled.
"""

from __future__ import annotations

import base64
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ec2kit.errors import Ec2kitError
from ec2kit.model.ids import RunId
from ec2kit.model.waiting import Wait

if TYPE_CHECKING:
    from ec2kit.aws import Aws
    from ec2kit.objects.sources import ReadsDirectories

Result = Mapping[str, Any]
"""What a step made, as JSON values: `{"instance_id": "i-…"}`. Later steps refer to its fields."""


@dataclass(frozen=True)
class Ref:
    """The value of `field` in the result of the step whose key is `step`; `by_volume.vol-1` looks one level down."""

    step: str
    field: str

    def __str__(self) -> str:
        return f"<{self.field} of {self.step}>"


def later(step: str, field: str) -> Any:
    """A `Ref` that may stand wherever a step, or a value inside it, wants the value itself.

    Every field of a step may be given this way: the engine puts the value in before it asks the step anything
    but `describe` and `target`.
    """
    return Ref(step, field)


@dataclass(frozen=True)
class CannotUndo:
    """Why a step has no way back."""

    reason: str


def nothing() -> None:
    """The check of a step that nobody stops."""


def nobody(_text: str) -> None:
    """Who is told when nobody listens."""


@dataclass(frozen=True)
class Workplace:
    """What this machine gives to a step that takes long, such as one that carries a disk to AWS."""

    directory: Path | None = None
    """Where the step may keep what a killed process is to go on with; None: nowhere."""
    workers: int = 1
    """How many calls may be made at the same time; with 1 they are to be made in order."""
    check: Callable[[], None] = nothing
    """Raises when the run is being stopped: to be asked between calls."""
    tell: Callable[[str], None] = nobody
    """Is told how far it is, for the screen: `512 of 833 blocks`."""
    directories: ReadsDirectories | None = None
    """Reads directories off the disks of snapshots; None: that cannot be done here."""


@dataclass(frozen=True)
class Attempt:
    """One try of one step of one run; everything that makes the try recognisable afterwards derives from it."""

    aws: Aws
    run: RunId
    key: str
    index: int = 0
    since: datetime | None = None
    workplace: Workplace = field(default_factory=Workplace)

    @property
    def token(self) -> str:
        """The client token: 40 characters that depend on run, step and attempt only, so that a second sender
        of the same try gets the first one's result (EC2, "Ensuring idempotency": at most 64 ASCII)."""
        digest = hashlib.sha256(f"{self.run}/{self.key}/{self.index}".encode()).digest()
        return base64.b32encode(digest).decode()[:40]

    @property
    def mark(self) -> str:
        """The value of the `ec2kit:run` tag on what this try makes: how a call without client token is found again."""
        return f"{self.run}/{self.key}" + (f"@{self.index}" if self.index else "")

    @property
    def marks(self) -> tuple[str, str]:
        """The tag filter's values for what any try of the step made."""
        return (f"{self.run}/{self.key}", f"{self.run}/{self.key}@*")


@dataclass(frozen=True)
class Look:
    """One step under way whose `wait` is looked at: what `Step.seen_together` is given for each."""

    step: Step
    attempt: Attempt
    result: Result


@dataclass(frozen=True)
class Step(ABC):
    """The base of every step. A subclass is a frozen dataclass whose fields are JSON-like values or `Ref`s."""

    kind: ClassVar[str]
    """The name in the journal and in plans: `run-instance`."""
    actions: ClassVar[tuple[str, ...]]
    """The IAM actions that `already`, `apply` and `seen` need."""
    repeatable: ClassVar[bool] = True
    """Whether sending the call twice makes one thing (client token, or it sets a state). If not, a lost answer
    is described for the settle time before the call is sent again."""

    plain: ClassVar[bool] = False
    """Whether the call only writes values over others (tags): a plan made anew under the same key may want other
    values, and what an earlier try wrote is then no result to wait for."""

    awaited: ClassVar[bool] = False
    """Whether it is waited for even when nobody wants to wait: what the call made is nothing until AWS shows it."""

    spoilt_by: ClassVar[tuple[type[Ec2kitError], ...]] = ()
    """The failures which say that what the needed steps made is no good: gone on with, the run makes it anew."""

    @abstractmethod
    def describe(self) -> str:
        """A sentence in the imperative, for plans: "stop instance i-1"."""

    @abstractmethod
    def target(self) -> str:
        """The id or name that the step is about."""

    def attempts(self) -> int:
        """How many places (zone, type) may be tried in order when there is no capacity."""
        return 1

    @abstractmethod
    def already(self, attempt: Attempt) -> Result | None:
        """The result if the effect is there (by client token, tag or describe), else None. Changes nothing.

        Raises `Unavailable` when that cannot be told now: it is asked again until the settle time is over.
        """

    @abstractmethod
    def apply(self, attempt: Attempt) -> Result:
        """Make the call. Raises `OutcomeUnknown` when the answer was lost, `NoCapacity` to have the next
        attempt tried, other `Ec2kitError`s when AWS refuses."""

    def wait(self) -> Wait | None:
        """What AWS must show before the step is done; None when the call's answer is the truth."""
        return None

    def seen(self, attempt: Attempt, result: Result) -> str:
        """One look at what `wait` is about: the word to be compared with its wanted and failed words.

        Raising says more than a word: `NoCapacity` has the next attempt tried, `NotFound` and `Unavailable`
        mean "look again" (AWS shows new things late), any other `Ec2kitError` is the failure itself.
        """
        # Not abstract: a step whose `wait` is None is never looked at, and has no need of it.
        raise NotImplementedError(f"{self.kind} waits, and does not say what it sees")

    @classmethod
    def seen_together(cls, looks: Sequence[Look]) -> list[str | Ec2kitError]:
        """`seen` for many steps of this class: a subclass asks AWS once for all of them, 200 ids a call."""
        return [_word_or_error(look) for look in looks]

    def undo(self, result: Result) -> tuple[Step, ...] | CannotUndo:
        """The steps that take it back, or why there are none."""
        return CannotUndo(f"{self.kind} cannot be undone")


def _word_or_error(look: Look) -> str | Ec2kitError:
    try:
        return look.step.seen(look.attempt, look.result)
    except Ec2kitError as error:
        return error
