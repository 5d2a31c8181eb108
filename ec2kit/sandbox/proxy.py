"""The probe proxy: HTTP CONNECT to a sandbox machine, answered here by the machine's state.

No connection is opened but to a machine that really runs: the applications of the others are played on the client's
own socket.
`machines` decides what a client meets; this module makes it happen on the wire.
"""

from __future__ import annotations

import ipaddress
import select
import socket
import threading
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import Protocol

from ec2kit.sandbox import applications, machines, relaying
from ec2kit.sandbox.machines import Answer, Refused, Relay, Reply, Silence, Unreachable
from ec2kit.sandbox.world import World

MOST_AT_ONCE = 512
"""Probes held at a time: each holds a thread of the server."""

HELD = 60.0
"""Real seconds for which a silent or unreachable machine holds a client that does not give up."""

_LOOK = 0.25
SILENCE = "X-Ec2kit-Silence"
"""The header with which ec2kit asks to be told that nothing will be said: how long it then waits is its own affair,
while what is going to be said is waited for however busy this host is."""
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_ACCEPTED_IN_SILENCE = f"HTTP/1.1 200 Connection established\r\n{SILENCE}: accepted\r\n\r\n".encode()
_IN_SILENCE = f"HTTP/1.1 102 Processing\r\n{SILENCE}: unreachable\r\n\r\n".encode()
_places = threading.BoundedSemaphore(MOST_AT_ONCE)


_NEVER = threading.Event()


@dataclass(frozen=True)
class Asked:
    """Where a client wants to be connected to; `tell`: it asked to be told of a silence."""

    host: str
    port: int
    tell: bool = False


class Practice(Protocol):
    """What the proxy needs of the sandbox's application."""

    def settled(self) -> AbstractContextManager[World]:
        """The world under its lock, with everything that is due by now done."""


def handle_connect(
    sock: socket.socket, asked: Asked, app: Practice, closing: threading.Event = _NEVER
) -> None:
    """Given a client that asked to CONNECT, give it what it would meet there; the caller closes.

    200 and the machine's application, 200 and silence, 502 for a refused connection, or nothing at all for an
    unreachable one. 503 when too many probes are held. A server that ends sets `closing`, which releases
    every client that is held.
    """
    if not _places.acquire(blocking=False):
        with suppress(OSError):
            sock.sendall(_status("503 Service Unavailable", "too many probes at once"))
        return
    try:
        with suppress(OSError):
            answer = _decide(sock, asked.host, asked.port, app)
            if isinstance(answer, Relay):
                _relay(sock, answer, app, closing, tell=asked.tell)
            else:
                _play(sock, answer, closing, tell=asked.tell)
    finally:
        _places.release()


def _decide(sock: socket.socket, host: str, port: int, app: Practice) -> Answer:
    with app.settled() as world:
        if port == sock.getsockname()[1] and _is_loopback(host):
            # The sandbox's own endpoint is a known-good host, as AWS's is for a real monitor.
            host = machines.CONTROL_HOST
        return machines.answer(world, host, port)


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def _play(sock: socket.socket, answer: Answer, closing: threading.Event, *, tell: bool) -> None:
    match answer:
        case Reply():
            sock.sendall(_ESTABLISHED)
            sock.settimeout(HELD)
            if not applications.converse(sock, answer):
                hold(sock, closing)
        case Silence():
            sock.sendall(_ACCEPTED_IN_SILENCE if tell else _ESTABLISHED)
            hold(sock, closing)
        case Refused(why):
            sock.sendall(_status("502 Bad Gateway", why))
        case Unreachable():
            if tell:
                sock.sendall(_IN_SILENCE)
            hold(sock, closing)


def _relay(sock: socket.socket, relay: Relay, app: Practice, closing: threading.Event, *, tell: bool) -> None:
    with app.settled() as world:
        live = world.live
    met = relaying.meet(live, relay.instance_id, relay.port)
    if met.connection is None:
        nothing = Refused("nothing listens on this port") if met.refused else Unreachable("nobody answers")
        _play(sock, nothing, closing, tell=tell)
        return
    with met.connection as machine:
        sock.sendall(_ESTABLISHED + met.first)
        relaying.copy(sock, machine, closing)


def _status(status: str, why: str) -> bytes:
    body = f"{why}\n".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body


def hold(sock: socket.socket, closing: threading.Event, seconds: float = HELD) -> None:
    """Say nothing until the client goes, `closing` is set, or about `seconds` have passed."""
    for _ in range(int(seconds / _LOOK)):
        if closing.is_set():
            return
        readable, _, _ = select.select([sock], [], [], _LOOK)
        if readable and not sock.recv(65_536):
            return
