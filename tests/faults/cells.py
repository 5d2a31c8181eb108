"""One cell of the table: a command under a fault, how it ended, and what the world then showed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.cli.screens import Screen
from tests.faults.commands import Command
from tests.faults.ground import FaultyShell, Ground, Loaded, world_of
from tests.kill.world import World

Struck = tuple[tuple[str, int | None], ...]
"""What `sandbox break` is told, and how often each strikes (None: for good)."""
REQUESTS: Mapping[str, Struck] = {
    "throttled 3 times": (("throttle {at}", 3),),
    "throttled for good": (("throttle {at}", None),),
    "500, then 503": (("500 {at}", 1), ("503 {at}", 1)),
    "reset, then time-out": (("reset {at}", 1), ("timeout {at}", 1)),
    "answer lost": (("lose-answer {at}", 1),),
    "not permitted": (("error:{refusal} {at}", None),),
    "credentials expired": (("error:ExpiredToken *", None),),
}
"""The columns that every command has."""
CUT_OFF = "no endpoint"
COLUMNS = (*REQUESTS, CUT_OFF)
NOT_BEGUN = ("credentials expired", CUT_OFF)
"""Faults that let nothing begin: when nothing was done, typing the words again is a first time."""


@dataclass(frozen=True)
class Cell:
    """`world` is what there is afterwards: `done`, `otherwise`, `nothing`, `part`, or `MORE` than there may be.

    It is empty where the command leaves no trace. `again` is the same for the same words typed once more when all is
    mended, empty when nothing had been begun or the first were enough.
    """

    exit: int
    world: str
    again: str = ""

    @property
    def text(self) -> str:
        """As the table shows it."""
        first = f"{self.exit} {self.world}".rstrip()
        return first if self.again in ("", "0", "0 done") else f"{first}; again: {self.again}"


@dataclass(frozen=True)
class Undisturbed:
    """What the command does when nothing is wrong."""

    before: World
    after: World
    once_more: World
    """What the same words do a second time: for what is done anew each time."""
    meanwhile: str
    """Of what there may be one more while the command is not over."""

    def shows(self, now: World, *, over: bool, again: bool = False) -> str:
        """Given a world, return the word for it. `over`: the command ended with 0; `again`: it was typed twice."""
        if self.before == self.after == now:
            return ""
        most = (self.before, self.after, self.once_more if again else self.after)
        if now in most[1:]:
            return "done"
        if now == self.before:
            return "nothing"
        counts = _counts(now)
        most_of = {kind: max(_counts(world)[kind] for world in most) for kind in counts}
        for kind in most_of:
            # What an image is told of counts with the image.
            most_of[kind] += not over and kind.startswith(self.meanwhile)
        if any(count > most_of[kind] for kind, count in counts.items()):
            return "MORE"
        return "otherwise" if counts == _counts(self.after) else "part"


def _counts(world: World) -> dict[str, int]:
    """How many of each kind; a set with a snapshot that AWS failed to make is none."""
    whole = [one for one in world["sets"] if all(each["state"] != "error" for each in one["of"])]
    return {**{kind: len(things) for kind, things in world.items()}, "sets": len(whole)}


def undisturbed(command: Command, ground: Ground, home: Path) -> Undisturbed:
    """Run the command with nothing wrong. One that changes something and does not end with 0 is an AssertionError."""
    sandbox, shell = ground.taken(home)
    before = world_of(sandbox)
    screen = shell.run(ground.line(command.words))
    assert screen.exit == 0, screen
    after = world_of(sandbox)
    if command.anew:
        shell.run(ground.line(command.words))
    return Undisturbed(before, after, world_of(sandbox) if command.anew else after, command.meanwhile)


def measure_reading(command: Command, fault: str, ground: Ground, home: Path) -> tuple[Cell, str]:
    """Run a command that only looks under a fault. One that changes something is an AssertionError."""
    sandbox, shell = ground.taken(home)
    sandbox.app.calls.clear()
    _break(fault, command, ground, sandbox, shell)
    screen = shell.run(ground.line(command.words))
    assert sandbox.app.calls.changes() == []
    return Cell(screen.exit, ""), _said(screen)


def measure(command: Command, fault: str, clean: Undisturbed, ground: Ground, home: Path) -> tuple[Cell, str]:
    """Run the command under a fault, and once more when that is mended; return the cell and all that was printed."""
    sandbox, shell = ground.taken(home)
    _break(fault, command, ground, sandbox, shell)
    sandbox.app.calls.clear()
    first = shell.run(ground.line(command.words))
    # Reading a world takes as long as the command: where nothing was asked for, it is what it was.
    is_touched = bool(sandbox.app.calls.changes()) or fault in command.things
    if fault not in command.things:
        # Looking would meet the fault as well; what is wrong with a resource is looked at as it is.
        sandbox.mend()
    shell.cut_off = False
    exit = first.exit
    seen = clean.shows(world_of(sandbox) if is_touched else clean.before, over=exit == 0)
    if exit == 0 or (seen == "nothing" and fault in NOT_BEGUN):
        return Cell(exit, seen), _said(first)
    sandbox.mend()
    second = shell.run(ground.line(command.words))
    then = clean.shows(world_of(sandbox), over=second.exit == 0, again=True)
    assert second.exit != 0 or then != "part", _said(first) + _said(second)
    return Cell(exit, seen, f"{second.exit} {then}".rstrip()), _said(first) + _said(second)


def _break(fault: str, command: Command, ground: Ground, sandbox: Loaded, shell: FaultyShell) -> None:
    if fault == CUT_OFF:
        shell.cut_off = True
    elif fault in REQUESTS:
        for words, times in REQUESTS[fault]:
            words = words.replace("{at}", command.call).replace("{refusal}", command.refusal)
            sandbox.break_(words, times)
    else:
        sandbox.break_(ground.line(command.things[fault]))


def _said(screen: Screen) -> str:
    return f"exit {screen.exit}\n{screen.stdout}{screen.stderr}"
