"""A program that runs beside us: what it writes is read as it comes, and it never outlives us."""

from __future__ import annotations

import os
import select
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO

from ec2kit.host.processes import LAST_LINES, end_session, leashed

MOST_AT_ONCE = 65536
"""Bytes: what a pipe holds (pipe(7))."""


class Running:
    """A program that was started by `start`."""

    def __init__(self, process: subprocess.Popen[bytes], output: IO[bytes], complaints: IO[bytes]) -> None:
        self._process = process
        self._output = output
        self._complaints = complaints
        self._poll = select.poll()
        self._poll.register(output, select.POLLIN | select.POLLHUP)

    def read(self, seconds: float) -> bytes | None:
        """What it wrote on stdout, as much as is there; None when nothing came in time, empty when it ended.

        Pieces, not lines: a prompt waits for an answer without ending its line.
        """
        if not self._poll.poll(max(0.0, seconds) * 1000):
            return None
        return os.read(self._output.fileno(), MOST_AT_ONCE)

    @property
    def code(self) -> int | None:
        """The code it ended with (negative: the signal), None while it runs."""
        return self._process.poll()

    def ended(self, seconds: float) -> int | None:
        """Wait for its end, and return its code; None when it goes on."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def complaint(self) -> str:
        """The last lines of what it wrote on stderr."""
        self._complaints.seek(0)
        text = self._complaints.read().decode(errors="replace")
        return "\n".join(text.strip().splitlines()[-LAST_LINES:])


@contextmanager
def start(argv: Sequence[str], environ: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Run a program for as long as the block lasts; it is killed with its children at the end, however that comes.

    It ends too when our process is killed. Raises `ProcessFailed` when it cannot be run.
    """
    held = leashed(argv, environ)
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            held,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env=environ,
            start_new_session=True,
        )
        # A `with` of its own would wait for the program before it is ended.
        try:
            if process.stdout is not None:
                yield Running(process, process.stdout, complaints)
        finally:
            end_session(process)
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
