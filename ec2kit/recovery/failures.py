"""The number of a machine's failures, in one tag: the identity from which everything of a recovery derives. Pure.

`ec2kit:failure=3:recovering:restart:20260102T030405Z` is the third failure, on the restart rung since then; with
`failed` it was given up there and then. A fifth
part, `by-hand=eu-west-1b`, says that a person vouched for the old half being off, and where the new one goes.
The number goes on with the role: a replacement carries its predecessor's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from ec2kit.model.ids import InstanceId, RunId, Zone
from ec2kit.model.periods import compact_time
from ec2kit.model.tags import FAILURE, Tags
from ec2kit.recovery.policy import Rung

BY_HAND = "by-hand="
_TIME = "%Y%m%dT%H%M%SZ"


class Course(StrEnum):
    """How a failure went."""

    RECOVERING = "recovering"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Failure:
    """One failure of a machine; `rung` and `since` tell which rung recovery is on, and since when, or where and when
    it was given up."""

    number: int
    course: Course
    rung: Rung | None = None
    since: datetime | None = None
    to: Zone | None = None
    """Set when a person said that the old half is off for good (its zone is gone): the zone to go to."""

    def __str__(self) -> str:
        parts = [str(self.number), self.course.value]
        if self.rung and self.since:
            parts += [self.rung.value, compact_time(self.since)]
            parts += [BY_HAND + self.to] if self.to else []
        return ":".join(parts)


def failure_of(tags: Tags) -> Failure | None:
    """Given an instance's tags, return its last failure; None when it never failed or the tag cannot be read."""
    parts = tags.get(FAILURE, "").split(":")
    try:
        number, course = int(parts[0]), Course(parts[1])
        rung = Rung(parts[2]) if len(parts) > 2 else None
        since = datetime.strptime(parts[3], _TIME).replace(tzinfo=UTC) if len(parts) > 3 else None
        to = Zone(parts[4].removeprefix(BY_HAND)) if len(parts) > 4 and parts[4].startswith(BY_HAND) else None
    except (ValueError, IndexError):
        return None
    return Failure(number, course, rung, since, to)


def next_number(tags: Tags) -> int:
    """Given an instance's tags, return the number of the failure being recovered, or of the next one."""
    last = failure_of(tags)
    if last is None:
        return 1
    return last.number if last.course is Course.RECOVERING else last.number + 1


def recovery_run(instance: InstanceId, number: int) -> RunId:
    """The run of a recovery: two monitors that act at once use the same one, so their tokens are the same too."""
    return RunId(f"recover-{instance}-{number}")
