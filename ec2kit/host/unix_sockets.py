"""Unix sockets: how programs of this machine talk to us through a place in the file system."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path

from ec2kit.errors import Ec2kitError
from ec2kit.host.files import storing

LONGEST_PATH = 107
"""Bytes of a socket's path (unix(7): 108 with the zero at the end)."""


def listen(path: Path) -> socket.socket:
    """A socket that waits for connections at `path`; raises `Ec2kitError`."""
    if len(bytes(path)) > LONGEST_PATH:
        raise Ec2kitError(
            f"'{path}' is too long for a socket", hint="set TMPDIR to a directory with a shorter name"
        )
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with storing(path):
            listener.bind(str(path))
            listener.listen()
    except BaseException:
        listener.close()
        raise
    return listener


def receive_all(connection: socket.socket, length: int) -> bytes:
    """Exactly so many bytes; raises `EOFError` when the other side goes before, `OSError`."""
    parts: list[bytes] = []
    while length:
        part = connection.recv(min(length, 1 << 20))
        if not part:
            raise EOFError("the other side went away")
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


class Line:
    """One connection to be made at `path`, by a program that was started to make it."""

    def __init__(self, path: Path) -> None:
        self._listener = listen(path)
        self._connection: socket.socket | None = None

    def connected(self, seconds: float) -> bool:
        """Wait so long for the connection; whether it is there."""
        if self._connection is None:
            self._listener.settimeout(seconds)
            try:
                self._connection, _ = self._listener.accept()
            except TimeoutError:
                return False
        return True

    def receive(self, seconds: float, most: int = 1 << 18) -> bytes | None:
        """The next bytes, empty once the other side is gone; None when none came in time."""
        if self._connection is None:
            raise ValueError("nobody has connected")
        self._connection.settimeout(seconds)
        try:
            return self._connection.recv(most)
        except TimeoutError:
            return None
        except ConnectionError:
            return b""

    def send(self, data: bytes) -> bool:
        """Send it all, for as long as that takes; False when the other side is gone."""
        if self._connection is None:
            raise ValueError("nobody has connected")
        try:
            self._connection.settimeout(None)
            self._connection.sendall(data)
        except OSError:
            return False
        return True

    def finish(self) -> None:
        """Say that no more will be sent. The socket stays open: a hang-up would overtake what is under way."""
        if self._connection is not None:
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Hang up, which also ends a `send` in another thread."""
        if self._connection is not None:
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)
            self._connection.close()
        self._listener.close()
