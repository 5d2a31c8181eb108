"""One connection, which carries one request: read whole by a deadline, answered, closed."""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hostname_service.clock import Clock
from hostname_service.errors import ServiceError
from hostname_service.serving import parsing, proxies
from hostname_service.serving.parsing import Head
from hostname_service.serving.proxies import LOCAL, Network
from hostname_service.serving.responses import CONTINUE, call, environ_of, plain
from hostname_service.serving.secure import Secure, subject_of
from hostname_service.serving.watching import Watcher
from hostname_service.wsgi import BODY, Answer, Answered, Fault, told

CHUNK = 4096
DRAIN = 64 * 1024
"""Bytes that are thrown away at the end: closing on unread bytes makes a reset, which can undo the answer."""


@dataclass(frozen=True)
class Bounds:
    """What one connection, and all of one listener, may take."""

    connections: int = 256
    each: int = 64
    """Connections of one address, so that no one holds them all; a trusted proxy may have all."""
    deadline: float = 5.0
    """Seconds for a whole request to come, its handshake included; and again for the answer to be taken."""
    body: int = BODY
    linger: float = 0.5
    """Seconds that are waited for the other side to close."""


@dataclass(frozen=True)
class Ways:
    """How one listener takes requests."""

    name: str
    """`machines` or `operators`, for the log and the metrics."""
    application: Callable[..., Iterable[bytes]]
    secure: Secure | None = None
    trusted: Sequence[Network] = ()
    proxy_protocol: bool = False
    bounds: Bounds = Bounds()


class Slow(Exception):
    """The deadline has passed."""


class Gone(Exception):
    """The other side closed before its request was whole."""


class Connection:
    """One connection."""

    def __init__(self, sock: socket.socket, peer: str, ways: Ways, watch: Watcher, clock: Clock) -> None:
        """`peer`: the address that connected; empty for a unix socket."""
        self._sock, self._peer, self._ways, self._watch, self._clock = sock, peer, ways, watch, clock
        self._until = clock.monotonic() + ways.bounds.deadline
        self._asked = ("-", "")

    def carry(self) -> None:
        """Read the request, answer it, and close; nothing that the other side does raises."""
        try:
            if self._ways.secure is not None:
                # It stands before TLS: byte by byte, since what follows is for the handshake.
                self._proxied(1)
                self._sock = self._ways.secure.wrap(self._sock)
                self._sock.settimeout(self._left())
                self._sock.do_handshake()
            self._send(self._answer())
        except Gone:
            self._dropped("gone")
        except (Slow, TimeoutError):
            self._dropped("slow")
        except ssl.SSLError:
            self._dropped("handshake")
        except Fault:
            self._dropped("proxy-line")
        except OSError:
            self._dropped("lost")
        finally:
            self._close()

    def cut(self) -> None:
        """End it from another thread: whoever reads or writes in it comes back at once."""
        try:
            # Not TLS's own shutdown, which would take TLS away from under the thread that uses it.
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)
        except OSError:
            # It is closed already.
            return

    def _answer(self) -> bytes:
        began = self._clock.monotonic()
        try:
            head, body = self._read()
            environ = self._environ(head, body)
        except Slow:
            fault: ServiceError = Fault(408, "slow", "the request did not come in time")
        except ServiceError as error:
            fault = error
        else:
            return self._called(environ)
        method, path = self._asked
        answer = told(fault)
        seconds = self._clock.monotonic() - began
        self._watch.answered(
            Answered(self._ways.name, self._peer, method, "-", path, answer.status, answer.reason, seconds)
        )
        return plain(answer, self._clock.now())

    def _called(self, environ: dict[str, Any]) -> bytes:
        try:
            return call(self._ways.application, environ, self._clock.now())
        except Exception as error:  # noqa: BLE001  whatever the application is, the server lives
            self._watch.crashed(error)
            answer = Answer("refused: internal: something is wrong here; the log has it\n", 500)
            return plain(answer, self._clock.now())

    def _read(self) -> tuple[Head, bytes]:
        data = self._proxied(CHUNK) if self._ways.secure is None else b""
        while (found := parsing.cut(data)) is None:
            data += self._receive()
        head = parsing.parse(found[0])
        self._asked = (head.method, head.target)
        if head.length > self._ways.bounds.body:
            raise Fault(413, "too-big", f"a body has at most {self._ways.bounds.body} bytes")
        if head.expects_continue:
            self._sock.settimeout(self._left())
            self._sock.sendall(CONTINUE)
        parts, length = [found[1]], len(found[1])
        while length < head.length:
            parts.append(self._receive())
            length += len(parts[-1])
        # What follows the body is never read as a request: whoever smuggles one is answered once.
        return head, b"".join(parts)[: head.length]

    def _proxied(self, chunk: int) -> bytes:
        """What has come behind the PROXY line. It is wanted from a trusted proxy, and from nobody else."""
        peer = proxies.read_address(self._peer or LOCAL)
        if not self._ways.proxy_protocol or not proxies.is_trusted(peer, self._ways.trusted):
            return b""
        data = b""
        while (found := proxies.proxy_line(data)) is None:
            data += self._receive(chunk)
        self._peer = proxies.read_proxy_line(found[0]) or self._peer
        return found[1]

    def _receive(self, chunk: int = CHUNK) -> bytes:
        self._sock.settimeout(self._left())
        try:
            data = self._sock.recv(chunk)
        except TimeoutError as error:
            raise Slow from error
        if not data:
            raise Gone
        return data

    def _left(self) -> float:
        left = self._until - self._clock.monotonic()
        if left <= 0:
            raise Slow
        return left

    def _environ(self, head: Head, body: bytes) -> dict[str, Any]:
        unix = self._sock.family == socket.AF_UNIX
        name = ("localhost", 0) if unix else self._sock.getsockname()[:2]
        scheme = "http" if self._ways.secure is None else "https"
        environ = environ_of(head, body, scheme=scheme, server=name)
        environ["REMOTE_ADDR"] = self._peer or LOCAL
        if isinstance(self._sock, ssl.SSLSocket):
            subject = subject_of(self._sock)
            if subject:
                environ["REMOTE_USER"] = f"cert:{subject}"
        elif unix:
            environ["REMOTE_USER"] = f"uid:{peer_uid(self._sock)}"
        return environ

    def _send(self, answer: bytes) -> None:
        self._sock.settimeout(self._ways.bounds.deadline)
        self._sock.sendall(answer)

    def _dropped(self, reason: str) -> None:
        self._watch.dropped(self._ways.name, reason, self._peer)

    def _close(self) -> None:
        """Say that nothing follows, wait a moment for the other side to close, and close."""
        until = self._clock.monotonic() + self._ways.bounds.linger
        try:
            self._sock.settimeout(self._ways.bounds.linger)
            if isinstance(self._sock, ssl.SSLSocket):
                self._sock = self._sock.unwrap()
            self._sock.shutdown(socket.SHUT_WR)
            drained = 0
            while drained < DRAIN and (left := until - self._clock.monotonic()) > 0:
                self._sock.settimeout(left)
                data = self._sock.recv(CHUNK)
                if not data:
                    break
                drained += len(data)
        except (OSError, ValueError):
            # It is gone already, or never spoke TLS.
            pass
        finally:
            self._sock.close()


def peer_uid(sock: socket.socket) -> int:
    """The user at the other end of a unix socket, as the kernel says (unix(7), SO_PEERCRED)."""
    size = struct.calcsize("3i")
    uid: int = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))[1]
    return uid
