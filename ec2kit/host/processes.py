"""The one door to other programs: no shell, a bound, and errors that can be pasted into one."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ec2kit.errors import Ec2kitError

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
    command = shlex.join(argv)
    try:
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environ,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        hint = f"install '{argv[0]}'" if isinstance(error, FileNotFoundError) else ""
        raise ProcessFailed(f"`{command}` cannot be run: {why}", hint=hint) from error
    with process:
        try:
            stdout, stderr = process.communicate(stdin, timeout)
        except BaseException as error:
            end_session(process)
            if isinstance(error, subprocess.TimeoutExpired):
                raise ProcessFailed(f"`{command}` did not end within {timeout:g} s") from error
            raise
    return Ended(stdout, stderr, process.returncode)


def end_session(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    """Kill a program that leads a session, with all of it: a child left behind would keep our pipes open."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
