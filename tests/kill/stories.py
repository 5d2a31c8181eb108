"""The commands that are killed: what is there before, the words, and what the same words do once more."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ec2kit.model.runs import Journal, RunState
from tests.sandbox.seeded import Seeded


def nothing(sandbox: Seeded) -> None:
    """All is well."""


def no_files(home: Path) -> None:
    """An empty home directory."""


def impair(sandbox: Seeded) -> None:
    """web-1's own check has failed for so long that it counts; a restart does not help it."""
    sandbox.app.world.conditions.impair(sandbox.id("web-1"), "instance", sandbox.now)
    sandbox.tick(240)


@dataclass(frozen=True)
class Story:
    """One command. `given` is done to the world first; `before` are commands in which nothing is cut yet, `breaks`
    what happens then."""

    name: str
    words: str
    before: tuple[str, ...] = ()
    breaks: Callable[[Seeded], None] = nothing
    given: Callable[[Seeded], None] = nothing
    furnish: Callable[[Path], None] = no_files
    """Puts what the command reads into the home directory."""
    around: Mapping[str, Any] = field(default_factory=dict)
    """What its shell has that others have not: a stand-in for a machine under QEMU."""
    anew: bool = False
    """Whether the same words first finish an unfinished run and then do today's work as well."""
    once: bool = False
    """Whether the same words are refused when it was done: what it makes has a name that only one can have."""
    runs: int = 1
    """How many runs it is in the history; of more than one nobody can say from there how far a killed one was."""
    changes: tuple[tuple[str, int], ...] = ()
    """The calls that it makes without a client token, and how often each."""
    speed: float = 100.0
    """Of the sandbox's time when it is a server: at 100 the settle time of a minute is 0.6 s."""

    @property
    def line(self) -> str:
        """As a person types it."""
        return f"ec2kit {self.words}"

    @property
    def argv(self) -> tuple[str, ...]:
        """The words one by one."""
        return tuple(shlex.split(self.words))

    def times(self, journals: Sequence[Journal]) -> int:
        """Given the journals that a killed process left, how often the command will have been done in the end.

        Once: an unfinished run is finished, and one without a single intent is forgotten. Twice: it was over
        before the kill, or it is a command that is done anew each time.
        """
        found = [(run, journal) for journal in journals for run in journal.runs() if run.argv == self.argv]
        if not found:
            return 1
        run, journal = found[0]
        begun = bool(journal.steps(run.id))
        return 2 if run.state is RunState.DONE or (begun and self.anew) else 1


LAUNCH = Story(
    "launch",
    "launch 'web-{n}' -n 3 --eip --like web-1",
    changes=(("AllocateAddress", 3), ("AssociateAddress", 3), ("CreateTags", 3)),
)
CREATE = Story("create", "snapshot create web-1", anew=True, changes=(("CreateSnapshots", 1),))
RESTORE = Story(
    "restore",
    "snapshot restore web-1",
    before=("snapshot create web-1",),
    changes=(("RegisterImage", 1), ("DeregisterImage", 1)),
)
RECOVER = Story(
    "recover",
    "recover all",
    before=(
        "protect web-1",
        "eip assign 203.0.113.9 web-1",
        "tag set web-1 'ec2kit:policy=restart=2m step=10m'",
    ),
    breaks=impair,
    changes=(
        ("CreateTags", 7),
        ("StopInstances", 2),
        ("StartInstances", 1),
        ("ModifyInstanceAttribute", 2),
        ("CreateSnapshots", 1),
        ("RegisterImage", 1),
        ("AssociateAddress", 1),
        ("DeleteTags", 1),
    ),
    # Its steps have time-outs, and its lease of five minutes is renewed in real seconds.
    speed=60.0,
)
STORIES = (LAUNCH, CREATE, RESTORE, RECOVER)
