"""Runs: what "the same command again" means.

A run is known by its intent: account, region, verb, and the selectors and options as typed. An unfinished run of
the same intent goes on from its stored plan; a living one makes us busy; otherwise there is a new run. A run of a
recovery is given its id from outside, so that every monitor that acts on the same failure has the same one.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ec2kit.engine.book import is_empty
from ec2kit.engine.codec import Kinds, decode_plan, encode_plan
from ec2kit.engine.plan import Plan
from ec2kit.engine.resolve import reveal
from ec2kit.engine.steps import KINDS
from ec2kit.engine.steps.secret import sha256_of
from ec2kit.engine.ulid import RANDOM_BYTES, ulid
from ec2kit.engine.waiting import Clock
from ec2kit.errors import Busy, Ec2kitError, Exit, NotFound, Refused
from ec2kit.model.ids import RunId
from ec2kit.model.periods import format_age
from ec2kit.model.runs import Event, Journal, Json, Run, RunState

STALE = timedelta(hours=24)
"""An unfinished run older than this is not resumed without being named: the world has moved on."""


def intent_of(account: str, region: str, verb: str, words: Sequence[str]) -> str:
    """Given where, what and the words as typed (in any order), return the intent's sha256 in hexadecimal."""
    text = json.dumps([account, region, verb, *sorted(words)])
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Command:
    """What was typed, by whom, and where it acts."""

    verb: str
    words: tuple[str, ...]
    account: str
    region: str
    endpoint: str = ""
    argv: tuple[str, ...] = ()
    who: str = ""
    host: str = ""

    @property
    def intent(self) -> str:
        """The identity of this command's work."""
        return intent_of(self.account, self.region, self.verb, self.words)


@dataclass
class Work:
    """A run that this process holds; `finish` says how it ended."""

    run: RunId
    plan: Plan
    resumed: bool = False
    exit: Exit | None = field(default=None, init=False)

    def finish(self, exit: Exit) -> None:
        """The run ended with this code; 0 is the only one that leaves nothing to resume."""
        self.exit = exit


