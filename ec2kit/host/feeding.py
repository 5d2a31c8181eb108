"""A program that is fed: what we write is its stdin, and it never outlives us."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO

from ec2kit.host.processes import LAST_LINES, ProcessFailed, end_session, leashed


class Fed:
    """A program that was started by `feed`; raises `ProcessFailed` when it no longer reads."""

    def __init__(self, stdin: IO[bytes], failure: ProcessFailed) -> None:
        self._stdin = stdin
        self._failure = failure

    def write(self, data: bytes) -> None:
        """The next bytes; waits while the program is busy."""
        try:
            self._stdin.write(data)
        except (BrokenPipeError, ValueError) as error:
            raise self._failure from error


@contextmanager
def feed(argv: Sequence[str], seconds: float) -> Iterator[Fed]:
    """Run a program and let the block write its stdin; it is waited for at the end, for `seconds` at most.

    When the block raises, the program is killed. Raises `ProcessFailed` when it cannot be run, or does not end with 0.
    """
    command, held = shlex.join(argv), leashed(argv)
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            held,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            start_new_session=True,
        )
        if process.stdin is None:
            raise AssertionError("a pipe was asked for")
        stopped = ProcessFailed(f"`{command}` stopped reading")
        try:
            try:
                yield Fed(process.stdin, stopped)
            except ProcessFailed as error:
                # What it says of why it stopped is better than that it did.
                if error is not stopped:
                    raise
            with suppress(BrokenPipeError):
                process.stdin.close()
            code = process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise ProcessFailed(f"`{command}` did not end within {seconds:g} s") from error
        finally:
            end_session(process)
            process.wait()
            with suppress(BrokenPipeError):
                process.stdin.close()
        if code:
            complaints.seek(0)
            said = complaints.read().decode(errors="replace").strip().splitlines()[-LAST_LINES:]
            raise ProcessFailed(f"`{command}` failed: " + ("\n".join(said) or f"with {code}"), code=code)
