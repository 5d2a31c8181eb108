"""What may be deleted: never the last set that an enrolled machine could be recovered from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.engine.steps import DeleteSnapshot
from ec2kit.model.disks import Image
from ec2kit.model.tags import BAD, FAILURE, KEEP, OF, PROTECT, RUN
from ec2kit.snapshots.delete import Uses, delete_plan
from ec2kit.snapshots.leftovers import clean_plan, leftovers
from ec2kit.snapshots.sets import SnapshotSet
from tests.snapshots.making import RUN_ID, image_on, machine, set_of
from tests.support.fleet import NOW

WEB = machine()
NEW, OLD = set_of(WEB, 1), set_of(WEB, 24)
ENROLLED = {"i-00000001": {PROTECT: "replace"}}


def deleted(chosen: list[SnapshotSet], uses: Uses) -> list[str]:
    return [str(step.target()) for step in (planned.step for planned in delete_plan(chosen, uses).steps)]


def test_each_snapshot_of_the_set_goes_and_the_note_says_what_it_frees() -> None:
    plan = delete_plan([OLD], Uses([NEW, OLD], machines=ENROLLED))

    assert [planned.step for planned in plan.steps] == [DeleteSnapshot(each.id) for each in OLD.snapshots]
    assert "28 GiB" in plan.notes[0]


@pytest.mark.parametrize(
    "chosen,uses,why",
    [
        ([NEW], Uses([NEW], machines=ENROLLED), "the last good set"),
        ([NEW], Uses([NEW, set_of(WEB, 2, ("pending",))], machines=ENROLLED), "the last good set"),
        ([NEW], Uses([NEW, set_of(WEB, 2, tags={BAD: "x"})], machines=ENROLLED), "the last good set"),
        ([NEW], Uses([NEW, OLD], machines={"i-00000001": {FAILURE: "1:recovering"}}), "being recovered"),
        ([set_of(WEB, 1, tags={KEEP: "me"})], Uses([]), KEEP),
        ([NEW], Uses([NEW], images=[image_on(NEW)]), "ami-00000009"),
    ],
)
def test_refused(chosen: list[SnapshotSet], uses: Uses, why: str) -> None:
    plan = delete_plan(chosen, uses)

    assert not plan.steps
    assert why in plan.refused[0].reason


def test_of_all_sets_of_an_enrolled_machine_the_newest_stays() -> None:
    plan = delete_plan([NEW, OLD], Uses([NEW, OLD], machines=ENROLLED))

    assert [refusal.resource for refusal in plan.refused] == [NEW.name]
    assert {planned.subject for planned in plan.steps} == {OLD.name}


def test_an_image_that_a_restore_left_goes_before_its_snapshots() -> None:
    image: Image = image_on(NEW, **{RUN: "R/image", OF: "i-00000001"})

    plan = delete_plan([NEW], Uses([NEW, OLD], images=[image]))

    first, *rest = plan.steps
    assert first.step.describe() == "deregister image ami-00000009"
    assert all(planned.needs == (first.key,) for planned in rest)


SETS = st.lists(
    st.builds(
        lambda hours, state, tag: set_of(WEB, hours, (state,), tag),
        st.integers(1, 400),
        st.sampled_from(["completed", "pending", "error"]),
        st.sampled_from([{}, {BAD: "x"}, {KEEP: "x"}]),
    ),
    unique_by=lambda each: each.name,
    min_size=1,
    max_size=6,
)


@given(SETS, st.data())
def test_every_set_is_deleted_whole_or_refused_and_an_enrolled_machine_keeps_one(
    sets: list[SnapshotSet], data: st.DataObject
) -> None:
    chosen = data.draw(st.lists(st.sampled_from(sets), unique_by=lambda each: each.name))

    plan = delete_plan(chosen, Uses(sets, machines=ENROLLED))

    refused = {refusal.resource for refusal in plan.refused}
    going = [each for each in chosen if each.name not in refused]
    wanted = sorted(snapshot.id for each in going for snapshot in each.snapshots)
    assert sorted(step.target() for step in (planned.step for planned in plan.steps)) == wanted
    had = [each for each in sets if each.complete and not each.bad]
    assert not had or any(each not in going for each in had)


@pytest.mark.parametrize(
    "left,cleaned",
    [
        (set_of(WEB, 1, ("error",)), True),
        (set_of(WEB, 1, ("pending",)), False),
        (set_of(WEB, 1), False),
        (set_of(WEB, 1, tags={"ec2kit:volumes": "3"}), True),
        (set_of(WEB, 0.1, tags={"ec2kit:volumes": "3"}), False),
        (set_of(WEB, 1, ("error",), tags={KEEP: "me"}), False),
        (set_of(WEB, 1, ("error",), tags={RUN: "another/set"}), False),
        (set_of(WEB, 1, ("error",), tags={RUN: ""}), False),
    ],
)
def test_only_what_a_given_up_run_left_broken_is_cleaned_up(left: SnapshotSet, cleaned: bool) -> None:
    found = leftovers([left], lambda run: run == RUN_ID, NOW)

    assert bool(found) == cleaned
    assert len(clean_plan(found).steps) == (len(left.snapshots) if cleaned else 0)
