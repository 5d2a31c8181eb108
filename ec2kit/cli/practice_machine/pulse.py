"""What a runner tells the sandbox several times in a second, and what it hears: in a thread, whatever else is done."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, Self

from ec2kit.cli.practice_machine.deeds import Wish
from ec2kit.errors import Busy, Ec2kitError, NotFound, Unavailable
from ec2kit.host.clock import Deadline

BEAT = 0.3
"""Real seconds between two."""

ALONE = 60.0
"""Real seconds for which a machine goes on without its sandbox, which may be starting again."""


class Door(Protocol):
    """What is needed of `sandbox.live_client.LiveClient`."""

    def enter(self, instance_id: str, told: Mapping[str, Any], /) -> None: ...

    def tell(self, instance_id: str, told: Mapping[str, Any], /) -> dict[str, Any]: ...

    def leave(self, instance_id: str, runner: str, /) -> None: ...


@dataclass(frozen=True)
class Report:
    """How the machine is; `why` says whose doing its last power off was: the guest's, or one that was asked for.

    `flushed` and `rebooted` are the numbers of the wishes that were carried out last.
    """

    on: bool = False
    why: str = ""
    boots: int = 0
    login: bool = False
    final: bool = False
    dead_end: str = ""
    flushed: int = 0
    rebooted: int = 0
    ports: dict[int, int] = field(default_factory=dict)


class Pulse:
    """The link of one runner to its sandbox, between `__enter__` and `__exit__`."""

    def __init__(self, instance_id: str, pid: int, door: Callable[[], Door]) -> None:
        self.report = Report()
        self.wish = Wish()
        self._instance_id = instance_id
        self._runner = secrets.token_hex(8)
        self._pid = pid
        self._door = door
        self._console = ""
        self._beating = threading.Lock()
        self._ends = threading.Event()
        self._silent: Deadline | None = None
        self._failure: Ec2kitError | None = None
        self._thread = threading.Thread(target=self._go_on, name="pulse", daemon=True)

    def __enter__(self) -> Self:
        self._enter(self._door())
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.set()
        self._thread.join()
        # A sandbox that has gone, or forgotten us, needs no leave.
        with suppress(Ec2kitError):
            self._door().leave(self._instance_id, self._runner)

    def say(self, console: str) -> None:
        """A piece of the console, for the next beat."""
        with self._beating:
            self._console += console

    def beat(self) -> Wish:
        """Tell how it is, and return what is wanted now that this is known.

        Raises what kept the sandbox away too long.
        """
        while True:
            self._beat()
            self.check()
            if self._silent is None:
                return self.wish
            self._ends.wait(BEAT)

    def check(self) -> None:
        """Raise what has kept the sandbox away too long, or somebody else's having taken the instance."""
        if self._failure is not None:
            raise self._failure

    @property
    def taken(self) -> bool:
        """Whether another runner has the instance now, because this one was silent too long."""
        return isinstance(self._failure, Busy)

    def _go_on(self) -> None:
        while not self._ends.wait(BEAT):
            self._beat()

    def _beat(self) -> None:
        with self._beating:
            if self._failure is not None:
                return
            try:
                self._exchange()
                self._silent = None
            except Unavailable as error:
                self._silent = self._silent or Deadline(ALONE)
                if self._silent.passed > ALONE:
                    self._failure = error
            except Ec2kitError as error:
                self._failure = error

    def _exchange(self) -> None:
        door, said = self._door(), self._console
        told = {**vars(self.report), "console": said, "runner": self._runner}
        try:
            answer = door.tell(self._instance_id, told)
        except NotFound:
            # It was started again, and has forgotten us; or the instance has gone, which this tells.
            try:
                self._enter(door)
            except NotFound:
                self.wish = Wish("end")
                return
            answer = door.tell(self._instance_id, told)
        self._console = self._console[len(said) :]
        self.wish = Wish.of(answer)

    def _enter(self, door: Door) -> None:
        # It counts its wishes on from those that were carried out.
        told = {"flushes": self.report.flushed, "reboots": self.report.rebooted}
        door.enter(self._instance_id, {"runner": self._runner, "pid": self._pid, **told})
