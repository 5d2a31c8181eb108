"""The bulk report: one line for each machine, and the exit code of all of them together."""

from __future__ import annotations

import pytest

from ec2kit.cli.asking import Brake, machines_changed, parse_brake
from ec2kit.cli.items import items_of
from ec2kit.engine.plan import Plan, Planned, Refusal
from ec2kit.engine.session import Outcome, StepFailure
from ec2kit.engine.steps import AllocateAddress, CreateSnapshotSet, SetTags, StopInstance
from ec2kit.errors import Busy, Ec2kitError, Exit, NoCapacity, UsageError
from ec2kit.model.ids import InstanceId
from ec2kit.screen.reports import Happened, Item, exit_of


def stop(name: str, number: int, needs: tuple[str, ...] = ()) -> Planned:
    return Planned(f"stop/{name}", StopInstance(InstanceId(f"i-{number}")), needs, subject=name)


def failure(planned: Planned, error: Ec2kitError) -> StepFailure:
    return StepFailure(planned.key, planned.step.describe(), planned.subject, error)


def test_each_end_has_its_word() -> None:
    ok, bad, so, later = stop("a", 1), stop("b", 2), stop("c", 3), stop("d", 4)
    plan = Plan(
        (ok, bad, so, later, stop("e", 5, ("stop/b",))),
        refused=(Refusal("ec2kit:keep", "f (i-6)", "protected"),),
        unchanged=(("g (i-7)", "stopped already"),),
    )
    outcome = Outcome(
        plan,
        {ok.key: {}, so.key: {}, later.key: {}},
        (failure(bad, NoCapacity("none left", resource="i-2")),),
        skipped=("stop/e",),
        waiting=(later.key,),
        unchanged=(so.key,),
    )

    items = items_of(plan, outcome, "stop")

    assert [(item.id, item.name, item.result.value, item.reason) for item in items] == [
        ("i-1", "a", "done", ""),
        ("i-2", "b", "failed", "none left"),
        ("i-3", "c", "unchanged", "it was so already"),
        ("i-4", "d", "done", "not waited for"),
        ("i-5", "e", "skipped", "it needs stop/b, which did not succeed"),
        ("i-7", "g", "unchanged", "stopped already"),
        ("i-6", "f", "skipped", "protected (ec2kit:keep)"),
    ]
    assert exit_of(items) is Exit.PARTIAL


def test_made_things_go_by_their_new_id() -> None:
    plan = Plan((Planned("allocate", AllocateAddress(), subject="web"), Planned("other", AllocateAddress())))
    outcome = Outcome(
        plan,
        {"allocate": {"allocation_id": "eipalloc-1"}},
        (StepFailure("other", "allocate an address", "other", Busy("x")),),
    )

    items = items_of(plan, outcome, "eip allocate", "allocation_id")

    assert [(item.id, item.name) for item in items] == [("eipalloc-1", "web"), ("", "")]


def test_one_step_about_several_resources_is_several_items() -> None:
    plan = Plan.of(SetTags(("i-1", "vol-2"), {"a": "b"}))

    items = items_of(plan, Outcome(plan, {"1-set-tags": {}}), "tag set")

    assert [item.id for item in items] == ["i-1", "vol-2"]
    assert machines_changed(plan) == ("i-1",)


def test_what_only_adds_changes_no_machine() -> None:
    snapshots = Planned("s", CreateSnapshotSet(InstanceId("i-1"), "web-1@now", 1))

    assert machines_changed(Plan((snapshots,))) == ()
    assert machines_changed(Plan((stop("a", 1), stop("b", 1)))) == ("i-1",)


@pytest.mark.parametrize(
    "codes,exit",
    [
        ([], Exit.DONE),
        ([Exit.DONE, Exit.DONE], Exit.DONE),
        ([Exit.NO_CAPACITY, Exit.NO_CAPACITY], Exit.NO_CAPACITY),
        ([Exit.NO_CAPACITY, Exit.FAILED], Exit.PARTIAL),
        ([Exit.NO_CAPACITY, Exit.DONE], Exit.PARTIAL),
        ([Exit.REFUSED], Exit.REFUSED),
    ],
)
def test_all_failed_alike_is_that_code_and_some_is_partial(codes: list[Exit], exit: Exit) -> None:
    items = [Item(str(number), "", "stop", Happened.DONE, exit=code) for number, code in enumerate(codes)]

    assert exit_of(items) is exit


@pytest.mark.parametrize(
    "text,running,limit",
    [
        (None, 0, 1),
        (None, 10, 3),
        (None, 33, 9),
        (None, 1000, 10),
        ("5", 1000, 5),
        ("50%", 40, 20),
        ("0", 9, 1),
    ],
)
def test_brake(text: str | None, running: int, limit: int) -> None:
    assert parse_brake(text).limit(running) == limit


@pytest.mark.parametrize("text", ["", "%", "-1", "five", "1.5", "²"])
def test_brake_that_is_none(text: str) -> None:
    with pytest.raises(UsageError):
        parse_brake(text)


def test_brake_of_both_takes_the_smaller() -> None:
    assert Brake(10, 30).limit(20) == 6
