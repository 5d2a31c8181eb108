"""Images under a policy: judged in their families, those in use kept, each with a reason."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ec2kit.images.deleting import Surrounding
from ec2kit.images.pruning import candidate_of, family_of, is_ours, prune_plan
from ec2kit.images.uses import Users
from ec2kit.model.disks import Image
from ec2kit.model.tags import KEEP, RECIPE
from ec2kit.snapshots.retention import Policy
from tests.images.made import image, snapshot, template
from tests.support.fleet import NOW, instance

LAST = Policy(last=1)


def around(*images: Image, users: dict[str, Users] | None = None) -> Surrounding:
    numbers = [int(each.id.removeprefix("ami-")) for each in images]
    return Surrounding(images, users or {}, {f"snap-{n:08d}": snapshot(n) for n in numbers})


@pytest.mark.parametrize(
    "name,family",
    [
        ("web-20260102T030405Z", "web x86_64"),
        ("web-2026-01-02", "web x86_64"),
        ("web_2026.01.02-3", "web x86_64"),
        ("web@20260102T030405Z", "web x86_64"),
        ("debian-12-amd64", "debian-12-amd64 x86_64"),
        ("debian-12", "debian-12 x86_64"),
        ("20260102", "20260102 x86_64"),
    ],
)
def test_an_image_of_no_recipe_belongs_to_its_name_without_the_date(name: str, family: str) -> None:
    assert family_of(image(1, name=name, tags={})) == family


def test_an_image_of_a_recipe_belongs_to_it_and_each_architecture_is_judged_by_itself() -> None:
    assert family_of(image(1, name="anything")) == "debian-12 x86_64"
    assert family_of(image(1, architecture="i386")) == "debian-12 i386"
    assert is_ours(image(1))
    assert not is_ours(image(1, tags={}))


def test_the_plan_says_of_each_why() -> None:
    new, used, kept, old = (
        image(1, 1),
        image(2, 2),
        image(3, 3, tags={RECIPE: "debian-12", KEEP: ""}),
        image(4, 4),
    )
    users = {str(used.id): Users((instance(1),), (template(7, used.id),))}

    plan, decisions = prune_plan([old, new, kept, used], around(new, used, kept, old, users=users), LAST, NOW)

    assert [(planned.key, planned.reason) for planned in plan.steps] == [
        ("ami-00000004/deregister", "not among the last 1"),
        ("snap-00000004/delete", ""),
    ]
    assert plan.unchanged == (
        ("debian-12-amd64-1 (ami-00000001)", "newest; last 1"),
        ("debian-12-amd64-2 (ami-00000002)", "used by i-00000001, lt-00000001:7"),
        ("debian-12-amd64-3 (ami-00000003)", KEEP),
    )
    assert [each.candidate.id for each in decisions] == [new.id, used.id, kept.id, old.id]


def test_one_that_failed_counts_for_nothing_and_one_in_the_making_is_let_be() -> None:
    failed, pending, stuck, good = (
        image(1, 0.1, state="failed"),
        image(2, 0.2, state="pending"),
        image(3, 3, state="pending"),
        image(4, 4),
    )

    plan, _ = prune_plan([failed, pending, stuck, good], around(failed, pending, stuck, good), LAST, NOW)

    assert [name for name, _ in plan.unchanged] == [
        "debian-12-amd64-2 (ami-00000002)",
        "debian-12-amd64-4 (ami-00000004)",
    ]
    assert plan.steps[0].reason == "it is failed"


def test_one_that_is_disabled_counts_for_nothing_and_stays() -> None:
    disabled, good, old = image(1, 1, state="disabled"), image(2, 2), image(3, 3)

    plan, _ = prune_plan([disabled, good, old], around(disabled, good, old), LAST, NOW)

    assert plan.unchanged[0] == ("debian-12-amd64-1 (ami-00000001)", "it is disabled")
    assert plan.unchanged[1][0] == "debian-12-amd64-2 (ami-00000002)"
    assert {step.subject for step in plan.steps} == {"debian-12-amd64-3"}


def test_a_plan_of_nothing_says_why() -> None:
    assert prune_plan([image(1)], around(image(1)), LAST, NOW)[0].why_empty == "the policy keeps all of them"
    assert prune_plan([], around(), LAST, NOW)[0].why_empty == "no image is selected"


def test_one_whose_age_is_not_told_counts_as_new() -> None:
    assert candidate_of(image(1, created=None), around(image(1)), NOW).taken == NOW
    assert candidate_of(image(1, 1), around(image(1)), NOW).taken == NOW - timedelta(days=1)
