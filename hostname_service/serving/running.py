"""The life of the process: ready, reload on SIGHUP, a graceful stop on SIGTERM and SIGINT."""

from __future__ import annotations

import queue
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

from hostname_service.clock import SystemClock
from hostname_service.errors import BadConfig
from hostname_service.serving.logs import Log
from hostname_service.serving.server import Server

STOP = (signal.SIGTERM, signal.SIGINT)
WITHIN = 30.0
"""Seconds for answers that have begun: a claim may wait for DNS and the CA. systemd waits 90 before it kills."""


@dataclass(frozen=True)
class Life:
    """What runs, and what is to be done when it is told to reload."""

    servers: Sequence[Server]
    log: Log
    clock: SystemClock
    reloads: Sequence[Callable[[], None]] = ()
    """Each may raise `BadConfig`, and then goes on with what it had."""
    environ: Mapping[str, str] = field(default_factory=dict)
    within: float = WITHIN


def run(life: Life) -> bool:
    """Serve until a signal comes; True: nothing was cut. For the main thread, since signals come to it."""
    came: queue.SimpleQueue[int] = queue.SimpleQueue()

    def note(number: int, _: FrameType | None) -> None:
        came.put(number)

    before = {number: signal.signal(number, note) for number in (*STOP, signal.SIGHUP)}
    try:
        for server in life.servers:
            server.start()
        life.log.tell("started", listeners=", ".join(_where(server) for server in life.servers))
        notify(life.environ, "READY=1")
        while came.get() == signal.SIGHUP:
            _reload(life)
        return _stop(life)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _reload(life: Life) -> None:
    notify(life.environ, "RELOADING=1")
    for reload in life.reloads:
        try:
            reload()
        except BadConfig as error:
            life.log.tell("not-reloaded", error=str(error))
        else:
            life.log.tell("reloaded")
    notify(life.environ, "READY=1")


def _stop(life: Life) -> bool:
    notify(life.environ, "STOPPING=1")
    life.log.tell("stopping")
    until = life.clock.monotonic() + life.within
    clean = [server.stop(max(0.0, until - life.clock.monotonic())) for server in life.servers]
    # Only now: whoever is still being answered may wait for DNS, and a wait that is cut short is a refusal.
    life.clock.stop.set()
    life.log.tell("stopped", cut=not all(clean))
    return all(clean)


def _where(server: Server) -> str:
    place = server.place
    return f"{server.ways.name} at {place.url or place.path or 'a unix socket of systemd'}"


def notify(environ: Mapping[str, str], state: str) -> None:
    """Tell systemd (sd_notify(3)), if it asked to be told; that it does not listen stops nobody."""
    path = environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    address = "\0" + path[1:] if path.startswith("@") else path
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        try:
            sock.sendto(state.encode("ascii"), address)
        except OSError:
            return
