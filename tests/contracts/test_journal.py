"""What every journal does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ec2kit.errors import Ec2kitError, Exit, NotFound
from ec2kit.model.ids import RunId
from ec2kit.model.runs import Event, Journal, Run, RunState, StepRecord, StepState

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
RUN = Run(
    id=RunId("01ARZ3NDEKTSV4RRFFQ69G5FAV"),
    intent="abc",
    argv=("launch", "web-{n}", "-n", "3"),
    who="alice",
    host="bastion",
    account="123456789012",
    region="eu-west-1",
    endpoint="",
    plan={"steps": []},
    state=RunState.RUNNING,
    started=NOW,
)
STEP = StepRecord(
    run=RUN.id,
    key="launch/web-1",
    attempt=0,
    kind="run-instance",
    needs=("template", "group"),
    reason="asked for",
    args={"image": {"ref": "image", "field": "image_id"}, "count": 1},
    token="t0",
    state=StepState.INTENT,
    at=NOW,
)

Opened = Callable[[], Journal]


def test_a_run_is_read_back_as_it_was_written_also_by_another_process(open_journal: Opened) -> None:
    open_journal().open_run(RUN)

    assert open_journal().run(RUN.id) == RUN
    assert open_journal().run(RunId("another")) is None


def test_undecodable_bytes_in_what_was_typed_survive(open_journal: Opened) -> None:
    run = replace(RUN, argv=("tag", "set", "caf\udce9"))
    open_journal().open_run(run)

    assert open_journal().run(run.id) == run


def test_one_id_is_one_run(open_journal: Opened) -> None:
    journal = open_journal()
    journal.open_run(RUN)

    with pytest.raises(Ec2kitError, match="is in the journal already"):
        open_journal().open_run(replace(RUN, intent="other"))
    assert journal.run(RUN.id) == RUN


def test_a_plan_is_replaced_and_the_end_is_written(open_journal: Opened) -> None:
    journal = open_journal()
    journal.open_run(RUN)
    journal.store_plan(RUN.id, {"steps": [1, None, "ü"]})
    journal.close_run(RUN.id, RunState.FAILED, 3, NOW + timedelta(minutes=5))

    ended = replace(
        RUN,
        plan={"steps": [1, None, "ü"]},
        state=RunState.FAILED,
        exit=3,
        ended=NOW + timedelta(minutes=5),
    )
    assert open_journal().run(RUN.id) == ended


def test_runs_are_listed_newest_first_up_to_a_limit_and_by_intent(open_journal: Opened) -> None:
    journal = open_journal()
    for number, intent in enumerate(["a", "b", "a", "a"]):
        started = NOW + timedelta(seconds=min(number, 2))
        journal.open_run(replace(RUN, id=RunId(f"r{number}"), intent=intent, started=started))

    assert [run.id for run in journal.runs()] == ["r3", "r2", "r1", "r0"]
    assert [run.id for run in journal.runs(limit=2)] == ["r3", "r2"]
    assert [run.id for run in journal.runs(intent="a")] == ["r3", "r2", "r0"]
    assert journal.runs(intent="") == ()


def test_a_step_is_replaced_by_key_and_attempt_and_keeps_its_place(open_journal: Opened) -> None:
    journal = open_journal()
    journal.open_run(RUN)
    other = replace(STEP, key="eip/web-1")
    again = replace(STEP, attempt=1, token="t1")
    done = replace(
        STEP,
        state=StepState.DONE,
        result={"instance_id": "i-0123456789abcdef0"},
        request_id="req-1",
        at=NOW + timedelta(seconds=30),
    )
    for record in (STEP, other, again, done):
        journal.write_step(record)

    assert open_journal().steps(RUN.id) == (done, other, again)
    assert journal.steps(RunId("another")) == ()


def test_a_story_is_read_back_in_the_order_of_telling(open_journal: Opened) -> None:
    journal = open_journal()
    journal.open_run(RUN)
    story = [Event(RUN.id, NOW, "second\tfirst"), Event(RUN.id, NOW - timedelta(seconds=1), "first")]
    for event in story:
        journal.write_event(event)

    assert list(open_journal().events(RUN.id)) == story


def test_nothing_is_written_about_a_run_that_was_never_opened(open_journal: Opened) -> None:
    journal = open_journal()

    writes: list[Callable[[], None]] = [
        lambda: journal.write_step(STEP),
        lambda: journal.write_event(Event(RUN.id, NOW, "hello")),
        lambda: journal.store_plan(RUN.id, {}),
        lambda: journal.close_run(RUN.id, RunState.DONE, 0, NOW),
    ]
    for write in writes:
        with pytest.raises(NotFound) as caught:
            write()
        assert caught.value.exit_code == Exit.NOT_FOUND
    assert journal.steps(RUN.id) == ()
    assert journal.events(RUN.id) == ()


def test_a_run_is_held_by_one_at_a_time(open_journal: Opened) -> None:
    one, other = open_journal(), open_journal()
    with one.hold(RUN.id) as first:
        with other.hold(RUN.id) as second, other.hold(RunId("another")) as elsewhere:
            assert (first, second, elsewhere) == (True, False, True)
        # A holder that was turned away has not opened the door for others.
        assert other.is_held(RUN.id)
        with one.hold(RUN.id) as third:
            assert third is False
    assert not other.is_held(RUN.id)
    with other.hold(RUN.id) as again:
        assert again


def test_a_hold_ends_with_an_error_too(open_journal: Opened) -> None:
    journal = open_journal()
    with pytest.raises(ZeroDivisionError), journal.hold(RUN.id):
        raise ZeroDivisionError
    assert not journal.is_held(RUN.id)
