"""What bundles that were given up have left in S3: uploads that are billed until they are aborted, objects without a
manifest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ec2kit.engine.plan import Plan
from ec2kit.engine.steps.objects import StoreManifest
from ec2kit.errors import NotFound
from ec2kit.images.bundles.observe import Bundle, bundle
from ec2kit.images.bundles.places import Shelf, is_bundle
from ec2kit.images.bundles.pruning import deleting

if TYPE_CHECKING:
    from ec2kit.aws import Aws

GIVEN_UP = "the run that made it was given up"


def unfinished_bundles(aws: Aws, given_up: Iterable[Plan]) -> tuple[Bundle, ...]:
    """Given the plans of runs that were given up, return their bundles that are there in part and not whole."""
    found: dict[str, Bundle] = {}
    for plan in given_up:
        for planned in plan.steps:
            if isinstance(planned.step, StoreManifest):
                above, _, name = planned.step.prefix.rpartition("/")
                shelf = Shelf(planned.step.bucket, f"{above}/" if above else "")
                seen = _seen(aws, shelf, name)
                if seen is not None and not seen.manifest and not seen.trouble:
                    found[seen.url] = seen
    return tuple(found.values())


def clean_plan(unfinished: Iterable[Bundle]) -> Plan:
    """Given such bundles, return the plan that removes them."""
    steps = tuple(step for each in unfinished for step in deleting(each, GIVEN_UP))
    return Plan(steps, why_empty="" if steps else "no bundle was left unfinished")


def _seen(aws: Aws, shelf: Shelf, name: str) -> Bundle | None:
    if not is_bundle(name):
        return None
    try:
        found = bundle(aws, shelf, name)
    except NotFound:
        # The bucket itself is gone.
        return None
    return found if found.objects or found.pending else None
