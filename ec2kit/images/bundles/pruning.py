"""The plan that deletes the bundles that a policy does not want, and what was never finished. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from ec2kit.engine.plan import Plan, Planned
from ec2kit.engine.steps.objects import AbortUpload, DeleteObjects
from ec2kit.images.bundles.observe import Bundle
from ec2kit.images.bundles.places import machine_in
from ec2kit.snapshots.retention import Candidate, Policy, decide

QUIET = timedelta(hours=24)
"""A bundle without manifest to which nothing was written for so long is not being made: a run is gone on with by
itself for a day."""


def candidate_of(bundle: Bundle, now: datetime) -> Candidate:
    """Given a bundle, return what retention must know of it. One whose manifest cannot be used is left to a person."""
    broken = "" if bundle.manifest else f"it is {bundle.state}"
    holds: list[str] = []
    touched = bundle.touched or now
    if bundle.trouble:
        holds.append("its manifest cannot be read")
    elif broken and now - touched < QUIET:
        holds.append("it may be in the making")
    taken = bundle.manifest.created if bundle.manifest else touched
    return Candidate(bundle.name, min(taken, now), machine_in(bundle.name), tuple(holds), broken)


def prune_plan(found: Sequence[Bundle], policy: Policy, now: datetime) -> Plan:
    """Given the bundles of a prefix and a policy, return the plan; what is kept is in it as unchanged, with why."""
    decisions = decide([candidate_of(each, now) for each in found], policy, now)
    by_name = {each.name: each for each in found}
    going = [(by_name[each.candidate.id], each.why) for each in decisions if not each.keep]
    kept = tuple((by_name[each.candidate.id].url, each.why) for each in decisions if each.keep)
    steps = tuple(step for bundle, why in going for step in deleting(bundle, why))
    empty = "the policy keeps all of them" if kept else "there are no bundles"
    return Plan(steps, unchanged=kept, why_empty="" if steps else empty)


def deleting(bundle: Bundle, why: str) -> Iterator[Planned]:
    """Given a bundle, yield the steps that delete all of it, its manifest first, and what was only begun."""
    for number, upload in enumerate(bundle.pending):
        step = AbortUpload(bundle.shelf.bucket, upload.key, upload.id)
        yield Planned(f"abort/{bundle.url}/{number}", step, reason=why, subject=bundle.url)
    if bundle.keys:
        step_all = DeleteObjects(bundle.shelf.bucket, bundle.keys)
        yield Planned(f"delete/{bundle.url}", step_all, reason=why, subject=bundle.url)
