"""A copy in another region: equal, complete, tagged, and gone again with its snapshots."""

from __future__ import annotations

from dataclasses import replace

from ec2kit.engine.plan import Plan
from ec2kit.engine.steps import CopyImage
from ec2kit.engine.steps.image_copy import facts_of
from ec2kit.engine.undo import undo_plan
from ec2kit.errors import Exit
from ec2kit.model.ids import Region, RunId
from tests.engine.practice import Practice

LONDON, PARIS = Region("eu-west-2"), Region("eu-west-3")


def copying(practice: Practice, region: Region) -> CopyImage:
    (image,) = practice.aws.images.describe(filters={"name": ["debian-12-amd64"]})
    return CopyImage(
        image.id, practice.aws.region, region, practice.name, "a copy", {"team": "shop"}, facts_of(image), 8
    )


def test_one_plan_copies_to_several_regions_and_undo_takes_all_of_it_back(practice: Practice) -> None:
    practice.do(copying(practice, LONDON), copying(practice, PARIS))

    for region in (LONDON, PARIS):
        there = practice.aws.elsewhere(region)
        (copy,) = there.images.describe()
        assert (copy.name, copy.description, copy.tags["team"]) == (practice.name, "a copy", "shop")
        snapshots = there.snapshots.describe()
        assert [each.id for each in snapshots] == list(copy.snapshots)
        assert {(each.state, each.tags["team"]) for each in snapshots} == {("completed", "shop")}
    back = undo_plan(practice.journal.steps(practice.run))
    assert practice.carry_out(back, RunId("back")).exit is Exit.DONE
    for region in (LONDON, PARIS):
        assert practice.aws.elsewhere(region).images.describe() == ()
        assert practice.aws.elsewhere(region).snapshots.describe() == ()


def test_a_copy_that_is_not_equal_is_an_error_that_says_what_differs(practice: Practice) -> None:
    step = copying(practice, LONDON)
    step = replace(step, facts={**step.facts, "boot mode": "uefi"})

    (failure,) = practice.carry_out(Plan.of(step)).failures

    assert "is not equal: boot mode is '' and was 'uefi'" in failure.error.message
    assert "--region eu-west-2" in failure.error.hint


def test_a_name_that_is_taken_there_is_an_error(practice: Practice) -> None:
    practice.do(replace(copying(practice, PARIS), name="golden"), before=True)

    (failure,) = practice.carry_out(Plan.of(replace(copying(practice, PARIS), name="golden"))).failures

    assert "already in use" in failure.error.message


def test_the_clients_of_a_region_are_made_once_and_act_under_the_same_guard(practice: Practice) -> None:
    asked: list[str] = []
    guarded = practice.aws.guarded(lambda: asked.append("guard"))

    there = guarded.elsewhere(LONDON)
    assert there.door.clients is practice.aws.elsewhere(LONDON).door.clients
    assert there.region == LONDON
    assert guarded.elsewhere(guarded.region) is guarded
    assert guarded.elsewhere("") is guarded
    volume = there.volumes.describe()
    assert volume == ()
    there.addresses.allocate({})
    assert asked == ["guard"]
