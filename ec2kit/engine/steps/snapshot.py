"""Snapshots: whole sets of an instance's volumes, and deleting single ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from ec2kit.engine.steps.base import Attempt, CannotUndo, Result, Step
from ec2kit.engine.steps.described import GONE, Described
from ec2kit.engine.waiting import NOT_SHOWN
from ec2kit.errors import Ec2kitError, Unavailable
from ec2kit.model import tags
from ec2kit.model.disks import Snapshot
from ec2kit.model.ids import InstanceId, SnapshotId, VolumeId
from ec2kit.model.tags import Tags
from ec2kit.model.waiting import Wait

if TYPE_CHECKING:
    from ec2kit.aws import Aws

LEAST, PER_GIB, MOST = timedelta(hours=1), timedelta(seconds=30), timedelta(hours=24)
"""How long a set is waited for: the first snapshot of a full volume copies every block to S3, at tens of MiB/s."""

BEGUN, BEGINNING = "begun", timedelta(minutes=5)


class _SnapshotLook(Described[Snapshot]):
    @classmethod
    def fetch(cls, aws: Aws, ids: Iterable[str]) -> Mapping[str, Snapshot]:
        """DescribeSnapshots."""
        return {snapshot.id: snapshot for snapshot in aws.snapshots.describe(ids)}


@dataclass(frozen=True)
class CreateSnapshotSet(_SnapshotLook):
    """CreateSnapshots: one crash-consistent set of the instance's volumes, in one call.

    There is no client token, and one tag list for all snapshots of the set: the mark in it is how a lost answer
    is found again. The call makes all or none, so a set of which only a part shows is late, not partial.
    `size_gib` is the sum of the volumes' sizes, which bounds the wait; without `await_completion` it is enough that
    the set is begun. A second try, after a snapshot that ended in error, makes a set of another name (`….2`), so
    that the broken one is never taken for a part of it.

    Result: `set`, `snapshot_ids`, `by_volume` (volume id → snapshot id).
    """

    kind: ClassVar[str] = "create-snapshot-set"
    actions: ClassVar[tuple[str, ...]] = ("ec2:CreateSnapshots", "ec2:CreateTags", "ec2:DescribeSnapshots")
    repeatable: ClassVar[bool] = False

    instance: InstanceId
    set: str
    volumes: int
    description: str = ""
    tags: Tags = field(default_factory=dict)
    exclude: tuple[VolumeId, ...] = ()
    size_gib: int = 0
    await_completion: bool = True
    """False: a set that is begun is enough; what it holds was fixed at that moment, AWS copies it later."""

    def describe(self) -> str:
        """A sentence for plans."""
        number = "the volume" if self.volumes == 1 else f"all {self.volumes} volumes"
        return f"snapshot {number} of {self.instance} as {self.set}"

    def target(self) -> str:
        """The instance's id."""
        return str(self.instance)

    def already(self, attempt: Attempt) -> Result | None:
        """The set that this try made; raises `Unavailable` while only a part of it shows."""
        found = attempt.aws.snapshots.describe(filters={f"tag:{tags.RUN}": (attempt.mark,)})
        if found and len(found) < self.volumes:
            raise Unavailable(
                f"set '{self.set}': only {len(found)} of {self.volumes} snapshots are shown yet"
            )
        return self._result(attempt, found) if found else None

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        marked = {
            **self.tags,
            tags.SET: self._name(attempt),
            tags.VOLUMES: str(self.volumes),
            tags.RUN: attempt.mark,
        }
        made = attempt.aws.snapshots.create_set(self.instance, self.description, marked, self.exclude)
        return self._result(attempt, made)

    def wait(self) -> Wait | None:
        """All of them completed, unless nobody waits for that."""
        if not self.await_completion:
            return None
        bound = min(LEAST + PER_GIB * self.size_gib, MOST)
        return Wait(f"set '{self.set}' to complete", frozenset({"completed"}), bound=bound)

    def ids(self, result: Result) -> tuple[str, ...]:
        """The set's snapshots."""
        return tuple(result["snapshot_ids"])

    def word(self, things: Mapping[str, Snapshot], result: Result) -> str:
        """`completed` when all are, else how far the slowest is; raises why the set will never be complete."""
        if len(self.ids(result)) != self.volumes:
            raise Ec2kitError(
                f"set '{result['set']}' has {len(self.ids(result))} snapshots, and {self.volumes} were planned: "
                "a disk was attached or detached meanwhile",
                resource=self.instance,
                hint=f"ec2kit snapshot create {self.instance}",
            )
        shown = [things[id] for id in self.ids(result) if id in things]
        for snapshot in shown:
            if snapshot.state == "error":
                why = snapshot.state_message.rstrip(".") or "no reason given"
                raise Ec2kitError(
                    f"snapshot '{snapshot.id}' of set '{result['set']}' ended in error: {why}",
                    resource=snapshot.id,
                    hint="run the same command again: it takes another set",
                )
        if len(shown) < len(self.ids(result)):
            return NOT_SHOWN
        left = [snapshot for snapshot in shown if snapshot.state != "completed"]
        if left and not self.await_completion:
            return BEGUN
        return f"pending, {min(map(_percent, left))}%" if left else "completed"

    def undo(self, result: Result) -> tuple[Step, ...]:
        """Delete its snapshots."""
        return tuple(DeleteSnapshot(SnapshotId(id)) for id in result["snapshot_ids"])

    def _name(self, attempt: Attempt) -> str:
        return f"{self.set}.{attempt.index + 1}" if attempt.index else self.set

    def _result(self, attempt: Attempt, snapshots: Iterable[Snapshot]) -> Result:
        by_volume = {snapshot.volume: snapshot.id for snapshot in snapshots}
        return {
            "set": self._name(attempt),
            "snapshot_ids": sorted(by_volume.values()),
            "by_volume": by_volume,
        }


def _percent(snapshot: Snapshot) -> int:
    digits = snapshot.progress.rstrip("%")
    return int(digits) if digits.isdigit() else 0


@dataclass(frozen=True)
class DeleteSnapshot(_SnapshotLook):
    """DeleteSnapshot; refused while an image uses it. Deleting frees only the blocks that no later one needs."""

    kind: ClassVar[str] = "delete-snapshot"
    actions: ClassVar[tuple[str, ...]] = ("ec2:DeleteSnapshot", "ec2:DescribeSnapshots")

    snapshot: SnapshotId

    def describe(self) -> str:
        """A sentence for plans."""
        return f"delete snapshot {self.snapshot}"

    def target(self) -> str:
        """The snapshot's id."""
        return str(self.snapshot)

    def already(self, attempt: Attempt) -> Result | None:
        """Whether it is no longer shown; that it stays so is waited for."""
        return None if attempt.aws.snapshots.describe([self.snapshot]) else {}

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        attempt.aws.snapshots.delete(self.snapshot)
        return {}

    def wait(self) -> Wait:
        """Gone."""
        return Wait(f"'{self.snapshot}' to go", frozenset({GONE}), bound=timedelta(minutes=5))

    def ids(self, result: Result) -> tuple[str, ...]:
        """The snapshot."""
        return (self.snapshot,)

    def word(self, things: Mapping[str, Snapshot], result: Result) -> str:
        """Whether it is still shown."""
        return things[self.snapshot].state if self.snapshot in things else GONE

    def undo(self, result: Result) -> CannotUndo:
        """There is no way back."""
        return CannotUndo("a deleted snapshot is gone, unless the recycle bin keeps it")
