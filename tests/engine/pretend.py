"""A tiny AWS for the engine's own tests: things that are made, with or without a token, and shown late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, cast

from ec2kit.aws import Aws
from ec2kit.engine.codec import encode_plan
from ec2kit.engine.execute import execute
from ec2kit.engine.listeners import NullListener
from ec2kit.engine.plan import Plan, Planned
from ec2kit.engine.session import Outcome, Session
from ec2kit.engine.steps.base import Attempt, Result, Step
from ec2kit.errors import Ec2kitError, NotFound
from ec2kit.model.ids import RunId
from ec2kit.model.runs import Event, Run, RunState, StepRecord
from ec2kit.model.waiting import Wait
from tests.support.clocks import FakeClock
from tests.support.journals import MemoryJournal

RUN = RunId("01ARZ3NDEKTSV4RRFFQ69G5FAV")


class Cut(BaseException):
    """The process dies here."""


@dataclass
class Thing:
    """Something that was made."""

    id: str
    name: str
    token: str
    mark: str
    parts: tuple[str, ...]
    shown_from: datetime


@dataclass
class World:
    """What is there, and what goes wrong; `hook` is called with a word at each point where a process may die."""

    clock: FakeClock
    lag: timedelta = timedelta(seconds=7)
    things: list[Thing] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    sent_at: list[datetime] = field(default_factory=list)
    trouble: dict[str, list[Ec2kitError]] = field(default_factory=dict)
    """Errors by name, raised one for each call before anything is done."""
    lost: set[str] = field(default_factory=set)
    """Names of which the next answer is lost after the work was done."""
    words: dict[str, list[str | Ec2kitError]] = field(default_factory=dict)
    """What looks see by name, one for each look; then `ready`."""
    looks: list[str] = field(default_factory=list)
    hook: Callable[[str], None] = lambda _: None
    guard: Callable[[], None] = lambda: None

    def guarded(self, guard: Callable[[], None]) -> World:
        self.guard = guard
        return self

    def make(self, step: Make, attempt: Attempt) -> str:
        self.guard()
        self.hook(f"before {step.name}")
        self.calls.append(step.name)
        self.sent_at.append(self.clock.now())
        if self.trouble.get(step.name):
            raise self.trouble[step.name].pop(0)
        made = next(
            (thing for thing in self.things if step.repeatable and thing.token == attempt.token), None
        )
        if made is None:
            made = Thing(
                f"thing-{len(self.things)}",
                step.name,
                attempt.token,
                attempt.mark,
                step.parts,
                self.clock.now() + self.lag,
            )
            self.things.append(made)
        self.hook(f"after {step.name}")
        if step.name in self.lost:
            from ec2kit.errors import OutcomeUnknown

            self.lost.discard(step.name)
            raise OutcomeUnknown(f"the answer about {step.name} was lost")
        return made.id

    def find(self, mark: str) -> str | None:
        self.hook("look for")
        now = self.clock.now()
        return next(
            (thing.id for thing in self.things if thing.mark == mark and thing.shown_from <= now), None
        )

    def see(self, id: str) -> str:
        self.hook("see")
        thing = next(thing for thing in self.things if thing.id == id)
        self.looks.append(thing.name)
        if self.words.get(thing.name):
            word = self.words[thing.name].pop(0)
            if isinstance(word, Ec2kitError):
                raise word
            return word
        if thing.shown_from > self.clock.now():
            raise NotFound(f"{id} is not shown")
        return "ready"

    def names(self) -> list[str]:
        return sorted(thing.name for thing in self.things)

    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        """Everything that is there, with names for ids."""
        names = {thing.id: thing.name for thing in self.things}
        return sorted((thing.name, tuple(names[part] for part in thing.parts)) for thing in self.things)


def world_of(attempt: Attempt) -> World:
    return cast("World", attempt.aws)


@dataclass(frozen=True)
class Make(Step):
    """Makes a thing with a token."""

    kind: ClassVar[str] = "make"
    actions: ClassVar[tuple[str, ...]] = ()

    name: str
    parts: tuple[str, ...] = ()
    places: int = 1
    waits: bool = True

    def describe(self) -> str:
        return f"make {self.name}"

    def target(self) -> str:
        return self.name

    def attempts(self) -> int:
        return self.places

    def already(self, attempt: Attempt) -> Result | None:
        id = world_of(attempt).find(attempt.mark)
        return {"id": id} if id else None

    def apply(self, attempt: Attempt) -> Result:
        return {"id": world_of(attempt).make(self, attempt)}

    def wait(self) -> Wait | None:
        return Wait(self.name, frozenset({"ready"}), frozenset({"broken"})) if self.waits else None

    def seen(self, attempt: Attempt, result: Result) -> str:
        return world_of(attempt).see(result["id"])

    def undo(self, result: Result) -> tuple[Step, ...]:
        return (Unmake(result["id"]),)


@dataclass(frozen=True)
class MakeBlind(Make):
    """Makes a thing without a token: a second call makes a second one."""

    kind: ClassVar[str] = "make-blind"
    repeatable: ClassVar[bool] = False


@dataclass(frozen=True)
class Unmake(Step):
    """The way back; cannot be undone itself."""

    kind: ClassVar[str] = "unmake"
    actions: ClassVar[tuple[str, ...]] = ()

    id: str

    def describe(self) -> str:
        return f"unmake {self.id}"

    def target(self) -> str:
        return self.id

    def already(self, attempt: Attempt) -> Result | None:
        raise AssertionError("the way back is planned here, not gone")

    def apply(self, attempt: Attempt) -> Result:
        raise AssertionError("the way back is planned here, not gone")


KINDS: dict[str, type[Step]] = {step.kind: step for step in (Make, MakeBlind, Unmake)}


class HookedJournal(MemoryJournal):
    """A journal where a process may die before and after each write, or the disk may be full."""

    hook: Callable[[str], None] = staticmethod(lambda _: None)
    full: bool = False

    def write_step(self, record: StepRecord) -> None:
        self.hook("before a write")
        if self.full:
            raise Ec2kitError("no space left on the device")
        super().write_step(record)
        self.hook("after a write")

    def write_event(self, event: Event) -> None:
        if self.full:
            raise Ec2kitError("no space left on the device")
        super().write_event(event)


class Listening(NullListener):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.on_waiting: Callable[[str], None] = lambda _: None

    def started(self, planned: Planned) -> None:
        self.told.append(("started", planned.key))

    def waiting(self, planned: Planned, seen: str, waited: timedelta) -> None:
        self.on_waiting(seen)

    def done(self, planned: Planned, result: Result) -> None:
        self.told.append(("done", planned.key))

    def unchanged(self, planned: Planned) -> None:
        self.told.append(("unchanged", planned.key))

    def failed(self, planned: Planned, error: Ec2kitError) -> None:
        self.told.append(("failed", planned.key))

    def event(self, text: str) -> None:
        self.told.append(("event", text))


@dataclass
class Bench:
    """A world, a journal and a clock, to carry plans out on."""

    clock: FakeClock = field(default_factory=FakeClock)
    journal: HookedJournal = field(default_factory=HookedJournal)
    listener: Listening = field(default_factory=Listening)
    world: World = field(init=False)

    def __post_init__(self) -> None:
        self.world = World(self.clock)

    def session(self, **options: Any) -> Session:
        options.setdefault("workers", 1)
        aws = cast("Aws", self.world)
        return Session(aws, self.journal, RUN, self.clock, self.listener, **options)

    def run(self, plan: Plan, **options: Any) -> Outcome:
        if self.journal.run(RUN) is None:
            self.open(plan)
        return execute(plan, self.session(**options))

    def open(self, plan: Plan) -> None:
        self.journal.open_run(
            Run(
                id=RUN,
                intent="",
                argv=("make",),
                who="alice",
                host="bastion",
                account="123456789012",
                region="eu-west-1",
                endpoint="",
                plan=encode_plan(plan),
                state=RunState.RUNNING,
                started=self.clock.now(),
            )
        )


def chain(*steps: Step) -> Plan:
    """The steps one after the other, with their targets as keys."""
    planned: list[Planned] = []
    for step in steps:
        planned.append(Planned(step.target(), step, (planned[-1].key,) if planned else ()))
    return Plan(tuple(planned))


def beside(*steps: Step) -> Plan:
    """The steps side by side, with their targets as keys."""
    return Plan(tuple(Planned(step.target(), step) for step in steps))
