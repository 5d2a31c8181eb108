"""The plan that says when images go out of date. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ec2kit.engine.plan import Plan, Planned
from ec2kit.engine.steps.image_deprecation import DeprecateImage, UndeprecateImage
from ec2kit.errors import UsageError
from ec2kit.model.disks import Image
from ec2kit.model.periods import format_time, parse_time

MINUTE = timedelta(minutes=1)
LONGEST = timedelta(days=3650)
"""EC2 user guide, "Deprecate an AMI": at most ten years ahead."""


def whole_minute(moment: datetime) -> datetime:
    """Given a time, return the next whole minute: AWS keeps no seconds, and rounds down into the past."""
    down = moment.replace(second=0, microsecond=0)
    return down if down == moment else down + MINUTE


def parse_date(text: str) -> datetime:
    """Given `2027-01-31` (its midnight, UTC) or RFC 3339, return the time; raises `UsageError`."""
    return parse_time(f"{text}T00:00:00Z" if len(text) == len("2027-01-31") else text)


def deprecate_plan(images: Sequence[Image], at: datetime | None, now: datetime) -> Plan:
    """Given images, the time from which on they are out of date (None: never) and the time now, return the plan.

    Raises `UsageError` for a time that AWS does not take: not in the future, or too far in it.
    """
    when = whole_minute(at) if at is not None else None
    if at is not None:
        _check(at, now)
    steps, unchanged = [], []
    for image in images:
        if image.deprecates == when:
            so = f"out of date from {format_time(when)} on" if when else "never out of date"
            unchanged.append((f"{image.name} ({image.id})", f"it is {so} already"))
            continue
        step = (
            UndeprecateImage(image.id, image.deprecates)
            if when is None
            else DeprecateImage(image.id, when, image.deprecates)
        )
        steps.append(Planned(f"{image.id}/{step.kind}", step, subject=image.name))
    notes = (
        ("others no longer see it in lists then; with its id it launches as before",)
        if when and steps
        else ()
    )
    return Plan(tuple(steps), unchanged=tuple(unchanged), why_empty="it is so already", notes=notes)


def _check(when: datetime, now: datetime) -> None:
    if when <= now:
        raise UsageError(
            f"{format_time(when)} is not in the future", hint="`image deprecate IMAGE --in 5m` is about now"
        )
    if when > now + LONGEST:
        raise UsageError(
            f"{format_time(when)} is more than ten years ahead",
            hint="AWS takes at most ten years: `--in 3650d`",
        )
