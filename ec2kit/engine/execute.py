"""Carries a plan out: independent steps side by side, a failed step stops only what needs it.

Calls are made by a few threads; waiting is done here, in the caller's thread, for all steps together. A call to
AWS cannot be cancelled, so stopping means: nothing new begins, calls in flight get a few seconds, and what they
bring back is found at resume.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from ec2kit.engine.acting import Acted, Acting, Halted
from ec2kit.engine.book import Book, CannotWrite
from ec2kit.engine.plan import Plan, Planned
from ec2kit.engine.room import Room
from ec2kit.engine.session import Outcome, Session, StepFailure
from ec2kit.engine.steps.base import Result
from ec2kit.errors import Busy, Ec2kitError, Interrupted, NoCapacity, OutcomeUnknown, StillInProgress
from ec2kit.model.periods import format_duration

GRACE = 5.0
"""Seconds that calls in flight get after Ctrl-C."""
SLICE = 0.05
"""Seconds of real time after which the caller's thread looks up from waiting for a call."""


def execute(plan: Plan, session: Session) -> Outcome:
    """Carry out what the journal does not show as done, and return how each step went.

    Raises `Interrupted` once `session.stop` is set (or at Ctrl-C), `Busy` when the lease is lost, and the
    journal's error when it cannot be written; in each case the run can be resumed.
    """
    return _Execution(plan, session).run()


@dataclass(frozen=True)
class _Ended:
    """What a worker brings back."""

    key: str
    acted: Acted | None = None
    error: BaseException | None = None


