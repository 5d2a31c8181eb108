"""What a run needs around it, and what comes out of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ec2kit.engine.listeners import Listener, NullListener
from ec2kit.engine.plan import Plan
from ec2kit.engine.steps.base import Result
from ec2kit.engine.waiting import Clock
from ec2kit.errors import Ec2kitError, Exit
from ec2kit.model.ids import RunId
from ec2kit.model.runs import Journal

if TYPE_CHECKING:
    from ec2kit.aws import Aws
    from ec2kit.objects.sources import ReadsDirectories


def free() -> None:
    """The guard of a run that needs no lease."""


@dataclass(frozen=True)
class Session:
    """Where a plan is carried out, and on what terms."""

    aws: Aws
    journal: Journal
    run: RunId
    clock: Clock
    listener: Listener = field(default_factory=NullListener)
    workers: int = 8
    """Calls at the same time; with 1 everything happens in the caller's thread, in a fixed order."""
    directory: Path | None = None
    """Where steps may keep what a killed process is to go on with; None: nowhere."""
    directories: ReadsDirectories | None = None
    """Reads directories off the disks of snapshots, for the steps that store them."""
    wait: bool = True
    """False: steps that no other step needs are not waited for."""
    timeout: timedelta | None = None
    guard: Callable[[], None] = free
    """Raises `Busy` when the lease is lost; asked before each changing call and again and again while waiting."""
    stop: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class StepFailure:
    """A step that failed, and why; `subject` is the machine that a bulk report counts it for."""

    key: str
    step: str
    subject: str
    error: Ec2kitError


@dataclass(frozen=True)
class Outcome:
    """How a plan went: each step is in exactly one of `results`, `failures` and `skipped`."""

    plan: Plan
    results: Mapping[str, Result]
    failures: tuple[StepFailure, ...] = ()
    skipped: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    """Keys in `results` that were made and not verified, because nobody wanted to wait."""
    unchanged: tuple[str, ...] = ()
    """Keys in `results` for which there was nothing to do."""

    @property
    def exit(self) -> Exit:
        """0 when nothing failed; 3 when some machines failed; when all failed alike, their code, else 1."""
        if not self.failures and not self.skipped:
            return Exit.DONE
        if self.subjects() - self.failed_subjects():
            return Exit.PARTIAL
        codes = {failure.error.exit_code for failure in self.failures}
        return codes.pop() if len(codes) == 1 else Exit.FAILED

    def subjects(self) -> frozenset[str]:
        """What the plan is about; a step without a subject counts by its key."""
        return frozenset(planned.subject or planned.key for planned in self.plan.steps)

    def failed_subjects(self) -> frozenset[str]:
        """The subjects of which at least one step failed or was skipped."""
        bad = {failure.key for failure in self.failures} | set(self.skipped)
        return frozenset(planned.subject or planned.key for planned in self.plan.steps if planned.key in bad)
