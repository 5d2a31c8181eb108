"""One run looked at from the outside: each moment at which it could be killed, and what a kill would leave then.

A killed process leaves three things: AWS as it is, the files as they are, and no lock. So nobody has to die: at
each moment the sandbox's world and the state directory are copied, and the run goes on. What comes after a kill
starts from the copy. Nothing of the dying process runs in between, no `finally` and no handler, as with SIGKILL;
the SIGKILL tests beside this one show that the real thing leaves the same.

With a call there are three moments: before it is handled, after, and when the first byte of the answer is out.
With a write of the journal there are two. Many moments leave the same (an answer that was read and not written
down yet): they are copied once.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ec2kit.model.ids import RunId
from ec2kit.model.runs import Event, Journal, Json, Run, RunState, StepRecord
from ec2kit.sandbox import store
from ec2kit.sandbox.calls import Call
from tests.sandbox.seeded import Seeded
from tests.support.inprocess import InProcess

BEFORE, AFTER, FIRST_BYTE = "before", "after", "first byte"
WORLD = "world"


@dataclass(frozen=True)
class Moment:
    """One moment: `call 12 ec2:AllocateAddress`, `after`. `left` is the directory with what a kill leaves."""

    what: str
    cut: str
    left: Path
    changes: bool = False
    """Whether it is a call that changes something."""

    def __str__(self) -> str:
        return f"{self.cut} {self.what}"


def copy_home(home: Path, to: Path) -> None:
    """Copy a home directory, in which disks may be: their holes stay holes."""
    shutil.copytree(home, to, copy_function=_copy_file)


def _copy_file(source: str, target: str) -> None:
    with Path(source).open("rb") as old, Path(target).open("wb") as new:
        size, at = os.fstat(old.fileno()).st_size, 0
        new.truncate(size)
        while at < size:
            try:
                start = os.lseek(old.fileno(), at, os.SEEK_DATA)
            except OSError:
                break
            at = os.lseek(old.fileno(), start, os.SEEK_HOLE)
            new.seek(start)
            new.write(os.pread(old.fileno(), at - start, start))
    shutil.copystat(source, target)


class Copied(Seeded):
    """A sandbox in the state in which it was when `left` was copied."""

    def __init__(self, left: Path) -> None:
        self.app = store.load(left / WORLD)
        self._clients: dict[tuple[str, str], Any] = {}
        self.ec2 = self.client("ec2")


@dataclass
class Recorder:
    """Copies what a kill would leave at each moment of what runs in `home` against `sandbox`."""

    sandbox: InProcess
    home: Path
    copies: Path
    every: bool = True
    """False: only the first moment and the end are copied."""
    moments: list[Moment] = field(default_factory=list)
    calls: int = 0
    writes: int = 0
    _changes: int = 0
    _last: tuple[object, ...] = ()

    def start(self) -> None:
        """From now on."""
        self.sandbox.before(lambda call: self._call(call, BEFORE))
        self.sandbox.after(lambda call: self._call(call, AFTER))
        self.sandbox.first_byte(lambda call: self._call(call, FIRST_BYTE))

    def journal(self, journal: Journal) -> Journal:
        """The journal, each write of which is a moment too."""
        return WatchedJournal(journal, self._write)

    def copy(self, left: Path) -> Path:
        """What there is now, for whoever goes on from it."""
        store.save(self.sandbox.app, left / WORLD)
        copy_home(self.home, left / "home")
        return left

    @property
    def states(self) -> tuple[Path, ...]:
        """The different states that a kill can leave."""
        return tuple(dict.fromkeys(moment.left for moment in self.moments))

    def _call(self, call: Call, cut: str) -> None:
        self.calls += cut == BEFORE
        changes = not call.reads_only
        self._changes += cut == AFTER and changes
        self._note(f"call {self.calls} {call.name}", cut, changes)

    def _write(self, what: str, write: Callable[[], None]) -> None:
        self.writes += 1
        self._note(f"write {self.writes} {what}", BEFORE)
        write()
        self._changes += 1
        self._note(f"write {self.writes} {what}", AFTER)

    def _note(self, what: str, cut: str, changes: bool = False) -> None:
        # Reading changes nothing, so the world is the same as long as nobody changed it and no time passed.
        state = (self._changes, self.sandbox.now)
        left = self.copies / f"{self._changes:04}-{self.sandbox.now:%H%M%S.%f}"
        if state != self._last:
            self._last = state
            if self.every or not self.moments:
                self.copy(left)
        self.moments.append(Moment(what, cut, left, changes))


@dataclass(frozen=True)
class WatchedJournal:
    """A `Journal` that tells of each write, and lets whoever is told do it."""

    journal: Journal
    write: Callable[[str, Callable[[], None]], None]

    def open_run(self, run: Run) -> None:
        self.write("the run", lambda: self.journal.open_run(run))

    def store_plan(self, run: RunId, plan: Json) -> None:
        self.write("the plan", lambda: self.journal.store_plan(run, plan))

    def close_run(self, run: RunId, state: RunState, exit: int, at: Any) -> None:
        self.write("the end", lambda: self.journal.close_run(run, state, exit, at))

    def write_step(self, record: StepRecord) -> None:
        what = "result" if record.state == "intent" and record.result is not None else record.state
        self.write(f"{what} of {record.key}", lambda: self.journal.write_step(record))

    def write_event(self, event: Event) -> None:
        self.write("an event", lambda: self.journal.write_event(event))

    def run(self, run: RunId) -> Run | None:
        return self.journal.run(run)

    def runs(self, *, limit: int = 50, intent: str | None = None) -> tuple[Run, ...]:
        return self.journal.runs(limit=limit, intent=intent)

    def steps(self, run: RunId) -> tuple[StepRecord, ...]:
        return self.journal.steps(run)

    def events(self, run: RunId) -> tuple[Event, ...]:
        return self.journal.events(run)

    def hold(self, run: RunId) -> Any:
        return self.journal.hold(run)

    def is_held(self, run: RunId) -> bool:
        return self.journal.is_held(run)
