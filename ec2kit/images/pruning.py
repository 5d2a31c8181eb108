"""The plan that deletes the images that a policy does not want, each with its reason. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ec2kit.engine.plan import Plan, Planned
from ec2kit.engine.steps.image import ENDED
from ec2kit.images.deleting import Surrounding, delete_plan
from ec2kit.images.uses import NOBODY
from ec2kit.model.disks import Image
from ec2kit.model.tags import KEEP, RECIPE
from ec2kit.snapshots.retention import Candidate, Decision, Policy, decide

_STAMP = re.compile(r"[-_. @]*(?:\d{4,}|\d{4}-\d\d-\d\d)(?:[-T_.:]?\d+)*Z?$", re.ASCII)
"""A date, a time or a number of four digits or more at the end of a name."""
YOUNG = timedelta(days=1)
"""How long an image may stay pending: CreateImage copies every block first."""


def family_of(image: Image) -> str:
    """Given an image, return the family it is judged in: its recipe, else its name without the date at its end;
    in either case with its architecture."""
    return f"{image.tags.get(RECIPE) or _STAMP.sub('', image.name) or image.name} {image.architecture}"


def is_ours(image: Image) -> bool:
    """Whether ec2kit built the image from a recipe: what `prune` judges when nothing is named."""
    return RECIPE in image.tags


def candidate_of(image: Image, around: Surrounding, now: datetime) -> Candidate:
    """Given an image, return what retention must know of it; one that failed counts for nothing."""
    users = around.users.get(image.id, NOBODY)
    holds = [f"used by {users.brief}"] if users else []
    holds += [KEEP] if KEEP in image.tags else []
    broken = f"it is {image.state}" if image.state in ENDED else ""
    if image.state == "disabled":
        # By hand, to be enabled again perhaps: it is nobody's newest, and not ours to delete.
        broken = "it is disabled"
        holds += [broken]
    if image.state in ("pending", "transient"):
        broken = f"it is {image.state}"
        holds += [f"it is {image.state}"] if image.created is None or now - image.created < YOUNG else []
    return Candidate(
        image.id, image.created or now, family_of(image), tuple(holds), broken, size_gib=image.size_gib
    )


def prune_plan(
    images: Sequence[Image], around: Surrounding, policy: Policy, now: datetime
) -> tuple[Plan, tuple[Decision, ...]]:
    """Given images, what surrounds them and a policy, return the plan and the decision about each image.

    What is kept is in the plan as unchanged, with its reasons.
    """
    decisions = decide([candidate_of(each, around, now) for each in images], policy, now)
    by_id: dict[str, Image] = {each.id: each for each in images}
    going = [by_id[each.candidate.id] for each in decisions if not each.keep]
    why = {each.candidate.id: each.why for each in decisions}
    plan = delete_plan(going, around)
    kept = tuple(
        (f"{by_id[each.candidate.id].name} ({each.candidate.id})", each.why)
        for each in decisions
        if each.keep
    )
    return replace(
        plan,
        steps=tuple(_explained(planned, why) for planned in plan.steps),
        unchanged=kept,
        why_empty="" if plan else "the policy keeps all of them" if kept else "no image is selected",
    ), decisions


def _explained(planned: Planned, why: dict[str, str]) -> Planned:
    return replace(planned, reason=why.get(planned.step.target(), planned.reason))
