"""A story recorded once, and gone on with from every state that a kill of it can leave."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ec2kit.errors import Exit
from ec2kit.host.journal import SqliteJournal
from ec2kit.model.runs import Journal
from ec2kit.sandbox import store
from tests.cli.screens import Screen, Shell
from tests.kill.explained import unexplained
from tests.kill.moments import WORLD, Copied, Moment, Recorder, copy_home
from tests.kill.stories import Story
from tests.kill.world import Account, World, difference, world_of
from tests.support.inprocess import InProcess

CALM = 900.0
"""Seconds after which everything is seen and nothing is on its way any more."""


def shell(home: Path, sandbox: InProcess, **more: Any) -> Shell:
    """A new process of the same person: the same files, one call after another."""
    return Shell(home, sandbox, answers=["y"] * 9, workers=1, **more)


def journals(home: Path) -> list[Journal]:
    """What is written in the state directory, read by nobody who holds anything."""
    return [
        SqliteJournal(path, path.parent / "locks")
        for path in sorted((home / "state").rglob("journal.sqlite"))
    ]


def account_of(sandbox: InProcess) -> Account:
    """What there is once all is calm."""
    sandbox.tick(CALM)
    return Account.read(sandbox.client)


@dataclass(frozen=True)
class Recorded:
    """A story that ran to its end without a cut, and everything that a kill could have left on the way."""

    story: Story
    there: Collection[str]
    """The ids of what was there before any command."""
    calls: int
    writes: int
    moments: tuple[Moment, ...]
    states: tuple[Path, ...]
    ends: dict[int, World] = field(default_factory=dict)
    """The world after the command was done once, and after it was done twice."""

    def at(self, state: Path) -> str:
        """The moments that leave this state, for a message."""
        return "; ".join(str(moment) for moment in self.moments if moment.left == state)


def record(story: Story, directory: Path, seed: int = 0, *, every: bool = True) -> Recorded:
    """Run the story without a cut in a new world, and copy what a kill would leave at each of its moments, or only
    what is there before the first of them."""
    store.save(InProcess(seed=seed, empty=False).app, directory / WORLD)
    sandbox, home = Copied(directory), directory / "home"
    home.mkdir()
    story.furnish(home)
    story.given(sandbox)
    there = frozenset(Account.read(sandbox.client).resources())
    for line in story.before:
        done(shell(home, sandbox).run(line))
        sandbox.tick(CALM)
    story.breaks(sandbox)
    recorder = Recorder(sandbox, home, directory, every)
    person = shell(home, sandbox, **story.around)
    person.journal = recorder.journal
    recorder.start()
    done(person.run(story.words))
    last = recorder.copy(directory / "end")
    recorded = Recorded(
        story, there, recorder.calls, recorder.writes, tuple(recorder.moments), recorder.states
    )
    recorded.ends[1] = end_of(last, recorded, times=0)
    recorded.ends[2] = end_of(last, recorded, times=1)
    return recorded


def end_of(left: Path, recorded: Recorded, times: int) -> World:
    """The world in which what is left ends after the same words were said so often again."""
    # Where it was: a stored plan has absolute paths.
    home, sandbox = left.parent / "home", Copied(left)
    shutil.rmtree(home, ignore_errors=True)
    copy_home(left / "home", home)
    story = recorded.story
    for _ in range(times):
        over = story.once and story.times(journals(home)) == 2
        screen = shell(home, sandbox, **story.around).run(story.words)
        done(
            screen, *((Exit.DONE, Exit.REFUSED) if story.runs > 1 else (Exit.REFUSED if over else Exit.DONE,))
        )
    account = account_of(sandbox)
    strange = unexplained(account, recorded.there, journals(home))
    assert not strange, strange
    return world_of(account)


def go_on(recorded: Recorded, left: Path) -> None:
    """Say the same words again in what a kill has left, and compare how it ends with how it ends uncut."""
    expected = recorded.ends[recorded.story.times(journals(left / "home"))]
    assert difference(end_of(left, recorded, times=1), expected) == [], recorded.at(left)


def done(screen: Screen, *exits: Exit) -> None:
    """The command ended as it should (0, unless one of these) and without a traceback."""
    assert screen.exit in (exits or (Exit.DONE,)), screen
    assert "Traceback" not in screen.stderr, screen
