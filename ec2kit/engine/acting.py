"""One step made true: look whether it happened, write the intent, send the call, write the result.

The order is what makes a kill harmless. The intent is on disk before the call, so a call can never be
forgotten; a call without client token is only repeated after AWS has had the settle time to show what an
earlier sending made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TypeVar

from ec2kit.engine.book import Book, is_spent, is_unchanged
from ec2kit.engine.codec import encode_step
from ec2kit.engine.plan import Planned
from ec2kit.engine.resolve import refs_in, resolve
from ec2kit.engine.session import Session
from ec2kit.engine.steps.base import Attempt, Result, Step, Workplace
from ec2kit.errors import AwsRefused, Ec2kitError, NotFound, OutcomeUnknown, Unavailable
from ec2kit.model.runs import StepRecord, StepState

SETTLE = timedelta(seconds=60)
"""How long EC2 may take to show what a call made; it allows itself up to five minutes, and shows nearly
everything within seconds."""
SENDINGS = 4
"""How often one call is sent whose answers get lost."""
LAG = timedelta(minutes=5)
"""How long a resource that this run made may be "not found" by other calls (EC2, "Eventual consistency")."""
LOOK_AGAIN = timedelta(seconds=5)

T = TypeVar("T")


class Halted(Exception):
    """The run is being stopped: no new call is begun."""


@dataclass(frozen=True)
class Acted:
    """A step whose call was answered, now or by an earlier process."""

    planned: Planned
    step: Step
    attempt: Attempt
    result: Result
    unchanged: bool = False
    verified: bool = False
    """The journal says that it was done before."""


class Acting:
    """Makes steps true, one call of `act` for each; safe to use from many threads."""

    def __init__(self, session: Session, book: Book, halted: Callable[[], bool]) -> None:
        self._session = session
        self._book = book
        self._halted = halted
        self._aws = session.aws.guarded(session.guard)
        self._tried: dict[str, int] = {}

    def act(self, planned: Planned, results: Mapping[str, Result]) -> Acted:
        """Have the step's call made unless that was done before, and return its result.

        Raises `NoCapacity` when this place has none (the next call of `act` tries the next one), what AWS
        refuses with, `CannotWrite` when the journal fails, `Halted` when the run is being stopped.
        """
        step = resolve(planned.step, results)
        self._tried[planned.key] = self._tried.get(planned.key, 0) + 1
        last = self._book.last(planned.key)
        answered = last is not None and last.result is not None and last.state is not StepState.FAILED
        if last is not None and answered and not _wants_other_values(planned, last):
            attempt = self._attempt(planned, last.attempt, last)
            verified = last.state is StepState.DONE
            return Acted(planned, step, attempt, last.result, is_unchanged(last.result), verified)
        return self._try(planned, step)

    def may_try_elsewhere(self, planned: Planned) -> bool:
        """Whether a place is left that this process has not tried for the step."""
        return self._tried.get(planned.key, 0) < planned.step.attempts()

    def _try(self, planned: Planned, step: Step) -> Acted:
        """One attempt: the last one again, unless its place and token are used up.

        A refused call keeps its token, so that two monitors that act at once still send the same one.
        """
        last = self._book.last(planned.key)
        sent = last is not None and last.state is not StepState.FAILED
        index = 0 if last is None else last.attempt + is_spent(last)
        attempt = self._attempt(planned, index, last if sent else None)
        found = self._find(planned, step, attempt, sent=sent)
        if found is not None:
            if sent:
                self._book.result(planned.key, found)
            else:
                self._book.found(planned, attempt, found)
            return Acted(planned, step, attempt, found, unchanged=not sent)
        result = self._send(planned, step, attempt)
        self._book.result(planned.key, result)
        return Acted(planned, step, attempt, result)

    def _find(self, planned: Planned, step: Step, attempt: Attempt, *, sent: bool) -> Result | None:
        """What is there already; a call that was sent without client token is looked for until it has settled."""
        since = attempt.since or self._session.clock.now()
        while True:
            late = self._session.clock.now() >= since + SETTLE
            try:
                found = self._patiently(planned, partial(step.already, attempt))
            except Unavailable:
                if late:
                    raise
            else:
                if found is not None or late or not sent or step.repeatable:
                    return found
            self._pause(LOOK_AGAIN)

    def _send(self, planned: Planned, step: Step, attempt: Attempt) -> Result:
        """Write the intent and make the call, again as long as its answers get lost and nothing is found."""
        for sendings_left in reversed(range(SENDINGS)):
            self._check()
            self._book.intent(planned, attempt)
            try:
                return self._patiently(planned, partial(step.apply, attempt))
            except OutcomeUnknown:
                self._book.unknown(planned.key)
                attempt = self._attempt(planned, attempt.index, self._book.last(planned.key))
                self._pause(LOOK_AGAIN)
                found = self._find(planned, step, attempt, sent=True)
                if found is not None:
                    return found
                if not sendings_left:
                    raise
            except (AwsRefused, NotFound) as error:
                # Refused because it is so already: stopped by somebody else, a name that our own lost call took.
                found = step.already(attempt)
                if found is not None:
                    return found
                self._failed(planned, error)
                raise
            except Ec2kitError as error:
                self._failed(planned, error)
                raise
        raise AssertionError("the last sending returns or raises")

    def _failed(self, planned: Planned, error: Ec2kitError) -> None:
        """Write it down; of what the step needs, too, when that is found to be no good."""
        if isinstance(error, planned.step.spoilt_by):
            for key in planned.needs:
                self._book.failed(key, error)
        self._book.failed(planned.key, error)

    def _patiently(self, planned: Planned, ask: Callable[[], T]) -> T:
        """Ask again while something that an earlier step of the plan made is not found."""
        made_here = any(True for _ in refs_in(planned.step))
        began = self._session.clock.now()
        while True:
            try:
                return ask()
            except NotFound:
                if not made_here or self._session.clock.now() - began >= LAG:
                    raise
            self._pause(LOOK_AGAIN)

    def _attempt(self, planned: Planned, index: int, record: StepRecord | None) -> Attempt:
        since = record.at if record is not None else self._session.clock.now()
        return Attempt(self._aws, self._session.run, planned.key, index, since, self._workplace(planned))

    def _workplace(self, planned: Planned) -> Workplace:
        began = self._session.clock.now()

        def tell(text: str) -> None:
            self._session.listener.waiting(planned, text, self._session.clock.now() - began)

        session = self._session
        return Workplace(session.directory, session.workers, self._check, tell, session.directories)

    def _pause(self, pause: timedelta) -> None:
        self._check()
        self._session.clock.sleep(pause.total_seconds())
        self._check()

    def _check(self) -> None:
        if self._halted():
            raise Halted


def _wants_other_values(planned: Planned, last: StepRecord) -> bool:
    """Whether a plan made anew writes other values than the try that was cut before it was verified."""
    is_plain, is_verified = planned.step.plain, last.state is StepState.DONE
    return is_plain and not is_verified and last.args != encode_step(planned.step)