@dataclass(frozen=True)
class Runs:
    """The runs in a journal: found, begun, resumed, abandoned."""

    journal: Journal
    clock: Clock
    kinds: Kinds = field(default_factory=lambda: KINDS)
    random: Callable[[int], bytes] = secrets.token_bytes

    def unfinished(self, intent: str) -> Run | None:
        """The newest run of this intent that has something to go on from, dead or alive."""
        return next(
            (run for run in self.journal.runs(limit=1000, intent=intent) if self.is_unfinished(run)), None
        )

    def is_unfinished(self, run: Run) -> bool:
        """Whether the run ended other than well after something may have been changed.

        A run whose every call was refused changed nothing: the same words begin anew, with a new plan.
        """
        if run.state in (RunState.DONE, RunState.ABANDONED) or run.exit == Exit.DONE:
            return False
        return any(not is_empty(record) for record in self.journal.steps(run.id))

    def is_stale(self, run: Run) -> bool:
        """Whether the run has been unfinished for more than a day."""
        return self.clock.now() - self.last_active(run) > STALE

    def last_active(self, run: Run) -> datetime:
        """When the run last wrote something."""
        moments = [run.ended, *(record.at for record in self.journal.steps(run.id))]
        return max((moment for moment in moments if moment is not None), default=run.started)

    def resumable(self, intent: str) -> Run | None:
        """The unfinished run that the same words go on with, or None for a new one.

        Raises `Busy` when a living process holds it, `Refused` when it is stale.
        """
        run = self.unfinished(intent)
        if run is None:
            return None
        if self.journal.is_held(run.id):
            raise _busy(run.id)
        if self.is_stale(run):
            age = format_age(self.last_active(run), self.clock.now())
            raise Refused(
                f"run {run.id} of the same words has been unfinished for {age}",
                resource=run.id,
                hint=f"ec2kit resume {run.id}, or ec2kit resume {run.id} --abandon",
            )
        return run

    def get(self, run: RunId) -> Run:
        """The run with this id; raises `NotFound`."""
        found = self.journal.run(run)
        if found is None:
            raise NotFound(f"no run '{run}' in the history", resource=run, hint="ec2kit history")
        return found

    @contextmanager
    def alone(self, intent: str) -> Iterator[None]:
        """Keep a second process with the same words out, from looking for an unfinished run until the end.

        Raises `Busy`. Not used with `--new`, which wants a second run.
        """
        with self.journal.hold(RunId(f"intent-{intent[:32]}")) as ours:
            if not ours:
                raise Busy("the same command is already running", hint="ec2kit history")
            yield

    @contextmanager
    def begin(self, command: Command, plan: Plan, run: RunId | None = None) -> Iterator[Work]:
        """Write a new run with its plan, and hold it while it is carried out.

        With an id from outside, a run that exists is gone on with: its plan grows by `plan`. Whoever leaves the
        block without `finish` leaves the run unfinished. Raises `Busy`, or the journal's error.
        """
        id = run or RunId(ulid(self.clock.now(), self.random(RANDOM_BYTES)))
        with self._holding(id):
            known = self.journal.run(id) if run else None
            if known is None:
                self.journal.open_run(self._new(id, command, plan))
            else:
                self._grow(known, plan)
            yield from self._working(Work(id, plan, resumed=known is not None))

    @contextmanager
    def resume(self, run: RunId, secrets: Iterable[str] = ()) -> Iterator[Work]:
        """Hold an unfinished run again and go on from its stored plan.

        `secrets` are texts that the plan may want and the journal does not have (a user data file, read again).
        Raises `NotFound`, `Busy`, `Refused` for a run that has nothing left to do, `Ec2kitError` for a plan of
        a newer ec2kit.
        """
        with self._holding(run):
            found = self.get(run)
            if found.state in (RunState.DONE, RunState.ABANDONED):
                raise Refused(f"run {run} is {found.state}", resource=run, hint=f"ec2kit history show {run}")
            plan = decode_plan(found.plan, self.kinds)
            texts = {sha256_of(text): text for text in secrets}
            plan = replace(
                plan, steps=tuple(replace(each, step=reveal(each.step, texts)) for each in plan.steps)
            )
            self.journal.write_event(Event(run, self.clock.now(), "resumed"))
            yield from self._working(Work(run, plan, resumed=True))

    def abandon(self, run: RunId) -> Run:
        """Give an unfinished run up: the same words begin anew, what it made stays. Raises `NotFound`, `Busy`."""
        with self._holding(run):
            found = self.get(run)
            if found.state is not RunState.DONE:
                self.journal.close_run(run, RunState.ABANDONED, found.exit or Exit.FAILED, self.clock.now())
            return self.get(run)

    def was_given_up(self, run: RunId) -> bool:
        """Whether this run was abandoned; of one that only another machine's journal knows nobody can say so."""
        found = self.journal.run(run)
        return found is not None and found.state is RunState.ABANDONED

    @contextmanager
    def _holding(self, run: RunId) -> Iterator[None]:
        with self.journal.hold(run) as ours:
            if not ours:
                raise _busy(run)
            yield

    def _working(self, work: Work) -> Iterator[Work]:
        try:
            yield work
        except Ec2kitError as error:
            # The first error is the one to report; a journal that fails as well leaves a run that looks killed.
            with suppress(Ec2kitError):
                self._close(work.run, error.exit_code)
            raise
        if work.exit is not None:
            self._close(work.run, work.exit)

    def _close(self, run: RunId, exit: Exit) -> None:
        state = RunState.DONE if exit is Exit.DONE else RunState.FAILED
        self.journal.close_run(run, state, exit, self.clock.now())

    def _new(self, id: RunId, command: Command, plan: Plan) -> Run:
        return Run(
            id=id,
            intent=command.intent,
            argv=command.argv or (command.verb, *command.words),
            who=command.who,
            host=command.host,
            account=command.account,
            region=command.region,
            endpoint=command.endpoint,
            plan=encode_plan(plan),
            state=RunState.RUNNING,
            started=self.clock.now(),
        )

    def _grow(self, known: Run, plan: Plan) -> None:
        """The stored plan with this one's steps after it; a step planned again under its key is replaced."""
        stored: Json = known.plan
        new = encode_plan(plan)
        again = {item["key"] for item in new["steps"]}
        kept = [item for item in stored["steps"] if item["key"] not in again]
        self.journal.store_plan(known.id, {**new, "steps": kept + new["steps"]})


def _busy(run: RunId) -> Busy:
    return Busy(f"run {run} is going on in another process", resource=run, hint=f"ec2kit history show {run}")
