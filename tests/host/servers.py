"""Servers on loopback, as rude as a test wants them, gone when the block ends."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Talk = Callable[[socket.socket], object]


@contextmanager
def serving(talk: Talk) -> Iterator[int]:
    """The port of a server that lets `talk` have each connection, in a thread of its own, and then closes it."""
    threads: list[threading.Thread] = []
    open_ones: list[socket.socket] = []

    def handle(sock: socket.socket) -> None:
        with sock, suppress(OSError):
            talk(sock)

    def accept(listener: socket.socket) -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            open_ones.append(sock)
            threads.append(threading.Thread(target=handle, args=(sock,), daemon=True))
            threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=accept, args=(listener,), daemon=True)
        accepting.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join(10)
            for sock in open_ones:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join(10)


def request(sock: socket.socket) -> bytes:
    """What a client sent, up to the end of its headers."""
    received = b""
    while b"\r\n\r\n" not in received and (part := sock.recv(4_096)):
        received += part
    return received


def until_gone(sock: socket.socket) -> None:
    """Say nothing until the client goes."""
    while sock.recv(4_096):
        pass


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
