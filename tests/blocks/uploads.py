"""An upload on the practice AWS in this process: the step under a run of its own, and what it left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ec2kit.engine.plan import Plan
from ec2kit.engine.session import Outcome
from ec2kit.engine.steps import UploadSnapshot, VerifySnapshot
from ec2kit.engine.steps.base import later
from ec2kit.model.ids import RunId, SnapshotId
from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.faults import Effect, Fault, Spell
from tests.blocks.disks import contents
from tests.engine.practice import Practice


def uploading(path: Path, parent: SnapshotId | None = None) -> Plan:
    """Upload a disk and read all of it back."""
    upload = UploadSnapshot(str(path), 1, "a disk", {"Name": "disk"}, parent)
    return Plan.of(upload, VerifySnapshot(later("1-upload-snapshot", "snapshot_id"), str(path)))


class Uploads:
    """The practice account, with a directory for what a killed upload is to be gone on with."""

    def __init__(self, practice: Practice, directory: Path) -> None:
        self.practice = practice
        self.directory = directory

    def run(self, plan: Plan, run: RunId | None = None, **options: Any) -> Outcome:
        """Begin the run, or go on with it."""
        return self.practice.carry_out(plan, run, directory=self.directory, **options)

    def holds(self, outcome: Outcome) -> dict[int, bytes]:
        """Every block of the snapshot that was made."""
        return contents(self.practice.sandbox, outcome.results["1-upload-snapshot"]["snapshot_id"])

    def count(self, action: str) -> int:
        """How often an action was called."""
        return sum(call.action == action for call in self.practice.sandbox.app.calls)

    def snapshots(self) -> list[str]:
        """The state of each snapshot that bears this run's mark."""
        found = self.practice.aws.snapshots.describe(filters={"tag:ec2kit:run": [f"{self.practice.run}/*"]})
        return [each.state for each in found]

    def fault(self, action: str, effect: Effect, **spell: Any) -> None:
        """Something goes wrong with this action."""
        fault = Fault(f"f-{action}", f"ebs:{action}", effect, Spell(**spell), self.practice.clock.now())
        self.practice.sandbox.app.world.faults.add(fault)

    def before(self, action: str, number: int, do: Callable[[], None]) -> None:
        """Do something once, before the `number`th block or thing that this action is about is handled; a call that is
        only made again (AWS shows a new snapshot late) does not count."""
        hooks, seen = self.practice.sandbox.app.hooks.before, set[str]()

        def hook(call: Call) -> None:
            if call.action != action:
                return
            seen.add(call.params["path"])
            if len(seen) == number:
                hooks.remove(hook)
                do()

        hooks.append(hook)
