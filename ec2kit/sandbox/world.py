"""Everything that the sandbox knows beyond moto: one world a process at a time, and it can be pickled."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from ec2kit.sandbox.block_files import BlockFiles
from ec2kit.sandbox.clock import SandboxClock
from ec2kit.sandbox.conditions import Conditions
from ec2kit.sandbox.delays import Delays
from ec2kit.sandbox.faults import FaultBook
from ec2kit.sandbox.live import LiveMachines


@dataclass
class World:
    """The clock, what is wrong, which requests fail, the dice, the ledgers, and what is on the disks.

    `ledgers` belongs to the rules: each keeps its own records there, as a value that pickles, by its module's name.
    """

    clock: SandboxClock = field(default_factory=SandboxClock)
    delays: Delays = field(default_factory=Delays)
    conditions: Conditions = field(default_factory=Conditions)
    faults: FaultBook = field(default_factory=FaultBook)
    rng: Random = field(default_factory=lambda: Random(0))
    ledgers: dict[str, Any] = field(default_factory=dict)
    # Beside the saved state, not in it.
    disks: BlockFiles = field(default_factory=BlockFiles)
    # Of this process only: machines that really run.
    live: LiveMachines = field(default_factory=LiveMachines)


_current: World | None = None


class NoWorld(RuntimeError):
    """A rule ran before a world was made: a mistake of whoever called moto outside the sandbox's application."""


def current() -> World:
    """The world of this process. Raises NoWorld before the first `activate`."""
    if _current is None:
        raise NoWorld("no sandbox has been made in this process")
    return _current


def activate(world: World) -> None:
    """Make `world` the one that rules see. moto's own state is changed with it by `app` and `store`.

    What was on the disks of the one before goes, unless it was saved.
    """
    global _current
    if _current is not None and _current is not world:
        _current.disks.close()
    _current = world
