"""The one door to other programs: no shell, a bound, and errors that can be pasted into one."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ec2kit.errors import Ec2kitError
from ec2kit.host import leash

LAST_LINES = 5
"""Lines of a failed program's stderr that are shown."""


class ProcessFailed(Ec2kitError):
    """A program could not be run, took too long, or ended with a code other than 0; `code` is None unless it ended."""

    def __init__(self, message: str, *, hint: str = "", code: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.code = code


@dataclass(frozen=True)
class Ended:
    """What a program wrote, and the code it ended with (negative: the signal)."""

    stdout: str
    stderr: str
    code: int = 0


def run(
    argv: Sequence[str], timeout: float, *, stdin: str = "", environ: Mapping[str, str] | None = None
) -> Ended:
    """Run a program for at most `timeout` real seconds, with all its children ended when it is over time.

    Raises `ProcessFailed`, whose message holds the command as it can be typed, unless it ends with 0.
    """
    ended = attempt(argv, timeout, stdin=stdin, environ=environ)
    if ended.code:
        words = "\n".join(ended.stderr.strip().splitlines()[-LAST_LINES:])
        end = f"was ended by signal {-ended.code}" if ended.code < 0 else "failed"
        shown = f": {words}" if words else f" with {ended.code}" if ended.code > 0 else ""
        raise ProcessFailed(f"`{shlex.join(argv)}` {end}{shown}", code=ended.code)
    return ended


def attempt(
    argv: Sequence[str], timeout: float, *, stdin: str = "", environ: Mapping[str, str] | None = None
) -> Ended:
    """Run a program as `run` does, and return how it ended, whatever its code.

    Raises `ProcessFailed` when it cannot be run or takes too long.
    """
    held = leashed(argv, environ)
    process = subprocess.Popen(
        held,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environ,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    with process:
        try:
            stdout, stderr = process.communicate(stdin, timeout)
        except BaseException as error:
            end_session(process)
            if isinstance(error, subprocess.TimeoutExpired):
                raise ProcessFailed(f"`{shlex.join(argv)}` did not end within {timeout:g} s") from error
            raise
    return Ended(stdout, stderr, process.returncode)


def leashed(argv: Sequence[str], environ: Mapping[str, str] | None = None) -> list[str]:
    """Given a command, return the one that runs it on a leash: it ends with us, and all that it started with it.

    Raises `ProcessFailed` when it cannot be run.
    """
    path = os.environ.get("PATH") if environ is None else environ.get("PATH")
    if shutil.which(argv[0], path=path or os.defpath) is None:
        is_there = "/" in argv[0] and Path(argv[0]).exists()
        why = "permission denied" if is_there else "no such file or directory"
        hint = "" if is_there else f"install '{argv[0]}'"
        raise ProcessFailed(f"`{shlex.join(argv)}` cannot be run: {why}", hint=hint)
    # Isolated and without site-packages: it starts before every program.
    return [sys.executable, "-I", "-S", str(Path(leash.__file__).absolute()), str(os.getpid()), *argv]


def end_session(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    """End a program on a leash, with all of it: a child left behind would keep our pipes open."""
    process.terminate()