class _Execution:
    def __init__(self, plan: Plan, session: Session) -> None:
        self.plan = plan
        self.session = session
        self.book = Book(session.journal, session.run, session.clock)
        self.acting = Acting(session, self.book, self._is_halted)
        self.room = Room()
        self.halt = threading.Event()
        self.planned = {planned.key: planned for planned in plan.steps}
        self.place = {key: number for number, key in enumerate(self.planned)}
        self.needed = {need for planned in plan.steps for need in planned.needs}
        self.sorter = plan.graph()
        self.ready: list[str] = []
        self.ended: queue.SimpleQueue[_Ended] = queue.SimpleQueue()
        self.running: set[str] = set()
        self.results: dict[str, Result] = {}
        self.failures: list[StepFailure] = []
        self.unverified: list[str] = []
        self.unchanged: list[str] = []
        self.deadline = None if session.timeout is None else session.clock.now() + session.timeout

    def run(self) -> Outcome:
        self.session.listener.planned(self.plan)
        self.sorter.prepare()
        try:
            self._loop()
        except KeyboardInterrupt:
            self.session.stop.set()
        except CannotWrite as failure:
            self._let_calls_end()
            raise failure.error from failure
        except BaseException:
            self._let_calls_end()
            raise
        self._let_calls_end()
        if self.session.stop.is_set() and not self._is_complete():
            raise Interrupted(
                f"interrupted: {len(self.results)} of {len(self.plan.steps)} steps are done, "
                "AWS goes on with what it was told",
                hint=f"ec2kit resume {self.session.run}",
            )
        return self._outcome()

    def _loop(self) -> None:
        while not self._is_halted():
            self.session.guard()
            self._start_ready()
            if not self.running and not self.room:
                return
            self._collect()
            self._look()
            if (
                self.deadline is not None
                and self.session.clock.now() >= self.deadline
                and not self._is_complete()
            ):
                self._run_out_of_time()
                return

    def _is_halted(self) -> bool:
        return self.session.stop.is_set() or self.halt.is_set()

    def _is_complete(self) -> bool:
        return len(self.results) + len(self.failures) + len(self._skipped()) == len(self.plan.steps)

    # Calls.

    def _start_ready(self) -> None:
        self.ready.extend(sorted(self.sorter.get_ready(), key=self.place.__getitem__))
        while self.ready and len(self.running) < self.session.workers and not self._is_halted():
            self._start(self.planned[self.ready.pop(0)])

    def _start(self, planned: Planned) -> None:
        self.running.add(planned.key)
        last = self.book.last(planned.key)
        if last is None or last.result is None:
            self.session.listener.started(planned)
        results = dict(self.results)
        if self.session.workers == 1:
            self._act(planned, results)
            return
        # Daemons: after the grace period a call that hangs must not keep the process.
        threading.Thread(target=self._act, args=(planned, results), name=planned.key, daemon=True).start()

    def _act(self, planned: Planned, results: Mapping[str, Result]) -> None:
        try:
            self.ended.put(_Ended(planned.key, acted=self.acting.act(planned, results)))
        except BaseException as error:  # noqa: BLE001  carried to the caller's thread, which raises or reports it
            self.ended.put(_Ended(planned.key, error=error))

    def _collect(self) -> None:
        """Take what the workers brought back; with nobody working, sleep until somebody in the room is due."""
        if not self.running:
            due = self.room.next_due()
            delay = (due - self.session.clock.now()).total_seconds() if due else 0.0
            if delay > 0:
                self.session.clock.sleep(delay)
            return
        try:
            ended = self.ended.get(timeout=SLICE)
            while True:
                self._settle(ended)
                ended = self.ended.get_nowait()
        except queue.Empty:
            return

    def _settle(self, ended: _Ended) -> None:
        self.running.discard(ended.key)
        if ended.acted is not None:
            self._await(ended.acted)
        elif isinstance(ended.error, Ec2kitError) and not isinstance(ended.error, (Busy, Interrupted)):
            self._give_up(self.planned[ended.key], ended.error)
        elif ended.error is not None and not isinstance(ended.error, Halted):
            raise ended.error

    # Waiting.

    def _await(self, acted: Acted) -> None:
        """The call was answered: wait for AWS to show it, unless nobody wants to."""
        key = acted.planned.key
        wait = None if acted.verified else acted.step.wait()
        if wait is None:
            self._finish(acted)
        elif not (self.session.wait or acted.step.awaited or key in self.needed):
            self.unverified.append(key)
            self._finish(acted, verified=False)
        else:
            self.room.enter(acted, wait, self.session.clock.now())

    def _look(self) -> None:
        for seen in self.room.look(self.session.clock.now()):
            planned = seen.guest.acted.planned
            if seen.error is not None:
                self.room.leave(planned.key)
                if not isinstance(seen.error, StillInProgress):
                    self.book.failed(planned.key, seen.error)
                self._give_up(planned, seen.error)
            elif seen.over:
                self.room.leave(planned.key)
                self._finish(seen.guest.acted)
            else:
                watch = seen.guest.watch
                self.session.listener.waiting(planned, watch.seen, watch.waited(self.session.clock.now()))

    def _give_up(self, planned: Planned, error: Ec2kitError) -> None:
        """The attempt is over: another place may do."""
        if isinstance(error, NoCapacity) and self.acting.may_try_elsewhere(planned):
            self.book.event(f"{planned.key}: trying the next place")
            subject = planned.subject or planned.key
            self.session.listener.event(f"trying the next place for '{subject}': {error.message}")
            self.ready.append(planned.key)
        else:
            self._fail(planned, error)

    def _run_out_of_time(self) -> None:
        """The command's own time-out: what is under way goes on without us."""
        self.halt.set()
        limit = format_duration(self.session.timeout or timedelta())
        for guest in self.room.guests():
            what = guest.watch.wait.what
            word = guest.watch.seen or "unknown"
            message = f"gave up waiting for {what} after {limit}: it is '{word}'"
            self._fail(guest.acted.planned, StillInProgress(message))
        for key in sorted(self.running):
            planned = self.planned[key]
            message = f"gave up after {limit}: {planned.step.describe()} is still under way"
            self._fail(planned, StillInProgress(message))

    # Endings.

    def _finish(self, acted: Acted, *, verified: bool = True) -> None:
        planned = acted.planned
        self.results[planned.key] = acted.result
        self.sorter.done(planned.key)
        if acted.unchanged:
            self.unchanged.append(planned.key)
        if acted.verified:
            return
        if verified:
            self.book.done(planned.key)
        if acted.unchanged:
            self.session.listener.unchanged(planned)
        else:
            self.session.listener.done(planned, acted.result)

    def _fail(self, planned: Planned, error: Ec2kitError) -> None:
        if isinstance(error, (OutcomeUnknown, StillInProgress)):
            error.hint = f"ec2kit resume {self.session.run}"
        self.failures.append(
            StepFailure(planned.key, planned.step.describe(), planned.subject or planned.key, error)
        )
        self.session.listener.failed(planned, error)

    def _let_calls_end(self) -> None:
        """Nothing new begins; calls in flight get `GRACE` seconds, so that their results are journalled."""
        self.halt.set()
        if not self.running:
            return
        enough = threading.Event()
        timer = threading.Timer(GRACE, enough.set)
        timer.daemon = True
        timer.start()
        while self.running and not enough.is_set():
            with suppress(queue.Empty):
                self.running.discard(self.ended.get(timeout=SLICE).key)
        timer.cancel()

    def _skipped(self) -> tuple[str, ...]:
        """The keys that cannot be done because something they need failed."""
        bad = {failure.key for failure in self.failures}
        skipped: list[str] = []
        for key in self._in_order():
            if key not in bad and key not in self.results and bad.intersection(self.planned[key].needs):
                bad.add(key)
                skipped.append(key)
        return tuple(skipped)

    def _in_order(self) -> tuple[str, ...]:
        return tuple(self.plan.graph().static_order())

    def _outcome(self) -> Outcome:
        left = self.planned.keys() - self.results.keys() - {failure.key for failure in self.failures}
        return Outcome(
            plan=self.plan,
            results=dict(self.results),
            failures=tuple(self.failures),
            skipped=tuple(key for key in self.planned if key in left),
            waiting=tuple(self.unverified),
            unchanged=tuple(self.unchanged),
        )
