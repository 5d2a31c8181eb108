"""Commands as processes of their own, against the sandbox as a server in the test's process, and SIGKILL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ec2kit.sandbox import ACCESS_KEY, REGION, SECRET_KEY
from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.clock import SandboxClock
from ec2kit.sandbox.server import SandboxServer
from tests.kill.moments import AFTER, BEFORE, FIRST_BYTE, Copied

PATIENCE = 60
"""Real seconds that a command may take here."""
CUTS = (BEFORE, AFTER, FIRST_BYTE)


@dataclass(frozen=True)
class Cut:
    """Where a process is killed: with the `number`th call that `action` makes (of any action, when it is empty)."""

    action: str
    number: int
    cut: str

    def __str__(self) -> str:
        return f"{self.cut} {self.action or 'call'} {self.number}".replace(" ", "-")


@dataclass(frozen=True)
class Ended:
    """How a process ended; -9 is SIGKILL."""

    exit: int
    stdout: str
    stderr: str


class Killed(ConnectionError):
    """Ends the server's work on a request whose client was just killed, as its closed connection would."""


class Practice:
    """The sandbox that was copied to `left`, as a server whose time runs at `speed`."""

    def __init__(self, left: Path, speed: float) -> None:
        self.sandbox = Copied(left)
        world = self.sandbox.app.world
        world.clock = SandboxClock(speed=speed, start=world.clock.now())
        self.server = SandboxServer(self.sandbox.app)
        self.more: dict[str, str] = {}
        """What the shells of this practice say besides."""

    def calm(self, seconds: float) -> Copied:
        """Let time pass; then the sandbox, to be looked at without a socket."""
        self.sandbox.app.tick(timedelta(seconds=seconds))
        return self.sandbox

    def run(self, words: list[str], home: Path) -> Ended:
        """A command to its end."""
        return ended(self.start(words, home))

    def run_killed(self, words: list[str], home: Path, cut: Cut) -> Ended:
        """A command, killed at the cut; it ends by itself when the cut is never reached."""
        born = threading.Event()
        child: list[subprocess.Popen[str]] = []

        def kill(_call: Call) -> None:
            born.wait(PATIENCE)
            child[0].send_signal(signal.SIGKILL)
            child[0].wait()
            raise Killed

        hooks = self.sandbox.app.hooks
        place = {BEFORE: hooks.before, AFTER: hooks.after, FIRST_BYTE: hooks.first_byte}[cut.cut]
        hook = _at(cut, kill)
        place.append(hook)
        try:
            child.append(self.start(words, home))
            born.set()
            return ended(child[0])
        finally:
            place.remove(hook)

    def environ(self, home: Path) -> dict[str, str]:
        """What a person's shell says who practises."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "EC2KIT_STATE_DIR": str(home / "state"),
            "XDG_RUNTIME_DIR": str(home / "run"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "EC2KIT_CACHE_DIR": str(home / "cache"),
            "AWS_ENDPOINT_URL": self.server.endpoint,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            **self.more,
        }

    def start(self, words: list[str], home: Path) -> subprocess.Popen[str]:
        """A command that somebody else waits for."""
        # A session of its own: nobody is asked anything on the terminal that the tests run in.
        return subprocess.Popen(
            [sys.executable, "-m", "ec2kit", *words],
            cwd=Path(__file__).parents[2],
            env=self.environ(home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


@contextmanager
def practice(left: Path, speed: float) -> Iterator[Practice]:
    """Serve what was left in `left` while the block runs."""
    made = Practice(left, speed)
    made.server.start()
    try:
        yield made
    finally:
        made.server.close()


def _at(cut: Cut, kill: Callable[[Call], None]) -> Callable[[Call], None]:
    """A hook that kills with one call and lets all others pass."""
    seen: list[int] = []
    lock = threading.Lock()

    def look(call: Call) -> None:
        if cut.action and call.action != cut.action:
            return
        with lock:
            seen.append(call.number)
            mine = len(seen) == cut.number
        if mine:
            kill(call)

    return look


def ended(child: subprocess.Popen[str], patience: float = PATIENCE) -> Ended:
    """Wait until a process has ended."""
    try:
        stdout, stderr = child.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        child.kill()
        stdout, stderr = child.communicate()
        raise AssertionError(f"not over in {patience} s: {stdout}\n{stderr}") from None
    return Ended(child.returncode, stdout, stderr)
