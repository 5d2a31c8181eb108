"""The real steps against the sandbox in this process: a seeded account, a journal, and what is there afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ec2kit.engine.codec import decode_plan, encode_plan
from ec2kit.engine.execute import execute
from ec2kit.engine.plan import Plan
from ec2kit.engine.session import Outcome, Session
from ec2kit.engine.steps.base import Attempt, Step
from ec2kit.model.ids import InstanceId, RunId
from ec2kit.model.runs import Run, RunState
from ec2kit.sandbox import REGION
from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.direct import ENDPOINT
from ec2kit.sandbox.faults import Effect, Fault, Spell
from tests.engine.pretend import RUN, Cut, Listening
from tests.sandbox.seeded import Seeded
from tests.support.connecting import connected
from tests.support.journals import MemoryJournal
from tests.support.ticking import TickingClock

ADDRESS = "203.0.113.9"


class Practice:
    """A seeded account in which plans are carried out under one run."""

    def __init__(self) -> None:
        self.sandbox = Seeded()
        self.clock = TickingClock(self.sandbox)
        self.aws = connected(self.sandbox, self.clock)
        self.journal = MemoryJournal()
        self.listener = Listening()
        self.run = RUN
        self._runs = self._before = 0

    def anew(self) -> Practice:
        """The same account for the next test: another run, and a journal with nothing in it."""
        self._runs += 1
        self.run = RunId(f"{RUN}-{self._runs}")
        self.journal, self.listener = MemoryJournal(), Listening()
        self.sandbox.app.calls.clear()
        self.sandbox.app.world.faults.faults.clear()
        return self

    @property
    def name(self) -> str:
        """A name that no other test of the account uses."""
        return f"new-{self._runs}"

    def instance(self, name: str = "web-1") -> InstanceId:
        """The id of a seeded machine."""
        return InstanceId(self.sandbox.id(name))

    def session(self, run: RunId, **options: Any) -> Session:
        """One call at a time, so that everything happens in the same order every time."""
        options.setdefault("workers", 1)
        return Session(self.aws, self.journal, run, self.clock, self.listener, **options)

    def carry_out(self, plan: Plan, run: RunId | None = None, **options: Any) -> Outcome:
        """Begin the run, or go on with it from its plan as it was stored."""
        run = run or self.run
        known = self.journal.run(run)
        if known is None:
            self.journal.open_run(
                Run(
                    id=run,
                    intent="",
                    argv=("practise",),
                    who="alice",
                    host="bastion",
                    account="123456789012",
                    region=REGION,
                    endpoint=ENDPOINT,
                    plan=encode_plan(plan),
                    state=RunState.RUNNING,
                    started=self.clock.now(),
                )
            )
        else:
            plan = decode_plan(known.plan)
        return execute(plan, self.session(run, **options))

    def do(self, *steps: Step, before: bool = False) -> Outcome:
        """Carry these steps out one after the other, in a run of their own if they come `before`; all end well."""
        self._before += before
        run = RunId(f"{self.run}-before-{self._before}") if before else self.run
        outcome = self.carry_out(Plan.of(*steps), run)
        assert outcome.failures == (), outcome.failures[0].error
        return outcome

    def attempt(self, key: str = "x") -> Attempt:
        """What a step is asked with."""
        return Attempt(self.aws, self.run, key, 0, self.clock.now())

    def die_after(self, action: str) -> None:
        """Let the process die once, after AWS has carried this action out and before the answer is seen."""
        self._once(self.sandbox.app.hooks.after, action, Cut("after"))

    def die_before(self, action: str) -> None:
        """Let the process die once, with the intent written and nothing sent."""
        self._once(self.sandbox.app.hooks.before, action, Cut("before"))

    def lose_answer(self, action: str) -> None:
        """Let AWS do the work once and the answer about it never arrive."""
        fault = Fault(
            f"lost-{action}", f"ec2:{action}", Effect("lose-answer"), Spell(times=1), self.clock.now()
        )
        self.sandbox.app.world.faults.add(fault)

    def changes(self) -> list[str]:
        """The names of the changing calls so far."""
        return [call.action for call in self.sandbox.app.calls.changes()]

    def _once(self, hooks: list[Callable[[Call], None]], action: str, error: BaseException) -> None:
        def hook(call: Call) -> None:
            if call.action == action:
                hooks.remove(hook)
                raise error

        hooks.append(hook)
