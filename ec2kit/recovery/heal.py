"""Carries one machine's recovery on: look, ask `next_move`, carry its one small plan out, look again.

All under the machine's lease, which every changing call asks for; a second monitor that comes along gets `Busy`,
and one without our lease (another machine's state) makes the same calls with the same tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ec2kit.engine.acting import LOOK_AGAIN, SETTLE
from ec2kit.engine.execute import execute
from ec2kit.engine.leases import keep
from ec2kit.engine.runs import Command, Runs
from ec2kit.engine.session import Outcome, Session
from ec2kit.errors import (
    AlreadyTaken,
    Ec2kitError,
    Exit,
    Interrupted,
    NoCapacity,
    NotFound,
    StillInProgress,
    Unavailable,
    WrongState,
)
from ec2kit.host.clock import Clock
from ec2kit.model.ids import InstanceId
from ec2kit.model.periods import format_age
from ec2kit.model.runs import Journal, Leases
from ec2kit.model.tags import STATE
from ec2kit.recovery.asked import with_asked
from ec2kit.recovery.candidates import NoCandidate
from ec2kit.recovery.failures import next_number, recovery_run
from ec2kit.recovery.moves import PAUSE, Act, Await, Blocked, Done
from ec2kit.recovery.next_move import next_move
from ec2kit.recovery.observe import Context, observe
from ec2kit.recovery.seen import Seen
from ec2kit.recovery.watch import Monitor

TTL = timedelta(minutes=5)
"""How long a lease outlives a monitor that hangs."""
PASSING = (StillInProgress, NoCapacity, NotFound, WrongState, Unavailable, AlreadyTaken)
"""Errors of a move after which the next look decides: time, a lag, another monitor's hand, or the rung's time-out."""
PATIENCE = timedelta(minutes=15)
"""How long one move may fail for a passing reason before this run ends: a fence has no time-out of its own. The next
run goes on where this one was; one that never ends tells nobody, and keeps the lease from a monitor with a better
line to AWS."""


CERTAIN = 3
"""How often in a row the old half must be seen off before anything takes over from it."""
LAST = ("finish", "call off", "give up")
"""Moves after which the recovery is over."""
AGAIN = ("fence again", "quarantine again")
"""The moves of one who came too late, in runs of their own."""


@dataclass(frozen=True)
class Healer:
    """What healing needs beside the monitor; `session` makes the engine's session for a run under a guard."""

    monitor: Monitor
    runs: Runs
    leases: Leases
    clock: Clock
    command: Command
    session: Callable[[str, Callable[[], None]], Session]
    tell: Callable[[str], None]


@dataclass
class Healed:
    """How one machine's recovery went, as far as this run took it."""

    id: InstanceId
    name: str
    result: str = "nothing"
    """`nothing`, `healed`, `blocked`, `busy` or `failed`."""
    why: str = ""
    hint: str = ""
    successor: InstanceId | None = None
    lost: str = ""
    left: tuple[str, ...] = ()
    """Elastic IPs of its secondary addresses, which stay with the old half."""
    moves: list[str] = field(default_factory=list)
    began: datetime | None = None
    ended: datetime | None = None
    error: Ec2kitError | None = None

    @property
    def exit(self) -> Exit:
        """The exit code of this machine alone."""
        if self.error is not None:
            return self.error.exit_code
        return {"blocked": Exit.REFUSED, "failed": Exit.FAILED}.get(self.result, Exit.DONE)


@dataclass
class Patience:
    """Remembers since when the same move has been failing."""

    move: str = ""
    since: datetime | None = None

    def bears(self, trouble: Ec2kitError, move: Act, now: datetime) -> bool:
        """Whether to look again after this error of a move."""
        if self.since is None or move.name != self.move:
            self.move, self.since = move.name, now
        return isinstance(trouble, PASSING) and now - self.since <= PATIENCE


@dataclass
class Caution:
    """What is made sure of before a replacement is launched: that the old half is off, and that nobody has one."""

    journal: Journal
    looks: int = 0
    """How often in a row the old half was seen off; a fence of this process has looked often enough."""
    settled: bool = False

    def after(self, move: Act, trouble: Ec2kitError | None) -> None:
        """A move was carried out."""
        self.looks = CERTAIN if move.name == "fence" and trouble is None else 0

    def before(self, move: Act, seen: Seen) -> tuple[str, timedelta] | None:
        """Why to wait before this move, and how long; None when nothing speaks against it."""
        self.looks = self.looks + 1 if seen.old_is_off else 0
        if move.name != "replace":
            return None
        vouched_for = seen.failure is not None and seen.failure.to is not None
        if self.looks < CERTAIN and not vouched_for:
            return f"{seen.old.id} reads as {seen.old.state}; looking again to be sure", LOOK_AGAIN
        if not self.settled and self._begun_elsewhere(seen):
            self.settled = True
            return "another monitor began to replace it; giving its work time to show", SETTLE
        return None

    def _begun_elsewhere(self, seen: Seen) -> bool:
        """Whether the old half was put in quarantine and our journal knows nothing of it: whoever did it may have
        made more, which AWS does not show yet, and a set has no client token."""
        run = recovery_run(seen.old.id, next_number(seen.old.tags))
        ours = any(record.key.startswith("replace/") for record in self.journal.steps(run))
        return seen.old.tags.get(STATE) == "quarantined" and not ours


