"""Takes connections, a thread for each and never more than its bounds, and stops without cutting an answer short."""

from __future__ import annotations

import selectors
import socket
import threading
from collections import Counter

from hostname_service.clock import Clock
from hostname_service.serving.connection import Connection, Ways
from hostname_service.serving.listening import Place
from hostname_service.serving.proxies import connections_of
from hostname_service.serving.watching import Watcher

_SORRY = b"refused: busy: too many connections at once\n"
BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=us-ascii\r\nRetry-After: 2\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(_SORRY), _SORRY)
)
PAUSE = 0.05
"""Seconds to wait when no connection can be taken, since this process has too many files open."""


class Server:
    """One listener."""

    def __init__(self, place: Place, ways: Ways, watch: Watcher, clock: Clock) -> None:
        self.place, self.ways = place, ways
        self._watch, self._clock = watch, clock
        self._changed = threading.Condition()
        self._live: dict[Connection, str] = {}
        self._each: Counter[str] = Counter()
        self._stopping = threading.Event()
        self._wake, self._woken = socket.socketpair()
        self._acceptor = threading.Thread(target=self._accept, name=f"accept-{ways.name}", daemon=True)

    def start(self) -> None:
        """Begin to take connections."""
        # Several processes may share a socket that systemd opened: another may be quicker to accept.
        self.place.socket.setblocking(False)
        self._acceptor.start()

    @property
    def connections(self) -> int:
        """How many are open."""
        with self._changed:
            return len(self._live)

    def stop(self, within: float) -> bool:
        """Take no more, finish what has begun, and after `within` seconds cut what is left; True: nothing was cut."""
        if not self._stopping.is_set():
            self._stopping.set()
            self._wake.send(b"!")
            if self._acceptor.is_alive():
                self._acceptor.join()
            self.place.close()
            self._wake.close()
            self._woken.close()
        with self._changed:
            clean = self._changed.wait_for(lambda: not self._live, timeout=within)
            for connection in self._live:
                connection.cut()
            self._changed.wait_for(lambda: not self._live, timeout=1.0)
        return clean

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self.place.socket, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self._stopping.is_set():
                selector.select()
                if self._stopping.is_set():
                    return
                try:
                    sock, raw = self.place.socket.accept()
                except (BlockingIOError, ConnectionAbortedError):
                    continue
                except OSError:
                    self._watch.dropped(self.ways.name, "files", "")
                    self._clock.sleep(PAUSE)
                    continue
                self._take(sock, str(raw[0]) if isinstance(raw, tuple) else "")

    def _take(self, sock: socket.socket, peer: str) -> None:
        key = connections_of(peer, self.ways.trusted)
        bounds = self.ways.bounds
        connection = Connection(sock, peer, self.ways, self._watch, self._clock)
        with self._changed:
            full = len(self._live) >= bounds.connections
            hogged = bool(key) and self._each[key] >= bounds.each
            if not full and not hogged:
                self._live[connection] = key
                self._each[key] += 1
        if full or hogged:
            self._turn_away(sock, "full" if full else "too-many", peer)
            return
        self._watch.opened(self.ways.name)
        try:
            threading.Thread(target=self._carry, args=(connection,), daemon=True).start()
        except RuntimeError:
            # The machine gives us no more threads.
            self._forget(connection)
            self._turn_away(sock, "threads", peer)

    def _carry(self, connection: Connection) -> None:
        try:
            connection.carry()
        finally:
            self._forget(connection)

    def _forget(self, connection: Connection) -> None:
        self._watch.closed(self.ways.name)
        with self._changed:
            key = self._live.pop(connection)
            self._each[key] -= 1
            if self._each[key] <= 0:
                del self._each[key]
            self._changed.notify_all()

    def _turn_away(self, sock: socket.socket, reason: str, peer: str) -> None:
        """Say that it is too much, without waiting for anything; over TLS nothing can be said without a handshake."""
        self._watch.dropped(self.ways.name, reason, peer)
        try:
            sock.setblocking(False)
            if self.ways.secure is None:
                sock.send(BUSY)
                sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        finally:
            sock.close()
