"""A shell without processes: runs a command line in this process against the sandbox, and keeps what it printed."""

from __future__ import annotations

import io
import os
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import botocore.session

from ec2kit.cli.boundary import guarded
from ec2kit.cli.command import KitCommand
from ec2kit.cli.context import Context
from ec2kit.cli.lookup import find
from ec2kit.cli.output import Output
from ec2kit.cli.registry import COMMANDS, Command
from ec2kit.cli.running import run as run_registered
from ec2kit.cli.surroundings import Surroundings
from ec2kit.errors import Exit
from ec2kit.images.building import Order
from ec2kit.images.finishing import Built
from ec2kit.images.root.workshop import Workshop
from ec2kit.images.vendor.building import VendorOrder
from ec2kit.model.runs import Journal
from ec2kit.objects.sources import ReadsDirectories
from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.direct import transport
from tests.support.clocks import FakeClock
from tests.support.dialing import SandboxDialer
from tests.support.inprocess import InProcess
from tests.support.sessions import session_over

GOLDENS = Path(__file__).parent / "goldens"
WRITE = os.environ.get("GOLDENS") == "write"


class TickingClock(FakeClock):
    """Sleeping lets the sandbox's time pass."""

    def __init__(self, sandbox: InProcess) -> None:
        super().__init__(sandbox.now)
        self._sandbox = sandbox

    def advance(self, step: timedelta | float) -> None:
        """Both clocks move."""
        super().advance(step)
        self._sandbox.tick(step.total_seconds() if isinstance(step, timedelta) else step)


@dataclass(frozen=True)
class Screen:
    """What a command printed, and how it ended."""

    stdout: str
    stderr: str
    exit: int

    def golden(self) -> str:
        """All of it as one text in which ids and times have names of their own."""
        return steady(f"exit {self.exit}\n--- stdout\n{self.stdout}--- stderr\n{self.stderr}")


@dataclass
class Shell:
    """A person's terminal, or a pipe; `answers` are what is typed when something is asked (None: no terminal)."""

    home: Path
    sandbox: InProcess | None = None
    answers: list[str] | None = None
    terminal: bool = False
    environ: dict[str, str] = field(default_factory=dict)
    commands: Mapping[str, KitCommand] = field(default_factory=dict)
    """Commands of the test's own, by their words."""
    asked: list[str] = field(default_factory=list)
    journal: Callable[[Journal], Journal] | None = None
    """Put around the journal of each command."""
    workers: int = 8
    program: str = ""
    scrub: Callable[[Path, str], None] | None = None
    """Scrubs disks in the appliance's place."""
    directories: ReadsDirectories | None = None
    """Reads directories off disks in the appliance's place."""
    build: Callable[[Order, Workshop, Path, Callable[[str], None]], Built] | None = None
    """Builds disks in mmdebstrap's and QEMU's place."""
    build_from: Callable[[VendorOrder, Workshop, Path, Callable[[str], None]], Built] | None = None
    """Customises vendors' images in the appliance's and QEMU's place."""

    def run(self, line: str, stdin: str = "") -> Screen:
        """Type one line (without `ec2kit`)."""
        stdout, stderr = io.StringIO(), io.StringIO()
        around = Surroundings(
            environ={**self._places(), **self.environ},
            cwd=self.home,
            stdin=io.StringIO(stdin),
            stdout=stdout,
            stderr=stderr,
            stdin_is_terminal=not stdin,
            stdout_is_terminal=self.terminal,
            ask=None if self.answers is None else self._answer,
            clock=TickingClock(self.sandbox) if self.sandbox else FakeClock(),
            session=self._session if self.sandbox else None,
            dialer=SandboxDialer.of(self.sandbox) if self.sandbox else None,
            journal=self.journal,
            workers=self.workers,
            program=self.program,
            scrub=self.scrub,
            directories=self.directories,
            build=self.build,
            build_from=self.build_from,
        )
        code = guarded(shlex.split(line), around, self._run)
        return Screen(stdout.getvalue(), stderr.getvalue(), code)

    def _run(self, args: list[str], around: Surroundings, output: Output) -> Exit:
        known = {
            words: Command(tuple(words.split()), "test:own", "does it", "kit") for words in self.commands
        }
        if args and args[0] in {words.split()[0] for words in known}:
            entry, rest = find(args, (*known.values(), *COMMANDS))
            return self.commands[" ".join(entry.words)].start(Context(entry, around, output), rest)
        return run_registered(args, around, output)

    def _places(self) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "EC2KIT_STATE_DIR": str(self.home / "state"),
            "XDG_RUNTIME_DIR": str(self.home / "run"),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "EC2KIT_CACHE_DIR": str(self.home / "cache" / "ec2kit"),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            **({"EC2KIT_REGION": "eu-west-1"} if self.sandbox else {}),
        }

    def _answer(self, question: str) -> str:
        self.asked.append(question)
        assert self.answers is not None
        return self.answers.pop(0) if self.answers else ""

    def _session(self) -> botocore.session.Session:
        assert self.sandbox is not None
        return session_over(transport(self.sandbox.app))


_STEADY: tuple[tuple[str, str], ...] = (
    (r"\b(i|vol|snap|ami|eipalloc|eipassoc|eni|subnet|sg|lt|vpc)-[0-9a-f]{8,17}\b", r"\1"),
    (r"\b[0-9A-HJKMNP-TV-Z]{26}\b", "RUN"),
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
    (r"\b\d{8}T\d{6}Z\b", "TIME"),
    (r"\b[\w.-]+@[\w.-]+\b", "USER@HOST"),
    (r"\b\d+ (?:days|years) old\b", "AGE old"),
)


def steady(text: str) -> str:
    """Given output, return it with ids as `i-1`, `i-2` in the order in which they appear, times and users named."""
    for pattern, name in _STEADY:
        seen: dict[str, int] = {}

        def rename(match: re.Match[str], name: str = name, seen: dict[str, int] = seen) -> str:
            number = seen.setdefault(match.group(), len(seen) + 1)
            kind = match.expand(name)
            return f"{kind}-{number}" if kind.islower() or kind == "RUN" else kind

        text = re.sub(pattern, rename, text)
    return text


def check_golden(name: str, screen: Screen) -> None:
    """Compare a screen with the golden of this name; GOLDENS=write in the environment writes it instead."""
    path = GOLDENS / f"{name}.txt"
    if WRITE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(screen.golden(), encoding="utf-8")
    assert screen.golden() == path.read_text(encoding="utf-8")


def changing(sandbox: InProcess) -> list[str]:
    """From now on, the names of the calls that change something."""
    seen: list[str] = []

    def note(call: Call) -> None:
        if not call.name.rpartition(":")[2].startswith(("Describe", "Get", "List")):
            seen.append(call.name)

    sandbox.before(note)
    return seen
