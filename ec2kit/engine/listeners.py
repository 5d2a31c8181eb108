"""Who is told how a run is going: a screen, a log, nobody. Calls come one at a time, from any thread."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from ec2kit.engine.plan import Plan, Planned
from ec2kit.engine.steps.base import Result
from ec2kit.errors import Ec2kitError


class Listener(Protocol):
    """What `execute` tells, in this order for each step: started, waiting (often), done, unchanged or failed."""

    def planned(self, plan: Plan) -> None:
        """The run begins (or goes on) with this plan."""

    def started(self, planned: Planned) -> None:
        """The step's turn has come."""

    def waiting(self, planned: Planned, seen: str, waited: timedelta) -> None:
        """AWS was looked at and shows `seen`; or a step that takes long says how far it is."""

    def done(self, planned: Planned, result: Result) -> None:
        """The step is made and verified (or made, with `--no-wait`)."""

    def unchanged(self, planned: Planned) -> None:
        """AWS showed that there was nothing to do."""

    def failed(self, planned: Planned, error: Ec2kitError) -> None:
        """The step has failed; what needs it is skipped."""

    def event(self, text: str) -> None:
        """Something else worth a line: another zone is tried, a lost answer was found again."""


class NullListener:
    """Nobody listens."""

    def planned(self, plan: Plan) -> None:
        """Nothing."""

    def started(self, planned: Planned) -> None:
        """Nothing."""

    def waiting(self, planned: Planned, seen: str, waited: timedelta) -> None:
        """Nothing."""

    def done(self, planned: Planned, result: Result) -> None:
        """Nothing."""

    def unchanged(self, planned: Planned) -> None:
        """Nothing."""

    def failed(self, planned: Planned, error: Ec2kitError) -> None:
        """Nothing."""

    def event(self, text: str) -> None:
        """Nothing."""
