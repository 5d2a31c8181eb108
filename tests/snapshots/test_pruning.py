"""Sets under a policy: what recovery needs stays whatever the policy says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.model.tags import BAD, DRILLED, FAILURE, KEEP, OF, PROTECT, RUN
from ec2kit.snapshots.delete import Uses
from ec2kit.snapshots.pruning import prune_plan
from ec2kit.snapshots.retention import Policy
from ec2kit.snapshots.sets import SnapshotSet
from tests.snapshots.making import image_on, machine, set_of
from tests.support.fleet import NOW

WEB, DB = machine(1), machine(2)
ENROLLED = {"i-00000001": {PROTECT: "replace"}}
LAST = Policy(last=1)


def kept(sets: list[SnapshotSet], uses: Uses, policy: Policy = LAST) -> dict[str, str]:
    return dict(prune_plan(sets, uses, policy, NOW).unchanged)


def test_each_machine_is_judged_by_itself_and_each_set_says_why() -> None:
    new, old, other = set_of(WEB, 1), set_of(WEB, 30), set_of(DB, 50)

    plan = prune_plan([old, new, other], Uses([old, new, other]), LAST, NOW)

    assert plan.unchanged == ((new.name, "newest; last 1"), (other.name, "newest; last 1"))
    assert {(planned.subject, planned.reason) for planned in plan.steps} == {
        (old.name, "not among the last 1")
    }
    assert len(plan.steps) == 2
    assert plan.refused == ()


def test_the_newest_drilled_set_stays() -> None:
    drilled = {DRILLED: "2026-01-01T00:00:00Z 93"}
    sets = [set_of(WEB, 1), set_of(WEB, 30, tags=drilled), set_of(WEB, 60, tags=drilled)]

    assert kept(sets, Uses(sets, machines=ENROLLED)) == {
        sets[0].name: "newest; last 1",
        sets[1].name: "newest drilled",
    }


def test_a_set_that_is_not_complete_is_not_the_newest() -> None:
    broken, failed, good = set_of(WEB, 1), set_of(WEB, 2, ("error",)), set_of(WEB, 3)
    broken = SnapshotSet(broken.name, broken.of, broken.snapshots[:1], 2)
    sets = [broken, failed, good]

    plan = prune_plan(sets, Uses(sets, machines=ENROLLED), LAST, NOW)

    assert dict(plan.unchanged) == {good.name: "newest; last 1"}
    assert {planned.subject: planned.reason for planned in plan.steps} == {
        broken.name: "it is incomplete",
        failed.name: "it is error",
    }


def test_a_set_in_the_making_is_let_be() -> None:
    pending, young, good = set_of(WEB, 1, ("pending",)), set_of(WEB, 0.1), set_of(WEB, 3)
    young = SnapshotSet(young.name, young.of, young.snapshots[:1], 2)

    assert kept([pending, young, good], Uses([pending, young, good])) == {
        young.name: "AWS may not show all of it yet",
        pending.name: "AWS is still copying it",
        good.name: "newest; last 1",
    }


def test_bad_sets_are_judged_among_themselves() -> None:
    bad, worse, good = set_of(WEB, 1, tags={BAD: "x"}), set_of(WEB, 9, tags={BAD: "x"}), set_of(WEB, 20)

    assert kept([bad, worse, good], Uses([bad, worse, good])) == {
        good.name: "newest; last 1",
        bad.name: "newest; last 1",
    }


@pytest.mark.parametrize(
    "uses,why",
    [
        (Uses([], images=[image_on(set_of(WEB, 30))]), "used by ami-00000009"),
        (Uses([], machines={"i-00000001": {FAILURE: "1:recovering"}}), "i-00000001 is being recovered"),
    ],
)
def test_what_is_used_is_kept_and_not_refused(uses: Uses, why: str) -> None:
    new, old = set_of(WEB, 1), set_of(WEB, 30)

    plan = prune_plan([new, old], uses, LAST, NOW)

    assert why in dict(plan.unchanged)[old.name]
    assert plan.refused == ()


def test_what_is_protected_is_kept_and_an_image_of_one_launch_goes_with_its_set() -> None:
    new, old, protected = set_of(WEB, 1), set_of(WEB, 30), set_of(WEB, 40, tags={KEEP: "me"})
    launch = image_on(old, **{RUN: "R/image", OF: "i-00000001"})

    plan = prune_plan([new, old, protected], Uses([], images=[launch]), LAST, NOW)

    assert dict(plan.unchanged)[protected.name] == KEEP
    assert plan.steps[0].step.kind == "deregister-image"
    assert plan.steps[0].step.target() == launch.id


AGES = st.lists(st.integers(0, 3000), min_size=1, max_size=12, unique=True)
STATES = st.sampled_from([(), (), ("pending",), ("error",)])


@given(AGES, st.data(), st.integers(1, 3))
def test_whatever_goes_an_enrolled_machine_keeps_what_recovery_needs(
    ages: list[int], data: st.DataObject, last: int
) -> None:
    sets = []
    for age in ages:
        tags = {name: "x" for name in (BAD, DRILLED) if data.draw(st.integers(0, 3)) == 0}
        sets.append(set_of(WEB, age, data.draw(STATES), tags))

    plan = prune_plan(sets, Uses(sets, machines=ENROLLED), Policy(last=last), NOW)

    good = sorted((each for each in sets if each.complete and not each.bad), key=lambda each: each.taken)
    gone = {planned.subject for planned in plan.steps}
    assert plan.refused == ()
    assert gone.isdisjoint(name for name, _ in plan.unchanged)
    assert gone | {name for name, _ in plan.unchanged} == {each.name for each in sets}
    for wanted in (good, [each for each in good if each.drilled]):
        if wanted:
            assert wanted[-1].name not in gone


def test_the_youth_of_a_set_ends() -> None:
    part = set_of(WEB, 1)
    part = SnapshotSet(part.name, part.of, part.snapshots[:1], 2)
    now = part.taken + timedelta(minutes=9)

    assert not prune_plan([part], Uses([part]), LAST, now).steps
    assert prune_plan([part], Uses([part]), LAST, now + timedelta(minutes=2)).steps
