"""A read-only NBD server on a Unix socket, over anything that can be read by offset.

QEMU and qemu-img read from it as from a disk. One client may have several requests under way, and they are
read side by side: a source that is far away is waited for once, not once for each.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from ec2kit.host import nbd_messages as messages
from ec2kit.host.nbd_messages import Command, Option, Request, Trouble
from ec2kit.host.unix_sockets import listen, receive_all

AT_ONCE = 4
"""Reads side by side. QEMU has up to 16 requests under way; a guest's read-ahead makes a handful."""


class ReadsByOffset(Protocol):
    """What is served. `read` is called by several threads, and only for what is within `size`."""

    @property
    def size(self) -> int:
        """Bytes."""

    def read(self, offset: int, length: int) -> bytes:
        """`length` bytes; what it raises becomes an I/O error of the client, and the server's `failure`."""


class NbdServer:
    """Serves exports by name on `path` between `__enter__` and `__exit__`.

    `failure` is the first error that a source raised: the client only learns that there was one. Raises
    `Ec2kitError` when the socket cannot be made.
    """

    def __init__(self, path: Path, exports: Mapping[str, ReadsByOffset]) -> None:
        self.path = path
        self.failure: BaseException | None = None
        self._exports = exports
        self._sizes = {name: source.size for name, source in exports.items()}
        self._listener = listen(path)
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._begin(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in (self._listener, *self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()
        self.path.unlink(missing_ok=True)

    def _begin(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name="nbd", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                self._begin(partial(self._serve, connection))

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError, EOFError):
            name = self._negotiated(connection)
            if name is not None:
                with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="nbd-read") as pool:
                    _Transmission(connection, self._exports[name], self._failed).run(pool)

    def _negotiated(self, connection: socket.socket) -> str | None:
        """The export that the client chose; None when it goes without one, or talks of something else."""
        connection.sendall(messages.GREETING)
        (flags,) = struct.unpack(">I", receive_all(connection, 4))
        while True:
            magic, option, length = messages.OPTION_HEAD.unpack(receive_all(connection, 16))
            if magic != messages.OPTION_MAGIC or length > messages.LARGEST_OPTION:
                return None
            name = messages.wanted(option, receive_all(connection, length))
            if option == Option.EXPORT_NAME:
                # There is no way to say that a name is wrong here, but to hang up.
                if name in self._sizes:
                    connection.sendall(messages.export_named(self._sizes[name], flags))
                return name if name in self._sizes else None
            connection.sendall(messages.answer(option, name, self._sizes))
            if option == Option.ABORT:
                return None
            if option == Option.GO and name in self._sizes:
                return name

    def _failed(self, error: BaseException) -> None:
        self.failure = self.failure or error


@dataclass
class _Transmission:
    """The requests of one connection, answered in the order in which the reads end."""

    connection: socket.socket
    source: ReadsByOffset
    failed: Callable[[BaseException], None]
    sending: threading.Lock = field(default_factory=threading.Lock)

    def run(self, pool: ThreadPoolExecutor) -> None:
        """Until the client goes; raises `OSError` or `EOFError` when it goes without a word."""
        while True:
            request = messages.parse_request(receive_all(self.connection, messages.REQUEST_HEAD.size))
            if request is None or request.command == Command.DISCONNECT:
                return
            if request.command == Command.WRITE:
                receive_all(self.connection, request.length)
                self._send(messages.reply(request.cookie, Trouble.EPERM))
            elif request.command == Command.READ and self._is_within(request):
                pool.submit(self._answer, request).add_done_callback(self._look_at)
            else:
                self._send(messages.reply(request.cookie, Trouble.EINVAL))

    def _is_within(self, request: Request) -> bool:
        end = request.offset + request.length
        return request.length <= messages.LARGEST_READ and end <= self.source.size

    def _answer(self, request: Request) -> None:
        answer = messages.reply(request.cookie, Trouble.EIO)
        try:
            data = self.source.read(request.offset, request.length)
            if len(data) != request.length:
                raise EOFError(
                    f"{len(data)} bytes at {request.offset}, where {request.length} were asked for"
                )
            answer = messages.reply(request.cookie, Trouble.NONE, data)
        finally:
            self._send(answer)

    def _look_at(self, answered: Future[None]) -> None:
        error = answered.exception()
        # A client that is gone is no failure of the source.
        if error is not None and not isinstance(error, ConnectionError | BrokenPipeError):
            self.failed(error)

    def _send(self, data: bytes) -> None:
        with self.sending:
            self.connection.sendall(data)
