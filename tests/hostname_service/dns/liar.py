"""A name server on loopback that hangs, lies, or loses its answers."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Lie = Callable[[bytes], bytes | None]
"""Given a message, return what is sent for it; None: nothing, and the connection stays open."""


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        server = self.server
        assert isinstance(server, Liar)
        while True:
            head = self._read(2)
            if len(head) < 2:
                return
            message = self._read(struct.unpack("!H", head)[0])
            server.heard += 1
            answer = server.lie(message)
            if answer is None:
                server.ended.wait(30)
                return
            if not answer:
                return
            self.request.sendall(struct.pack("!H", len(answer)) + answer)

    def _read(self, size: int) -> bytes:
        read = b""
        while len(read) < size:
            try:
                more: bytes = self.request.recv(size - len(read))
            except OSError:
                return b""
            if not more:
                return b""
            read += more
        return read


class Liar(socketserver.ThreadingTCPServer):
    """Counts what it heard."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, lie: Lie) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lie, self.heard, self.ended = lie, 0, threading.Event()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


@contextmanager
def lying(lie: Lie) -> Iterator[Liar]:
    """A liar, for as long as the block lasts. An empty answer ends the connection."""
    with Liar(lie) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.ended.set()
            server.shutdown()
            thread.join()
