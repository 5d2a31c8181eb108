"""A practice AWS that runs for one test: lines of bash typed at it as a person would, and a look at what is there."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ec2kit.aws import Aws, Target, connect
from ec2kit.host.clock import SystemClock
from ec2kit.model.instances import Instance
from ec2kit.sandbox import ACCESS_KEY, REGION, SECRET_KEY, process
from tests.docs.terminal import Terminal


@dataclass(frozen=True)
class Ended:
    """What a line printed, and how it ended."""

    stdout: str
    stderr: str
    code: int

    @property
    def rows(self) -> list[list[str]]:
        """stdout as a pipe's reader sees it: the fields of each line."""
        return [line.split("\t") for line in self.stdout.splitlines()]


class Practice:
    """Everything in `directory`, nothing of the caller's home; `end` stops the sandbox."""

    def __init__(self, directory: Path) -> None:
        self._runtime = directory / "run"
        self._runtime.mkdir(mode=0o700)
        self._terminal = Terminal(directory, {"EC2KIT_SANDBOX": "1"})
        self.ok("ec2kit sandbox start --speed 60")

    def type(self, line: str) -> Ended:
        """Run one line in bash, without a terminal."""
        ran = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            cwd=self._terminal.directory,
            env=self._terminal.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Ended(ran.stdout, ran.stderr, ran.returncode)

    def ok(self, line: str) -> Ended:
        """Run one line that must end with 0."""
        ended = self.type(line)
        assert ended.code == 0, f"$ {line}\n{ended.stdout}{ended.stderr}"
        return ended

    def answered(self, line: str, answer: str) -> Ended:
        """Run one line at a terminal of its own, whose person answers what is asked."""
        return self.type(f"printf '%s\\n' {shlex.quote(answer)} | script -qec {shlex.quote(line)} /dev/null")

    @cached_property
    def aws(self) -> Aws:
        """The account itself, seen from outside of any command."""
        address = process.find("default", self._runtime / "ec2kit")
        assert address is not None
        target = Target(REGION, endpoint=address.endpoint, access_key=ACCESS_KEY, secret_key=SECRET_KEY)
        return connect(target, SystemClock())

    def machines(self) -> dict[str, Instance]:
        """Every instance by its name."""
        return {each.name: each for each in self.aws.instances.describe()}

    def end(self) -> None:
        """Stop the sandbox."""
        self._terminal.end()
