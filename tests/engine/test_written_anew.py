"""A step that only writes values, planned anew after a cut with other values: they are written."""

from __future__ import annotations

from ec2kit.aws import Aws
from ec2kit.engine.execute import execute
from ec2kit.engine.plan import Plan, Planned
from ec2kit.engine.runs import Command, Runs
from ec2kit.engine.session import Session
from ec2kit.engine.steps.tag import SetTags
from ec2kit.model.runs import StepRecord
from tests.sandbox.seeded import Seeded
from tests.support.connecting import connected
from tests.support.journals import MemoryJournal
from tests.support.ticking import TickingClock


class Cut(BaseException):
    """The process is gone."""


class DyingJournal(MemoryJournal):
    """Dies before it writes that a step is done, once."""

    alive = True

    def write_step(self, record: StepRecord) -> None:
        """Write, or die."""
        if record.state == "done" and self.alive:
            self.alive = False
            raise Cut
        super().write_step(record)


def test_other_values_are_written_over_those_of_a_cut_try() -> None:
    sandbox = Seeded()
    clock, journal = TickingClock(sandbox), DyingJournal()
    aws = connected(sandbox, clock)
    id = sandbox.id("web-1")
    for value in ("first", "second"):
        try:
            _write(aws, journal, clock, id, value)
        except Cut:
            assert value == "first"
    assert aws.tags.of([id])[id]["told"] == "second"


def _write(aws: Aws, journal: MemoryJournal, clock: TickingClock, id: str, value: str) -> None:
    plan = Plan((Planned("tell", SetTags((id,), {"told": value})),))
    command = Command("recover", (id,), "123456789012", "eu-west-1")
    from ec2kit.model.ids import RunId

    with Runs(journal, clock).begin(command, plan, RunId("recover-1")) as work:
        outcome = execute(work.plan, Session(aws, journal, work.run, clock, workers=1))
        work.finish(outcome.exit)
