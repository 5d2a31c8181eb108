"""What goes with an image, what stays, and who would miss it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ec2kit.engine.plan import Plan
from ec2kit.images.deleting import Liberties, Surrounding, delete_plan
from ec2kit.images.uses import Users
from ec2kit.model.disks import Mapping
from ec2kit.model.tags import KEEP, SET
from tests.images.made import image, snapshot, snapshot_id, template
from tests.support.fleet import instance

ONE, TWO = image(1), image(2)
AROUND = Surrounding([ONE, TWO], snapshots={"snap-00000001": snapshot(1), "snap-00000002": snapshot(2)})


def steps(plan: Plan) -> dict[str, tuple[str, ...]]:
    return {planned.key: planned.needs for planned in plan.steps}


def test_the_snapshots_go_after_their_image() -> None:
    plan = delete_plan([ONE], AROUND)

    assert steps(plan) == {
        f"{ONE.id}/deregister": (),
        "snap-00000001/delete": (f"{ONE.id}/deregister",),
    }
    assert "8 GiB" in plan.notes[-1]


def test_a_snapshot_that_another_image_uses_stays() -> None:
    twin = replace(TWO, mappings=ONE.mappings)

    plan = delete_plan([ONE], replace(AROUND, images=[ONE, twin]))

    assert list(steps(plan)) == [f"{ONE.id}/deregister"]
    assert f"snap-00000001 stays: image {twin.name} ({twin.id}) uses it too" in plan.notes[0]


def test_a_snapshot_of_two_images_goes_after_both() -> None:
    twin = replace(TWO, mappings=ONE.mappings)

    plan = delete_plan([ONE, twin], replace(AROUND, images=[ONE, twin]))

    assert steps(plan)["snap-00000001/delete"] == (f"{ONE.id}/deregister", f"{TWO.id}/deregister")


def test_a_snapshot_of_two_images_stays_when_one_of_them_is_refused() -> None:
    twin = replace(TWO, mappings=ONE.mappings, tags={KEEP: ""})

    plan = delete_plan([ONE, twin], replace(AROUND, images=[ONE, twin]))

    assert list(steps(plan)) == [f"{ONE.id}/deregister"]


@pytest.mark.parametrize(
    "change,why",
    [
        ({"tags": {KEEP: "me"}}, "protected"),
        ({"tags": {SET: "web-1@20260102T030405Z"}}, "belongs to the set web-1@20260102T030405Z"),
    ],
)
def test_a_snapshot_that_is_somebody_elses_too_stays(change: dict[str, Any], why: str) -> None:
    around = replace(AROUND, snapshots={"snap-00000001": snapshot(1, **change)})

    plan = delete_plan([ONE], around)

    assert list(steps(plan)) == [f"{ONE.id}/deregister"]
    assert why in plan.notes[0]


def test_a_snapshot_that_is_not_ours_stays() -> None:
    assert "it is not ours" in delete_plan([ONE], replace(AROUND, snapshots={})).notes[0]


def test_all_disks_go_and_one_without_a_snapshot_has_none() -> None:
    disks = (*ONE.mappings, Mapping("/dev/sdf", snapshot_id(2), 20), Mapping("/dev/sdg", None, 5))
    two = replace(ONE, mappings=disks)

    assert list(steps(delete_plan([two], replace(AROUND, images=[two])))) == [
        f"{ONE.id}/deregister",
        "snap-00000001/delete",
        "snap-00000002/delete",
    ]


def test_an_image_that_is_used_is_refused_unless_that_is_allowed() -> None:
    users = Users((instance(1),), (template(7, ONE.id),), ("web",))
    around = replace(AROUND, users={ONE.id: users})

    refused = delete_plan([ONE], around)
    allowed = delete_plan([ONE], around, Liberties(in_use=True))

    assert not refused.steps
    assert "instance web-1" in refused.refused[0].reason
    assert "lt-00000001:7" in refused.refused[0].reason
    assert allowed.steps
    assert allowed.notes[:3] == (
        "launch template ec2kit-web-1 (lt-00000001:7) cannot launch any more",
        "launch profile web wants another image",
        f"instances launched from {ONE.name} live on",
    )


def test_what_is_protected_is_refused_whatever_is_allowed() -> None:
    kept = replace(ONE, tags={KEEP: ""})

    assert not delete_plan([kept], replace(AROUND, images=[kept]), Liberties(in_use=True)).steps


def test_the_snapshots_can_be_kept() -> None:
    plan = delete_plan([ONE, TWO], AROUND, Liberties(keep_snapshots=True))

    assert {planned.step.kind for planned in plan.steps} == {"deregister-image"}
    assert plan.notes == ("stay, and stay billed: snap-00000001, snap-00000002",)
