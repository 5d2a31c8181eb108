"""Plans carried out: order, failure, other places, lost answers, stopping."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from ec2kit.engine.acting import SETTLE
from ec2kit.engine.plan import Plan, Planned
from ec2kit.engine.steps.base import later
from ec2kit.errors import (
    AlreadyTaken,
    AwsRefused,
    Busy,
    Ec2kitError,
    Exit,
    Interrupted,
    NoCapacity,
    NotFound,
    OutcomeUnknown,
    StillInProgress,
)
from ec2kit.model.runs import StepState
from tests.engine.pretend import RUN, Bench, Make, MakeBlind, Thing, beside, chain


def refused(text: str = "no") -> AwsRefused:
    return AwsRefused(text, code="Nope", action="Make")


def states(bench: Bench) -> dict[tuple[str, int], StepState]:
    return {(record.key, record.attempt): record.state for record in bench.journal.steps(RUN)}


def test_a_step_waits_for_what_it_needs_and_gets_its_result() -> None:
    bench = Bench()
    plan = chain(Make("disk"), Make("machine", (later("disk", "id"),)))
    outcome = bench.run(plan)
    assert outcome.exit is Exit.DONE
    assert bench.world.shape() == [("disk", ()), ("machine", ("disk",))]
    assert bench.listener.told == [
        ("started", "disk"),
        ("done", "disk"),
        ("started", "machine"),
        ("done", "machine"),
    ]
    assert set(states(bench).values()) == {StepState.DONE}


def test_a_result_counts_when_it_was_seen_three_times_in_a_row() -> None:
    bench = Bench()
    bench.world.words["a"] = ["busy", "ready", "ready", "busy"]
    assert bench.run(beside(Make("a"))).exit is Exit.DONE
    assert bench.world.looks == ["a"] * 7


@pytest.mark.parametrize("workers", [1, 4])
def test_a_failure_stops_only_what_needs_it(workers: int) -> None:
    bench = Bench()
    bench.world.trouble["a"] = [refused()]
    plan = Plan(
        (
            Planned("a", Make("a"), subject="web-1"),
            Planned("b", Make("b"), ("a",), subject="web-1"),
            Planned("c", Make("c"), subject="web-2"),
        )
    )
    outcome = bench.run(plan, workers=workers)
    assert [failure.key for failure in outcome.failures] == ["a"]
    assert outcome.skipped == ("b",)
    assert bench.world.names() == ["c"]
    assert outcome.exit is Exit.PARTIAL
    assert outcome.failed_subjects() == {"web-1"}


def test_all_failed_alike_gives_their_code_and_unlike_gives_one() -> None:
    bench = Bench()
    bench.world.trouble = {"a": [NoCapacity("none")], "b": [NoCapacity("none")]}
    assert bench.run(beside(Make("a"), Make("b"))).exit is Exit.NO_CAPACITY
    bench = Bench()
    bench.world.trouble = {"a": [NoCapacity("none")], "b": [refused()]}
    assert bench.run(beside(Make("a"), Make("b"))).exit is Exit.FAILED


def test_no_capacity_tries_the_next_place_with_another_token() -> None:
    bench = Bench()
    bench.world.trouble["a"] = [NoCapacity("no room in 1"), NoCapacity("no room in 2")]
    outcome = bench.run(beside(Make("a", places=3)))
    assert outcome.exit is Exit.DONE
    assert states(bench) == {
        ("a", 0): StepState.FAILED,
        ("a", 1): StepState.FAILED,
        ("a", 2): StepState.DONE,
    }
    assert len({record.token for record in bench.journal.steps(RUN)}) == 3
    assert [kind for kind, _ in bench.listener.told].count("event") == 2


def test_no_capacity_that_shows_only_while_waiting_tries_the_next_place_too() -> None:
    bench = Bench()
    bench.world.words["a"] = ["busy", NoCapacity("it ended: no room")]
    outcome = bench.run(beside(Make("a", places=2)))
    assert outcome.exit is Exit.DONE
    assert len(bench.world.things) == 2
    assert outcome.results["a"]["id"] == "thing-1"


def test_places_that_ran_out_are_tried_again_by_the_next_run_of_the_same_words() -> None:
    bench = Bench()
    bench.world.trouble["a"] = [NoCapacity("none"), NoCapacity("none")]
    plan = beside(Make("a", places=2))
    assert bench.run(plan).exit is Exit.NO_CAPACITY
    assert bench.run(plan).exit is Exit.DONE
    assert states(bench)["a", 2] is StepState.DONE


def test_a_refused_call_keeps_its_token_for_the_next_run() -> None:
    bench = Bench()
    bench.world.trouble["a"] = [refused()]
    bench.run(beside(Make("a")))
    assert bench.run(beside(Make("a"))).exit is Exit.DONE
    assert states(bench) == {("a", 0): StepState.DONE}


def test_a_lost_answer_is_found_again() -> None:
    bench = Bench()
    bench.world.lost = {"a", "b"}
    assert bench.run(beside(Make("a"), MakeBlind("b"))).exit is Exit.DONE
    assert bench.world.names() == ["a", "b"]


def test_a_call_without_token_is_sent_again_only_after_the_settle_time() -> None:
    bench = Bench()
    bench.world.trouble["b"] = [OutcomeUnknown("lost before it was done")]
    assert bench.run(beside(MakeBlind("b"))).exit is Exit.DONE
    first, second = bench.world.sent_at
    assert second - first >= SETTLE
    assert bench.world.names() == ["b"]


def test_answers_that_always_get_lost_leave_the_step_unknown() -> None:
    bench = Bench()
    bench.world.trouble["a"] = [OutcomeUnknown("lost")] * 9
    outcome = bench.run(beside(Make("a")))
    assert states(bench) == {("a", 0): StepState.UNKNOWN}
    assert str(RUN) in outcome.failures[0].error.hint


def test_refused_because_another_monitor_was_quicker_is_done() -> None:
    bench = Bench()
    world = bench.world
    world.trouble["a"] = [AlreadyTaken("the name is taken", code="Taken", action="Make")]

    def be_quicker(word: str) -> None:
        if word == "before a":
            world.things.append(Thing("theirs", "a", "", f"{RUN}/a", (), bench.clock.now()))

    world.hook = be_quicker
    outcome = bench.run(beside(MakeBlind("a")))
    assert outcome.exit is Exit.DONE
    assert outcome.results["a"] == {"id": "theirs"}


def test_what_is_so_already_is_not_done_again() -> None:
    first = Bench()
    first.run(beside(Make("a")))
    second = Bench(clock=first.clock)
    second.world.things = first.world.things
    outcome = second.run(beside(Make("a")))
    assert second.world.calls == []
    assert outcome.unchanged == ("a",)
    assert ("unchanged", "a") in second.listener.told


def test_what_an_earlier_step_made_may_not_be_found_for_a_while() -> None:
    bench = Bench()
    bench.world.trouble["machine"] = [NotFound("no such disk")] * 3
    plan = chain(Make("disk"), Make("machine", (later("disk", "id"),)))
    assert bench.run(plan).exit is Exit.DONE


def test_what_is_named_and_not_found_fails_at_once() -> None:
    bench = Bench()
    bench.world.trouble["machine"] = [NotFound("no such disk")]
    assert bench.run(chain(Make("disk"), Make("machine"))).failures[0].error.exit_code is Exit.NOT_FOUND


def test_a_failed_word_fails_the_step_and_keeps_what_it_made() -> None:
    bench = Bench()
    bench.world.words["a"] = ["broken"]
    outcome = bench.run(beside(Make("a")))
    assert "it is 'broken'" in outcome.failures[0].error.message
    (record,) = bench.journal.steps(RUN)
    assert (record.state, record.result) == (StepState.FAILED, {"id": "thing-0"})


def test_past_the_bound_it_is_still_in_progress_and_the_next_run_goes_on_waiting() -> None:
    bench = Bench()
    bench.world.words["a"] = ["busy"] * 1000
    outcome = bench.run(beside(Make("a")))
    assert outcome.exit is Exit.STILL_IN_PROGRESS
    assert outcome.failures[0].error.hint == f"ec2kit resume {RUN}"
    assert states(bench) == {("a", 0): StepState.INTENT}
    bench.world.words.clear()
    assert bench.run(beside(Make("a"))).exit is Exit.DONE
    assert bench.world.calls == ["a"]


def test_the_time_out_of_the_command_bounds_everything() -> None:
    bench = Bench()
    bench.world.words["a"] = ["busy"] * 1000
    outcome = bench.run(chain(Make("a"), Make("b")), timeout=timedelta(seconds=30))
    (failure,) = outcome.failures
    assert isinstance(failure.error, StillInProgress)
    assert "after 30s: it is 'busy'" in failure.error.message
    assert outcome.skipped == ("b",)


def test_without_waiting_only_what_others_need_is_waited_for() -> None:
    bench = Bench()
    outcome = bench.run(chain(Make("a"), Make("b")), wait=False)
    assert outcome.exit is Exit.DONE
    assert outcome.waiting == ("b",)
    assert set(bench.world.looks) == {"a"}
    assert states(bench) == {("a", 0): StepState.DONE, ("b", 0): StepState.INTENT}


@pytest.mark.parametrize("workers", [1, 4])
def test_once_told_to_stop_nothing_new_begins(workers: int) -> None:
    bench = Bench()
    stop = threading.Event()
    bench.world.hook = lambda word: stop.set() if word == "after a" else None
    with pytest.raises(Interrupted) as caught:
        bench.run(chain(Make("a"), Make("b")), stop=stop, workers=workers)
    assert caught.value.hint == f"ec2kit resume {RUN}"
    assert bench.world.names() == ["a"]
    assert bench.journal.steps(RUN)[0].result == {"id": "thing-0"}
    assert bench.run(chain(Make("a"), Make("b"))).exit is Exit.DONE
    assert bench.world.names() == ["a", "b"]


def test_control_c_is_an_interruption_too() -> None:
    bench = Bench()

    def press(word: str) -> None:
        if word == "see":
            raise KeyboardInterrupt

    bench.world.hook = press
    with pytest.raises(Interrupted):
        bench.run(beside(Make("a")))


def test_a_lost_lease_ends_the_run_before_the_next_call() -> None:
    bench = Bench()

    def guard() -> None:
        if bench.world.names() == ["a"]:
            raise Busy("the lease was lost")

    with pytest.raises(Busy):
        bench.run(chain(Make("a"), Make("b")), guard=guard)
    assert bench.world.calls == ["a"]


def test_what_cannot_be_journalled_is_not_done() -> None:
    bench = Bench()
    plan = beside(Make("a"))
    bench.open(plan)
    bench.journal.full = True
    with pytest.raises(Ec2kitError, match="no space left"):
        bench.run(plan)
    assert bench.world.calls == []


def test_a_result_that_cannot_be_journalled_is_found_by_the_next_run() -> None:
    bench = Bench()
    plan = beside(MakeBlind("a"))

    def fill(word: str) -> None:
        bench.journal.full = word == "after a"

    bench.world.hook = fill
    with pytest.raises(Ec2kitError, match="no space left"):
        bench.run(plan)
    bench.journal.full = False
    bench.world.hook = lambda _: None
    assert bench.run(plan).exit is Exit.DONE
    assert bench.world.names() == ["a"]


def test_many_steps_side_by_side_are_looked_at_together() -> None:
    bench = Bench()
    names = [f"m{number:03}" for number in range(100)]
    outcome = bench.run(beside(*map(Make, names)), workers=8)
    assert outcome.exit is Exit.DONE
    assert bench.world.names() == names
