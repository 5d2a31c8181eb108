"""What the same command again means."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.engine.execute import execute
from ec2kit.engine.plan import Plan
from ec2kit.engine.runs import Command, Runs, intent_of
from ec2kit.engine.session import Session
from ec2kit.errors import AwsRefused, Busy, Ec2kitError, Exit, NoCapacity, NotFound, Refused
from ec2kit.model.ids import RunId
from ec2kit.model.runs import RunState
from tests.engine.pretend import KINDS, Bench, Cut, Make, beside

COMMAND = Command("launch", ("web-{n}", "-n", "3"), "123456789012", "eu-west-1", who="alice", host="bastion")
PLAN = beside(Make("web-1"), Make("web-2"), Make("web-3"))


class Desk:
    """Runs over a pretended AWS; `command` is what a person types."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.numbers = iter(range(100))
        self.runs = Runs(
            self.bench.journal, self.bench.clock, KINDS, lambda n: next(self.numbers).to_bytes(n, "big")
        )

    def command(self, plan: Plan = PLAN, *, new: bool = False) -> tuple[RunId, bool]:
        """As the command line does it: resume or begin, carry out, finish."""
        unfinished = None if new else self.runs.resumable(COMMAND.intent)
        entered = self.runs.resume(unfinished.id) if unfinished else self.runs.begin(COMMAND, plan)
        with entered as work:
            session = self.bench.session()
            session = Session(
                session.aws, session.journal, work.run, session.clock, session.listener, workers=1
            )
            work.finish(execute(work.plan, session).exit)
            return work.run, work.resumed

    def cut_at(self, word: str) -> None:
        def cut(point: str) -> None:
            if point == word:
                raise Cut(point)

        self.bench.world.hook = cut

    def mend(self) -> None:
        self.bench.world.hook = lambda _: None


def test_twice_makes_six() -> None:
    desk = Desk()
    first, _ = desk.command()
    second, resumed = desk.command()
    assert (first != second, resumed) == (True, False)
    assert len(desk.bench.world.things) == 6
    assert desk.bench.journal.runs()[0].state is RunState.DONE


def test_killed_and_again_makes_three() -> None:
    desk = Desk()
    desk.cut_at("after web-2")
    with pytest.raises(Cut):
        desk.command()
    desk.mend()
    _, resumed = desk.command()
    assert resumed
    assert desk.bench.world.names() == ["web-1", "web-2", "web-3"]
    (run,) = desk.bench.journal.runs()
    assert (run.state, run.exit) == (RunState.DONE, Exit.DONE)


def test_partly_failed_and_again_makes_the_missing_ones() -> None:
    desk = Desk()
    desk.bench.world.trouble["web-2"] = [NoCapacity("none")]
    desk.command()
    (run,) = desk.bench.journal.runs()
    assert (run.state, run.exit) == (RunState.FAILED, Exit.PARTIAL)
    desk.command()
    assert desk.bench.world.names() == ["web-1", "web-2", "web-3"]


def test_new_forces_a_fresh_run() -> None:
    desk = Desk()
    desk.cut_at("after web-2")
    with pytest.raises(Cut):
        desk.command()
    desk.mend()
    _, resumed = desk.command(new=True)
    assert not resumed
    assert len(desk.bench.world.things) == 5


def test_killed_before_the_first_intent_there_is_nothing_to_resume() -> None:
    desk = Desk()
    desk.cut_at("look for")
    with pytest.raises(Cut):
        desk.command()
    desk.mend()
    assert desk.command()[1] is False


def test_a_run_whose_every_call_was_refused_is_planned_anew() -> None:
    desk = Desk()
    desk.bench.world.trouble["bad"] = [AwsRefused("no such image", code="Nope", action="Make")]
    desk.command(beside(Make("bad")))
    desk.command(beside(Make("good")))
    assert desk.bench.world.names() == ["good"]


def test_a_living_run_makes_us_busy() -> None:
    desk = Desk()
    desk.cut_at("after web-2")
    with pytest.raises(Cut):
        desk.command()
    (run,) = desk.bench.journal.runs()
    with desk.bench.journal.hold(run.id):
        with pytest.raises(Busy):
            desk.command()
        with pytest.raises(Busy), desk.runs.resume(run.id):
            raise AssertionError("not reached")
    with desk.runs.alone(COMMAND.intent), pytest.raises(Busy), desk.runs.alone(COMMAND.intent):
        raise AssertionError("not reached")


def test_after_a_day_it_wants_to_be_named() -> None:
    desk = Desk()
    desk.cut_at("after web-2")
    with pytest.raises(Cut):
        desk.command()
    desk.mend()
    desk.bench.clock.advance(timedelta(hours=25))
    with pytest.raises(Refused) as caught:
        desk.command()
    run = RunId(caught.value.resource)
    assert f"ec2kit resume {run}, or ec2kit resume {run} --abandon" == caught.value.hint
    assert desk.runs.abandon(run).state is RunState.ABANDONED
    assert desk.command()[1] is False
    with pytest.raises(Refused), desk.runs.resume(run):
        raise AssertionError("not reached")


def test_an_error_on_the_way_closes_the_run_with_its_code() -> None:
    desk = Desk()
    with pytest.raises(Busy), desk.runs.begin(COMMAND, PLAN):
        raise Busy("the lease was lost")
    (run,) = desk.bench.journal.runs()
    assert (run.state, run.exit) == (RunState.FAILED, Exit.BUSY)


def test_an_unknown_run_is_not_found() -> None:
    with pytest.raises(NotFound):
        Desk().runs.get(RunId("NOPE"))


def test_a_run_with_an_id_from_outside_grows_with_each_move() -> None:
    desk = Desk()
    id = RunId("recover-i-1-3")
    for name in ("fence", "start", "fence"):
        with desk.runs.begin(COMMAND, beside(Make(name)), id) as work:
            session = desk.bench.session()
            execute(work.plan, Session(session.aws, session.journal, id, session.clock, workers=1))
    stored = desk.runs.get(id)
    assert [item["key"] for item in stored.plan["steps"]] == ["start", "fence"]
    assert desk.bench.world.names() == ["fence", "start"]


def test_a_journal_that_cannot_be_written_begins_nothing() -> None:
    desk = Desk()
    desk.bench.journal.full = True
    with pytest.raises(Ec2kitError, match="no space left"):
        desk.command()
    assert desk.bench.world.calls == []


@given(st.lists(st.text(max_size=8), max_size=6))
def test_an_intent_does_not_depend_on_the_order_of_words(words: list[str]) -> None:
    other = sorted(words)
    assert intent_of("1", "r", "stop", words) == intent_of("1", "r", "stop", other)
    assert intent_of("1", "r", "stop", words) != intent_of("1", "r", "stop", [*words, "x"])
    assert intent_of("1", "r", "stop", words) != intent_of("1", "s", "stop", words)
