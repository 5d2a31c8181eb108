"""The way back."""

from __future__ import annotations

from ec2kit.engine.plan import Plan, Planned
from ec2kit.engine.steps import KINDS as REAL
from ec2kit.engine.steps import SetTags
from ec2kit.engine.steps.base import CannotUndo, later
from ec2kit.engine.undo import undo_plan
from ec2kit.errors import AwsRefused, NoCapacity, OutcomeUnknown
from tests.engine.pretend import KINDS, RUN, Bench, Make, Unmake, beside, chain


def undone(bench: Bench) -> Plan:
    return undo_plan(bench.journal.steps(RUN), KINDS)


def test_what_was_made_last_is_taken_back_first() -> None:
    bench = Bench()
    bench.run(chain(Make("disk"), Make("machine", (later("disk", "id"),))))
    plan = undone(bench)
    assert [planned.step for planned in plan.steps] == [Unmake("thing-1"), Unmake("thing-0")]
    assert plan.steps[1].needs == (plan.steps[0].key,)


def test_what_does_not_depend_on_each_other_is_taken_back_side_by_side() -> None:
    bench = Bench()
    bench.run(beside(Make("a"), Make("b")))
    assert all(not planned.needs for planned in undone(bench).steps)


def test_what_was_so_before_and_what_failed_are_left_alone() -> None:
    first = Bench()
    first.run(beside(Make("a")))
    bench = Bench(clock=first.clock)
    bench.world.things = first.world.things
    bench.world.trouble = {
        "b": [AwsRefused("no", code="No", action="Make")],
        "c": [NoCapacity("none"), NoCapacity("none")],
    }
    bench.run(beside(Make("a"), Make("b"), Make("c", places=2)))
    plan = undone(bench)
    assert not plan
    assert plan.refused == ()
    assert plan.why_empty


def test_what_failed_after_it_was_made_is_taken_back_too() -> None:
    bench = Bench()
    bench.world.words["a"] = ["broken"]
    bench.run(beside(Make("a")))
    assert [planned.step for planned in undone(bench).steps] == [Unmake("thing-0")]


def test_what_is_not_known_and_what_has_no_way_back_is_refused_with_its_reason() -> None:
    bench = Bench()
    bench.world.trouble["a"] = [OutcomeUnknown("lost")] * 9
    bench.run(Plan((Planned("a", Make("a")), Planned("b", Make("b", waits=False)))))
    plan = undone(bench)
    assert [refusal.resource for refusal in plan.refused] == ["a"]
    assert "resume" in plan.refused[0].reason
    assert [planned.step for planned in plan.steps] == [Unmake("thing-0")]


def test_a_kind_that_is_not_known_is_refused() -> None:
    bench = Bench()
    bench.run(beside(Make("a")))
    (refusal,) = undo_plan(bench.journal.steps(RUN), REAL).refused
    assert "'make'" in refusal.reason


def test_tags_go_back_to_what_they_were() -> None:
    step = SetTags(("i-1", "i-2"), {"role": "web", "team": "a"}, {"i-1": {"role": "db"}, "i-2": {}})
    back = step.undo({})
    assert not isinstance(back, CannotUndo)
    assert [each.describe() for each in back] == [
        "tag i-1 with role=db",
        "remove tag team from i-1",
        "remove tags role, team from i-2",
    ]
