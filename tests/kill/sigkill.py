"""One cut with SIGKILL: the command, killed, typed again, and compared with how it ends uncut."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ec2kit.errors import Exit
from tests.kill.children import CUTS, Cut, Practice, practice
from tests.kill.explained import unexplained
from tests.kill.stories import Story
from tests.kill.sweep import CALM, Recorded, journals
from tests.kill.world import Account, difference, world_of

TOKENS = frozenset({"RunInstances", "CreateLaunchTemplate", "CreateLaunchTemplateVersion"})
"""Calls that carry a client token: AWS itself sees to it that a second sending makes nothing."""
SIGKILL = -9
TRIES = 5
LOST = "was lost, nothing more is changed"
"""What is said of a lease that could not be renewed in time."""


@dataclass(frozen=True)
class Case:
    """One story and one cut."""

    story: Story
    cut: Cut

    def __str__(self) -> str:
        return f"{self.story.name}-{self.cut}"


def cuts_of(*actions: tuple[str, int]) -> list[Cut]:
    """Given actions and how often each is called, the three cuts around each of the calls."""
    return [
        Cut(action, number, cut)
        for action, times in actions
        for number in range(1, times + 1)
        for cut in CUTS
    ]


def changing_calls(recorded: Recorded, *, with_tokens: bool = False) -> dict[str, int]:
    """The calls of a recording that change something, and how often each is made."""
    names = [moment.what.rpartition(":")[2] for moment in recorded.moments if moment.changes]
    found = Counter(name for name in names if with_tokens or name not in TOKENS)
    return {name: number // len(CUTS) for name, number in found.items()}


def kill_and_go_on(case: Case, recorded: Recorded, directory: Path) -> bool:
    """Kill the story at the cut, type it again, and compare; returns whether the cut was reached. Anew, when the host
    was too busy: seconds are the sandbox's minutes, in which a lease that nobody renews ends, as it should."""
    for _ in range(TRIES):
        shutil.rmtree(directory / "home", ignore_errors=True)
        reached = _kill_and_go_on(case, recorded, directory / "home")
        if reached is not None:
            return reached
    raise AssertionError(f"this host is too busy: {TRIES} times the command lost its lease")


def _kill_and_go_on(case: Case, recorded: Recorded, home: Path) -> bool | None:
    """As above; None when the command lost its lease before it could be killed."""
    first = recorded.states[0]
    shutil.copytree(first / "home", home)
    words = list(case.story.argv)
    with practice(first, case.story.speed) as aws:
        killed = aws.run_killed(words, home, case.cut)
        if killed.exit == Exit.BUSY and LOST in killed.stderr + killed.stdout:
            return None
        assert killed.exit in (SIGKILL, 0), killed
        assert "Traceback" not in killed.stderr, killed
        times = case.story.times(journals(home))
        again = aws.run(words, home)
        while again.exit == Exit.BUSY and LOST in again.stderr + again.stdout:
            again = aws.run(words, home)
        assert (again.exit, "Traceback" in again.stderr) == (0, False), again
        _compare(aws, recorded, home, times)
    return killed.exit == SIGKILL


def _compare(aws: Practice, recorded: Recorded, home: Path, times: int) -> None:
    account = Account.read(aws.calm(CALM).client)
    strange = unexplained(account, recorded.there, journals(home))
    assert not strange, strange
    assert difference(world_of(account), recorded.ends[times]) == []
