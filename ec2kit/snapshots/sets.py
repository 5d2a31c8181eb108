"""Snapshot sets: the snapshots that belong together, and when they are complete. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ec2kit.model.disks import Snapshot
from ec2kit.model.ids import InstanceId, RunId
from ec2kit.model.tags import BAD, CONSISTENCY, DRILLED, NAME, OF, RUN, SET, VOLUMES


class SetState(StrEnum):
    """What has become of a set: only a complete one can be restored."""

    COMPLETE = "complete"
    PENDING = "pending"
    INCOMPLETE = "incomplete"
    ERROR = "error"


@dataclass(frozen=True)
class SnapshotSet:
    """The snapshots that carry one set name; complete when as many as announced are completed."""

    name: str
    of: InstanceId
    snapshots: tuple[Snapshot, ...]
    expected: int

    @property
    def taken(self) -> datetime:
        """When the set was taken: its oldest start."""
        return min(snapshot.started for snapshot in self.snapshots)

    @property
    def state(self) -> SetState:
        """`error` when a snapshot failed, `incomplete` when some are missing, `pending` while AWS still copies."""
        if self.failed:
            return SetState.ERROR
        if len(self.snapshots) != self.expected:
            return SetState.INCOMPLETE
        done = all(snapshot.state == "completed" for snapshot in self.snapshots)
        return SetState.COMPLETE if done else SetState.PENDING

    @property
    def complete(self) -> bool:
        """Whether every volume's snapshot is there and completed."""
        return self.state is SetState.COMPLETE

    @property
    def failed(self) -> tuple[Snapshot, ...]:
        """The snapshots that ended in error."""
        return tuple(snapshot for snapshot in self.snapshots if snapshot.state == "error")

    @property
    def bad(self) -> str:
        """Why it was marked bad, or empty."""
        return next((s.tags[BAD] or "marked bad" for s in self.snapshots if BAD in s.tags), "")

    @property
    def drilled(self) -> bool:
        """Whether it was booted once to see that it works."""
        return any(DRILLED in snapshot.tags for snapshot in self.snapshots)

    @property
    def machine(self) -> str:
        """The name that the machine had when the set was taken."""
        return self.snapshots[0].tags.get(NAME) or self.name.rpartition("@")[0] or self.of

    @property
    def consistency(self) -> str:
        """`crash`, `fs` or `app`; empty where nobody said."""
        return self.snapshots[0].tags.get(CONSISTENCY, "")

    @property
    def size_gib(self) -> int:
        """The sizes of its volumes together: more than what is stored and billed."""
        return sum(snapshot.size_gib for snapshot in self.snapshots)

    @property
    def run(self) -> RunId:
        """The run that took it, empty when it was not ec2kit."""
        return RunId(self.snapshots[0].tags.get(RUN, "").partition("/")[0])


def sets_in(snapshots: Iterable[Snapshot]) -> tuple[SnapshotSet, ...]:
    """Given snapshots, return the sets they form, newest first; those without a set tag are left out.

    Two machines of one name may have taken a set in the same second: the machine's id keeps them apart.
    """
    grouped: dict[tuple[str, str], list[Snapshot]] = {}
    for snapshot in snapshots:
        if name := snapshot.tags.get(SET):
            grouped.setdefault((name, snapshot.tags.get(OF, "")), []).append(snapshot)
    found = [
        SnapshotSet(
            name,
            InstanceId(of),
            tuple(sorted(members, key=lambda snapshot: snapshot.id)),
            _count({snapshot.tags.get(VOLUMES, "") for snapshot in members}),
        )
        for (name, of), members in grouped.items()
    ]
    return tuple(sorted(found, key=lambda each: (each.taken, each.name, each.of), reverse=True))


def loose(snapshots: Iterable[Snapshot]) -> tuple[SnapshotSet, ...]:
    """Given snapshots, return each that belongs to no set as a set of its own, named by its id."""
    return tuple(
        SnapshotSet(snapshot.id, InstanceId(snapshot.tags.get(OF, "")), (snapshot,), 1)
        for snapshot in snapshots
        if SET not in snapshot.tags
    )


def _count(texts: set[str]) -> int:
    """The announced number of volumes; 0, which is never complete, unless all say the same number."""
    text = texts.pop() if len(texts) == 1 else ""
    return int(text) if text.isascii() and text.isdigit() else 0
