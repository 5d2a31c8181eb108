"""One practice AWS as a server, used by two tools as a person would: ec2kit, and the AWS CLI that checks its claims."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SPEED = 60
"""Two minutes of AWS's time pass in two seconds."""
PATIENCE = 100
"""Seconds for one command: a stuck one must not hold the whole run."""


@dataclass
class Practice:
    """A sandbox with directories of its own; `name` is its own too, so that nothing of a person's is touched."""

    home: Path
    name: str
    exported: dict[str, str] = field(default_factory=dict)

    def ec2kit(self, line: str, exit_code: int = 0) -> str:
        """Run ec2kit in a process and return what it wrote on stdout; another exit code is an AssertionError."""
        words = [sys.executable, "-m", "ec2kit", *shlex.split(line)]
        done = self._run(words, {**self._places(), "EC2KIT_SANDBOX": self.name})
        assert done.returncode == exit_code, f"ec2kit {line}\n{done.stdout}{done.stderr}"
        return done.stdout

    def aws(self, line: str) -> Any:
        """Ask the AWS CLI, which knows the sandbox by `sandbox env` alone; returns its JSON."""
        words = [str(Path(sys.executable).with_name("aws")), *shlex.split(line), "--output", "json"]
        done = self._run(words, {**self._places(), **self.exported})
        assert done.returncode == 0, f"aws {line}\n{done.stdout}{done.stderr}"
        return json.loads(done.stdout)

    def start(self) -> None:
        """Start it, and take the exports for the AWS CLI."""
        self.ec2kit(f"sandbox start --speed {SPEED}")
        exports = self.ec2kit("sandbox env")
        pairs = [line.removeprefix("export ").split("=", 1) for line in exports.splitlines() if "=" in line]
        self.exported = {name: shlex.split(value)[0] for name, value in pairs}

    def end(self) -> None:
        """Stop it, and end it by its pid when it does not stop."""
        with contextlib.suppress(subprocess.TimeoutExpired, AssertionError):
            self.ec2kit("sandbox stop")
        for address in self.home.rglob("sandbox-*.json"):
            with contextlib.suppress(ProcessLookupError, ValueError, KeyError):
                os.kill(int(json.loads(address.read_text())["pid"]), signal.SIGKILL)

    def _places(self) -> dict[str, str]:
        return {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_RUNTIME_DIR": str(self.home / "run"),
            "XDG_STATE_HOME": str(self.home / "state"),
        }

    def _run(self, words: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            env=environment,
            cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
