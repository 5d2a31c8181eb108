"""The storm brake and the caps: pure. When much is sick at once, it is the network, the zone or the monitor."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ec2kit.model.instances import Instance
from ec2kit.model.tags import HOLD_COOLDOWN, HOLD_FAILED
from ec2kit.recovery.failures import Course, failure_of
from ec2kit.recovery.judge import Condition, Judgement
from ec2kit.recovery.policy import Brake

NEWS = timedelta(hours=1)
"""For how long a machine that was given up still counts: a storm that makes recoveries fail is one all the same."""


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


def is_known(instance: Instance, now: datetime) -> bool:
    """Whether its recovery was given up, and that is no news: it waits for a person, and tells nothing about today."""
    failure = failure_of(instance.tags)
    given_up = failure.since if failure is not None and failure.course is Course.FAILED else None
    return HOLD_FAILED in instance.tags and (given_up is None or now - given_up >= NEWS)


def storm(watched: Sequence[Watched], brake: Brake, now: datetime) -> str:
    """Given everything watched, return why nothing may be recovered automatically, or an empty string.

    At least max(`count`, `share` of the watched) sick, or all of a zone that has `zone` watched machines in it. Those
    that were given up more than `NEWS` ago are left out of the reckoning.
    """
    fleet = [each for each in watched if not is_known(each.instance, now)]
    sick = [each for each in fleet if is_sick(each)]
    threshold = max(brake.count, math.ceil(brake.share * len(fleet)))
    if len(sick) >= threshold:
        return f"{len(sick)} of {len(fleet)} watched machines are sick (the brake is {threshold})"
    in_zone = Counter(each.instance.zone for each in fleet)
    sick_in = Counter(each.instance.zone for each in sick)
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