def heal(healer: Healer, context: Context) -> Healed:
    """Take one machine as far as it goes now: healed, blocked, failed, or nothing to do.

    Raises `Busy` when somebody living works on it, `Interrupted`, and what AWS refuses for good.
    """
    seen = _look(healer, context)
    healed = Healed(
        context.id, context.name or seen.old.name, successor=seen.successor.id if seen.successor else None
    )
    first = next_move(seen, context.policy, seen.at)
    if isinstance(first, (Done, Blocked)):
        return _ended(healed, first)
    holder = f"{healer.command.who} run {recovery_run(context.id, next_number(seen.old.tags))}"
    with keep(healer.leases, f"recover/{context.id}", holder, TTL, healer.clock) as guard:
        healed.began = healer.monitor.aws.now()
        return _ticks(healer, context, healed, guard)


def _look(healer: Healer, context: Context) -> Seen:
    """What AWS shows, and what our journal says was asked of it."""
    return with_asked(observe(healer.monitor, context), healer.runs.journal, healer.clock.now())


def _ticks(healer: Healer, context: Context, healed: Healed, guard: Callable[[], None]) -> Healed:
    """Look, decide, act, until nothing is left to do or something forbids it."""
    last = ""
    over: Healed | None = None
    waiting = _Waiting(healer, healed.name, Caution(healer.runs.journal))
    patience, no_room = Patience(), False
    while True:
        guard()
        seen = replace(
            _look(healer, context),
            started_by_us="restart" in healed.moves,
            tried_to_replace="replace" in healed.moves,
            no_room=no_room,
        )
        healed.successor = seen.successor.id if seen.successor else None
        move = next_move(seen, context.policy, seen.at)
        if over is not None and not (isinstance(move, Act) and move.name in AGAIN):
            return over
        if isinstance(move, Done | Blocked):
            return _ended(healed, move)
        if isinstance(move, Await) or waiting.hesitates(move, seen):
            waiting.wait(move)
            continue
        healer.tell(f"{healed.name}: {move.name} ({move.why})")
        _remember(healed, move, seen, healer.monitor.aws.now())
        trouble = _carry_out(healer, context, move, seen, guard)
        waiting.caution.after(move, trouble)
        no_room = move.name == "restart" and isinstance(trouble, NoCapacity)
        if trouble is not None:
            healer.tell(f"{healed.name}: {trouble.message}")
            if not patience.bears(trouble, move, healer.monitor.aws.now()):
                healed.result, healed.why, healed.error = "failed", trouble.message, trouble
                return healed
        elif move.name in LAST or over is not None:
            over = over or _over(healed, move, healer.monitor.aws.now())
            if healed.successor or move.name == "give up":
                return over
            # One that was held up may just have unmarked a machine that another monitor replaced: one more look.
        if trouble is not None or move.name in (last, *AGAIN):
            # Also when it was carried out and AWS does not show it yet: to look again at once would not help.
            _pause(healer, PAUSE)
        last = move.name


@dataclass
class _Waiting:
    """What is waited for between two looks; each reason is told once."""

    healer: Healer
    name: str
    caution: Caution
    told: str = ""
    pause: timedelta = PAUSE

    def hesitates(self, move: Act, seen: Seen) -> bool:
        """Whether something speaks against the move for now."""
        hesitation = self.caution.before(move, seen)
        if hesitation is None:
            return False
        why, self.pause = hesitation
        self.healer.tell(f"{self.name}: {why}")
        return True

    def wait(self, move: Act | Await) -> None:
        """Wait; raises `Interrupted`."""
        if isinstance(move, Await):
            if move.why != self.told:
                self.healer.tell(f"{self.name}: {move.why}")
            self.told, self.pause = move.why, move.pause
        _pause(self.healer, self.pause)


def _pause(healer: Healer, pause: timedelta) -> None:
    """Sleep; raises `Interrupted` when woken by Ctrl-C."""
    healer.clock.sleep(pause.total_seconds())
    if healer.clock.stop.is_set():
        raise Interrupted(
            "interrupted: the recovery goes on with the same command", hint="ec2kit recover all"
        )


def _carry_out(
    healer: Healer, context: Context, move: Act, seen: Seen, guard: Callable[[], None]
) -> Ec2kitError | None:
    """Carry one move's plan out in the recovery's run; returns the first error of its steps."""
    number = next_number(seen.old.tags)
    run = recovery_run(context.id, number)
    with healer.runs.begin(healer.command, move.plan, run) as work:
        outcome: Outcome = execute(work.plan, healer.session(run, guard))
        if move.name in (*LAST, *AGAIN) and not outcome.failures:
            work.finish(Exit.FAILED if move.name == "give up" else Exit.DONE)
    return next((failure.error for failure in outcome.failures), None)


def _remember(healed: Healed, move: Act, seen: Seen, now: datetime) -> None:
    """Keep for the report what was done, and what a replacement loses."""
    if move.name not in healed.moves:
        healed.moves.append(move.name)
    healed.left = healed.left or tuple(address.public_ip for address in seen.left)
    if move.name == "replace" and not isinstance(seen.source, NoCandidate):
        chosen = seen.source.set
        healed.lost = (
            f"what was written after {chosen.name} ({format_age(chosen.taken, now)} before the replacement)"
        )


def _over(healed: Healed, move: Act, now: datetime) -> Healed:
    """The recovery's last move was carried out."""
    healed.ended = now
    if move.name == "give up":
        healed.result, healed.why, healed.hint = "failed", move.why, f"ec2kit recovery ack {healed.id}"
    elif move.name == "finish":
        healed.result = "healed"
        healed.why = (
            f"replaced by {healed.successor}" if healed.successor else "restarted with the same disks"
        )
    else:
        healed.why = move.why
    return healed


def _ended(healed: Healed, move: Done | Blocked) -> Healed:
    """There is nothing to do, or something forbids it."""
    healed.why = move.why
    if isinstance(move, Blocked):
        healed.result, healed.hint = "blocked", move.hint
    return healed
