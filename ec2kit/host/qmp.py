"""QEMU's monitor: a machine that runs is asked and told here (QEMU Machine Protocol, a line of JSON each way)."""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ec2kit.errors import Ec2kitError
from ec2kit.host.clock import Deadline

PIECE = 65_536
ANSWER_SECONDS = 30.0
"""Stopping a machine waits for what it is writing."""
LOOK = 0.05


class MonitorGone(Ec2kitError):
    """The machine's monitor does not answer, or no longer."""


class Monitor:
    """The monitor of one machine. Every method raises MonitorGone when the machine has ended."""

    def __init__(
        self, path: Path, has_ended: Callable[[], bool] = lambda: False, seconds: float = ANSWER_SECONDS
    ) -> None:
        self._seconds = seconds
        self._buffer = b""
        self._events: list[dict[str, Any]] = []
        self._socket = _connected(path, has_ended, Deadline(seconds))
        # It greets first, and takes nothing but this before.
        self.ask("qmp_capabilities")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def ask(self, command: str, **arguments: Any) -> Any:
        """Have a command done, and return what it answers. Raises Ec2kitError when it is refused."""
        line = json.dumps({"execute": command, "arguments": arguments}) + "\n"
        deadline = Deadline(self._seconds)
        try:
            self._socket.sendall(line.encode())
            while True:
                said = self._line(deadline)
                if "return" in said:
                    return said["return"]
                if "error" in said:
                    raise Ec2kitError(f"QEMU refused `{command}`: {said['error'].get('desc', 'no reason')}")
        except (OSError, ValueError) as error:
            raise MonitorGone(f"QEMU did not answer `{command}`: {error}") from error

    def human(self, line: str) -> str:
        """What the monitor for people answers: for what has no command of its own."""
        return str(self.ask("human-monitor-command", **{"command-line": line}))

    def events(self) -> list[dict[str, Any]]:
        """What has happened since the last look, oldest first."""
        try:
            while select.select([self._socket], [], [], 0)[0]:
                self._line(Deadline(self._seconds))
        except (OSError, ValueError):
            # The end of the machine is seen elsewhere.
            pass
        happened, self._events = self._events, []
        return happened

    def _line(self, deadline: Deadline) -> dict[str, Any]:
        while b"\n" not in self._buffer:
            self._socket.settimeout(deadline.left())
            piece = self._socket.recv(PIECE)
            if not piece:
                raise ConnectionResetError("it has ended")
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\n")
        said: dict[str, Any] = json.loads(line)
        if "event" in said:
            self._events.append(said)
        return said


def _connected(path: Path, has_ended: Callable[[], bool], deadline: Deadline) -> socket.socket:
    """The socket is there a moment after QEMU has begun."""
    while True:
        made = socket.socket(socket.AF_UNIX)
        try:
            made.connect(str(path))
        except OSError as error:
            made.close()
            if has_ended() or deadline.passed > deadline.seconds:
                raise MonitorGone(f"QEMU did not open its monitor: {error}") from error
            select.select([], [], [], LOOK)
        else:
            return made
