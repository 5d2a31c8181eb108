"""The storm brake and the caps: pure. When much is sick at once, it is the network, the zone or the monitor."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ec2kit.model.instances import Instance
from ec2kit.model.tags import HOLD_COOLDOWN, HOLD_FAILED
from ec2kit.recovery.failures import Course, failure_of
from ec2kit.recovery.judge import Condition, Judgement
from ec2kit.recovery.policy import Brake


@dataclass(frozen=True)
class Watched:
    """One enrolled machine and the verdict on it."""

    instance: Instance
    judgement: Judgement


def is_sick(watched: Watched) -> bool:
    """Whether the machine counts for the brake: failed anew. One whose recovery is under way was counted when it
    began, and one that a person ordered off is not sick."""
    failure = failure_of(watched.instance.tags)
    under_way = failure is not None and failure.course is Course.RECOVERING
    return watched.judgement.condition in (Condition.FAILED, Condition.GONE) and not under_way


def storm(fleet: Sequence[Watched], brake: Brake) -> str:
    """Given everything watched, return why nothing may be recovered automatically, or an empty string.

    At least max(`count`, `share` of the watched) sick, or all of a zone that has `zone` watched machines in it.
    """
    sick = [watched for watched in fleet if is_sick(watched)]
    threshold = max(brake.count, math.ceil(brake.share * len(fleet)))
    if len(sick) >= threshold:
        return f"{len(sick)} of {len(fleet)} watched machines are sick (the brake is {threshold})"
    in_zone = Counter(watched.instance.zone for watched in fleet)
    sick_in = Counter(watched.instance.zone for watched in sick)
    for zone, count in sick_in.items():
        if count == in_zone[zone] >= brake.zone:
            return f"all {count} watched machines of {zone} are sick"
    return ""


def cap(instances: Iterable[Instance], brake: Brake) -> str:
    """Given all instances, return why no further recovery may begin, or an empty string.

    At once: failures being recovered. In an hour: those, and the holds that every recovery of the last hour left.
    """
    everything = list(instances)
    under_way = [
        each for each in everything if (f := failure_of(each.tags)) and f.course is Course.RECOVERING
    ]
    lately = [each for each in everything if HOLD_COOLDOWN in each.tags or HOLD_FAILED in each.tags]
    if len(under_way) >= brake.at_once:
        return f"{len(under_way)} recoveries are under way (at most {brake.at_once} at once)"
    recent = {each.id for each in (*under_way, *lately)}
    if len(recent) >= brake.an_hour:
        return f"{len(recent)} recoveries in the last hour (at most {brake.an_hour})"
    return ""
