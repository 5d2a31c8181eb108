"""A disk in a file becomes a snapshot, block by block, and is read back."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from ec2kit.aws import Aws
from ec2kit.aws.blocks import NewSnapshot
from ec2kit.blocks.crew import WORKERS, Crew
from ec2kit.blocks.data import DiskFile, linear
from ec2kit.blocks.log import BlockLog
from ec2kit.blocks.upload import Before, Nothing, Parent, Upload
from ec2kit.blocks.verify import Different, Thoroughness, verify
from ec2kit.engine.steps.base import Attempt, Result, Step
from ec2kit.engine.steps.snapshot import DeleteSnapshot
from ec2kit.engine.waiting import NOT_SHOWN
from ec2kit.errors import (
    AwsRefused,
    Busy,
    Ec2kitError,
    Exit,
    Interrupted,
    NotFound,
    OutcomeUnknown,
    Unavailable,
)
from ec2kit.host.files import storing
from ec2kit.model import tags
from ec2kit.model.disks import Snapshot
from ec2kit.model.ids import SnapshotId
from ec2kit.model.tags import Tags
from ec2kit.model.waiting import Wait

SEALING = timedelta(hours=1)
"""How long a sealed snapshot is waited for: AWS has every block by then, and only has to put them away."""
DONE, DEAD = "completed", "error"


@dataclass(frozen=True)
class UploadSnapshot(Step):
    """StartSnapshot, a PutSnapshotBlock for each block of a raw disk that is not all zeros (with a parent: that differs
    from the parent's), CompleteSnapshot.

    Which blocks have arrived is written down on this machine, for AWS lists only those of a completed snapshot. A
    killed process is gone on with in the same snapshot, as long as AWS keeps it; after a day without a block it does
    not, and another is started. What cannot become complete is deleted. Result: `snapshot_id`.
    """

    kind: ClassVar[str] = "upload-snapshot"
    actions: ClassVar[tuple[str, ...]] = (
        "ebs:StartSnapshot",
        "ebs:PutSnapshotBlock",
        "ebs:CompleteSnapshot",
        "ebs:ListSnapshotBlocks",
        "ebs:GetSnapshotBlock",
        "ec2:CreateTags",
        "ec2:DeleteSnapshot",
        "ec2:DescribeSnapshots",
    )
    awaited: ClassVar[bool] = True

    path: str
    """The raw disk, an absolute path."""
    size_gib: int
    description: str = ""
    tags: Tags = field(default_factory=dict)
    parent: SnapshotId | None = None

    def describe(self) -> str:
        """A sentence for plans."""
        since = f" as changes to {self.parent}" if self.parent else ""
        return f"upload {self.path} to a snapshot of {self.size_gib} GiB{since}"

    def target(self) -> str:
        """The file's name."""
        return Path(self.path).name

    def already(self, attempt: Attempt) -> Result | None:
        """The snapshot of this try that is completed: AWS held its blocks against our sum of them."""
        for each in _ours(attempt):
            if each.state == DONE:
                _forget(attempt, each.id)
                return _made(each.id)
        return None

    def apply(self, attempt: Attempt) -> Result:
        """Start or find the snapshot, put what it lacks, seal it.

        Raises `OutcomeUnknown` when AWS cannot be reached any more: sent again, it goes on. What else goes wrong after
        the start is in the result, for `seen` to raise: this snapshot is spent.
        """
        with self._disk(attempt) as disk:
            snapshot = self._started(attempt)
            try:
                self._fill(attempt, snapshot, disk)
            except (Unavailable, NotFound) as error:
                raise OutcomeUnknown(error.message, hint=error.hint, resource=snapshot) from error
            except (Busy, Interrupted):
                raise
            except Ec2kitError as error:
                return {**_made(snapshot), "spoilt": _told(error)}
        return _made(snapshot)

    def wait(self) -> Wait:
        """Completed."""
        return Wait(f"the snapshot of '{self.path}' to be completed", frozenset({DONE}), bound=SEALING)

    def seen(self, attempt: Attempt, result: Result) -> str:
        """The snapshot's state; when it cannot become complete, it is deleted, and why is raised."""
        if spoilt := result.get("spoilt"):
            _delete(attempt, result["snapshot_id"])
            error = Ec2kitError(
                spoilt["message"], hint=spoilt["hint"], resource=spoilt["resource"] or result["snapshot_id"]
            )
            error.exit_code = Exit(spoilt["exit"])
            raise error
        shown = attempt.aws.snapshots.describe([result["snapshot_id"]])
        if not shown:
            return NOT_SHOWN
        if shown[0].state == DEAD:
            _delete(attempt, shown[0].id)
            why = shown[0].state_message.rstrip(".") or "no reason given"
            raise Ec2kitError(
                f"snapshot '{shown[0].id}' ended in error: {why}; it was deleted",
                hint="run the same command again",
                resource=shown[0].id,
            )
        if shown[0].state == DONE:
            _forget(attempt, shown[0].id)
        return shown[0].state

    def undo(self, result: Result) -> tuple[Step, ...]:
        """Delete the snapshot."""
        return (DeleteSnapshot(SnapshotId(result["snapshot_id"])),)

    def _disk(self, attempt: Attempt) -> DiskFile:
        """The file; when it is gone, what an earlier process made of it goes too, since nothing can complete it."""
        try:
            return DiskFile(Path(self.path))
        except Ec2kitError:
            for each in _ours(attempt):
                _delete(attempt, each.id)
            raise

    def _started(self, attempt: Attempt) -> SnapshotId:
        """The pending snapshot of this try, which an earlier process may have begun; dead ones are cleared away."""
        dead: list[Snapshot] = []
        for found in _ours(attempt):
            if found.state == "pending":
                return found.id
            dead.append(found)
        # AWS gives the old snapshot for the old token, also when that is dead.
        token = _after(attempt.token, dead[-1].id) if dead else attempt.token
        marked = {**self.tags, tags.RUN: attempt.mark}
        new = NewSnapshot(self.size_gib, self.description, marked, self.parent)
        started = attempt.aws.blocks.start(new, token)
        for each in dead:
            _delete(attempt, each.id)
        return started

    def _fill(self, attempt: Attempt, snapshot: SnapshotId, disk: DiskFile) -> None:
        aws = _stoppable(attempt)
        with closing(BlockLog(_log_path(attempt, snapshot))) as log:
            asked_before = log.sealed
            if not asked_before:
                Upload(aws.blocks, snapshot, disk, log, self._before(aws)).put_all(crew_of(attempt))
                log.seal()
            try:
                aws.blocks.complete(snapshot, len(log.digests), linear(log.digests))
            except AwsRefused:
                # What is sealed cannot be sealed again. If it is the sum that is refused, AWS gives the snapshot up.
                if not asked_before:
                    raise

    def _before(self, aws: Aws) -> Before:
        if self.parent is None:
            return Nothing()
        return Parent(aws.blocks, self.parent, aws.blocks.listed(self.parent))


@dataclass(frozen=True)
class VerifySnapshot(Step):
    """ListSnapshotBlocks and GetSnapshotBlock: the snapshot is what the file is. One that is not is deleted, since an
    image must never be made of it, and the same run uploads the disk anew. Changes nothing otherwise. Result: `blocks`,
    and how many were `read`.
    """

    kind: ClassVar[str] = "verify-snapshot"
    actions: ClassVar[tuple[str, ...]] = (
        "ebs:ListSnapshotBlocks",
        "ebs:GetSnapshotBlock",
        "ec2:DeleteSnapshot",
    )
    # Not found: it was deleted, and that could not be written down any more.
    spoilt_by: ClassVar[tuple[type[Ec2kitError], ...]] = (Different, NotFound)

    snapshot: SnapshotId
    path: str
    how: str = Thoroughness.FULL.value
    """`full` or `sample`."""

    def describe(self) -> str:
        """A sentence for plans."""
        share = "every block" if self.how == Thoroughness.FULL else "a sample of the blocks"
        return f"read back {share} of {self.snapshot}, and compare with {self.path}"

    def target(self) -> str:
        """The snapshot's id."""
        return str(self.snapshot)

    def already(self, attempt: Attempt) -> Result | None:
        """Never: reading is what it is for."""
        return None

    def apply(self, attempt: Attempt) -> Result:
        """Read and compare; raises what differs."""
        blocks = _stoppable(attempt).blocks
        with DiskFile(Path(self.path)) as disk:
            try:
                verified = verify(blocks, self.snapshot, disk, Thoroughness(self.how), crew_of(attempt))
            except Different as error:
                _delete(attempt, self.snapshot)
                error.message += "; it was deleted"
                error.hint = "run the same command again: it uploads the disk anew"
                raise
        return {"blocks": verified.blocks, "read": verified.read}

    def undo(self, result: Result) -> tuple[Step, ...]:
        """Nothing was changed."""
        return ()


def crew_of(attempt: Attempt) -> Crew:
    """How blocks are carried: many at the same time, but in order where the run keeps an order."""
    place = attempt.workplace
    return Crew(1 if place.workers == 1 else WORKERS, place.check, place.tell)


def _stoppable(attempt: Attempt) -> Aws:
    """AWS under the run's own guard, and no new try of a call once the run is being stopped."""
    guard = attempt.aws.door.guard

    def both() -> None:
        guard()
        attempt.workplace.check()

    return attempt.aws.guarded(both)


def _made(snapshot: str) -> dict[str, object]:
    return {"snapshot_id": snapshot}


def _told(error: Ec2kitError) -> dict[str, object]:
    return {
        "message": error.message,
        "hint": error.hint,
        "resource": error.resource,
        "exit": int(error.exit_code),
    }


def _ours(attempt: Attempt) -> Sequence[Snapshot]:
    """What this try has started so far, oldest first."""
    found = attempt.aws.snapshots.describe(filters={f"tag:{tags.RUN}": (attempt.mark,)})
    return sorted(found, key=lambda each: (each.started, each.id))


def _after(token: str, dead: str) -> str:
    return base64.b32encode(hashlib.sha256(f"{token}/{dead}".encode()).digest()).decode()[:40]


def _delete(attempt: Attempt, snapshot: str) -> None:
    with suppress(NotFound):
        attempt.aws.snapshots.delete(snapshot)
    _forget(attempt, snapshot)


def _forget(attempt: Attempt, snapshot: str) -> None:
    """The log goes last, when AWS shows how it ended: until then it tells what was sent."""
    if path := _log_path(attempt, snapshot):
        with storing(path):
            path.unlink(missing_ok=True)


def _log_path(attempt: Attempt, snapshot: str) -> Path | None:
    directory = attempt.workplace.directory
    return directory / f"{snapshot}.blocks" if directory else None
