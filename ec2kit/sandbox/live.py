"""Machines of the sandbox that really run somewhere: what their runners say, and what is wanted of them.

A runner (`ec2kit sandbox boot`) is a process beside the sandbox. It is heard at the door `live` several times in a
second; one that is silent for `SILENCE` is dead, and so is its machine. Nothing of this is saved: a runner that the
sandbox has forgotten tells it anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from ec2kit.host.clock import ticking_seconds

SILENCE = 5.0
"""Real seconds after which a runner that says nothing is taken for dead."""

STOPPING = 150.0
"""Real seconds for which a machine that shuts down keeps its instance in `stopping`: a minute for its system, and what
writing its disk back takes."""

CONSOLE = 65_536
"""Characters of a console that are kept (API Reference, GetConsoleOutput: 64 KB)."""

Wanted = Literal["run", "off", "cut", "end"]


@dataclass
class LiveMachine:
    """A machine that is run, as its runner told last. `ports` lead from the guest's to one of this host's."""

    runner: str
    pid: int
    heard: float
    heard_at: datetime
    on: bool = False
    left: bool = False
    """The runner has gone, and said so."""
    boots: int = 0
    login: bool = False
    final: bool = False
    dead_end: str = ""
    dead_since: datetime | None = None
    answered: bool = False
    """Something on it has answered over the network since it was switched on."""
    console: str = ""
    ports: dict[int, int] = field(default_factory=dict)
    ports_wanted: set[int] = field(default_factory=set)
    reboots: int = 0
    flushes: int = 0
    flushed: int = 0
    cut: bool = False
    stop_began: float | None = None

    @property
    def up(self) -> bool:
        """Whether its system has come up, as far as anybody has seen."""
        return self.on and (self.login or self.answered)


class LiveMachines:
    """Those of one sandbox, by the instance's id. `news` is told of each change that somebody may wait for."""

    def __init__(self, ticks: Callable[[], float] = ticking_seconds) -> None:
        self.ticks = ticks
        self.news = threading.Condition()
        self._machines: dict[str, LiveMachine] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        # Processes do not come back with a saved state.
        return (LiveMachines, ())

    def __iter__(self) -> Iterator[tuple[str, LiveMachine]]:
        return iter(list(self._machines.items()))

    def find(self, instance_id: str) -> LiveMachine | None:
        """The machine that is, or was until its runner died, this instance."""
        return self._machines.get(instance_id)

    def runs(self, instance_id: str) -> LiveMachine | None:
        """The machine of this instance, if a living runner has it."""
        found = self._machines.get(instance_id)
        return None if found is None or self.is_dead(found) else found

    def is_dead(self, machine: LiveMachine) -> bool:
        """Whether nobody runs it any more."""
        return machine.left or self.ticks() - machine.heard > SILENCE

    def enter(self, instance_id: str, runner: str, pid: int, now: datetime) -> LiveMachine:
        """A runner takes an instance; what the one before knew of its console stays."""
        before = self._machines.get(instance_id)
        made = LiveMachine(runner, pid, self.ticks(), now, console=before.console if before else "")
        self._machines[instance_id] = made
        return made

    def forget(self, instance_id: str) -> None:
        """The instance is one of those again that the sandbox plays."""
        self._machines.pop(instance_id, None)

    def told(self) -> None:
        """Wake everybody who waits for news."""
        with self.news:
            self.news.notify_all()

    def wait(self, until: Callable[[], bool], seconds: float) -> bool:
        """Wait for something that a runner does, for so many real seconds at most; never under the sandbox's lock."""
        with self.news:
            return self.news.wait_for(until, seconds)

    def begin(self, instance_id: str) -> None:
        """The instance is started."""
        machine = self._machines.get(instance_id)
        if machine is not None:
            machine.cut, machine.stop_began = False, None

    def stop(self, instance_id: str, *, at_once: bool) -> None:
        """The instance is stopped: by its own system, or by its power."""
        machine = self._machines.get(instance_id)
        if machine is not None:
            machine.cut = machine.cut or at_once
            machine.stop_began = self.ticks()

    def reboot(self, instance_id: str) -> None:
        """The instance is to boot again."""
        machine = self.runs(instance_id)
        if machine is not None:
            machine.reboots += 1

    def holds(self, instance_id: str) -> bool:
        """Whether an instance that is stopping cannot be `stopped` yet, because its machine is still at it."""
        machine = self.runs(instance_id)
        if machine is None or not machine.on or machine.stop_began is None:
            return False
        return self.ticks() - machine.stop_began < STOPPING

    def impaired_since(self, instance_id: str) -> datetime | None:
        """Since when a machine that should run does not; None for one that does, and for one that is only played."""
        machine = self._machines.get(instance_id)
        if machine is None:
            return None
        return machine.heard_at if self.is_dead(machine) else machine.dead_since


def wanted(state: str | None, machine: LiveMachine) -> Wanted:
    """Given the state of an instance (None: there is none any more), return what its machine is to do. Pure."""
    if state in ("pending", "running"):
        return "run"
    if state == "stopping" and machine.cut:
        return "cut"
    return "off" if state in ("stopping", "stopped") else "end"
