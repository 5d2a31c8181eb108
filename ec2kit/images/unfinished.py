"""What uploads of runs given up have left: snapshots that nobody will finish, or register. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from ec2kit.engine.plan import Plan, Planned
from ec2kit.engine.steps.snapshot import DeleteSnapshot
from ec2kit.model.disks import Snapshot
from ec2kit.model.ids import RunId, SnapshotId
from ec2kit.model.tags import KEEP, RUN, SET

DIRECT = "vol-ffffffff"
"""The volume that AWS names for a snapshot which was made of none: written block by block, or copied."""


def unfinished_uploads(
    snapshots: Iterable[Snapshot], used: Collection[SnapshotId], given_up: Callable[[RunId], bool]
) -> tuple[Snapshot, ...]:
    """Given our snapshots, those that images use, and which runs were given up, return what such runs uploaded in vain.

    What a person protected stays, and so does the member of a set, whatever run made it.
    """
    return tuple(
        each
        for each in snapshots
        if each.volume == DIRECT
        and each.id not in used
        and not {KEEP, SET} & each.tags.keys()
        and (run := each.tags.get(RUN, "").partition("/")[0])
        and given_up(RunId(run))
    )


def sweep_plan(left: Iterable[Snapshot]) -> Plan:
    """Given snapshots that were uploaded in vain, return the plan that deletes them."""
    steps = tuple(
        Planned(
            f"{each.id}/delete",
            DeleteSnapshot(each.id),
            reason=f"{each.tags[RUN].partition('/')[0]} was given up, and no image uses it",
            subject=each.id,
        )
        for each in left
    )
    return Plan(steps, why_empty="" if steps else "no run left anything behind")
