"""Bytes between a client and a machine that really runs, through the port of this host that leads to the guest's.

QEMU accepts before it knows whether the guest does, and closes when the guest refuses. So a moment is waited for what
comes first: an end is a refusal. A server that lets its client speak first is not told from a system that swallows
everything; a machine that has not come up yet is taken for the latter.
"""

from __future__ import annotations

import select
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass

from ec2kit.sandbox.live import LiveMachines

FIRST = 1.0
"""Real seconds in which a guest, emulated as it may be, says that it refuses."""

FORWARDED = 3.0
"""Real seconds in which a runner opens a port that nobody has asked for before."""

PIECE = 65_536
_LOOK = 0.25
_STUCK = 60.0


@dataclass(frozen=True)
class Met:
    """What a client meets: a connection and what already came over it, or why there is none.

    `refused`: the guest said so. Otherwise nobody says anything.
    """

    connection: socket.socket | None = None
    first: bytes = b""
    refused: bool = False


def meet(live: LiveMachines, instance_id: str, port: int) -> Met:
    """Connect to a port of a machine. The caller closes what it gets."""
    machine = live.runs(instance_id)
    if machine is None:
        return Met()
    machine.ports_wanted.add(port)
    live.wait(lambda: port in machine.ports or not machine.on, FORWARDED)
    if port not in machine.ports:
        return Met()
    try:
        connection = socket.create_connection(("127.0.0.1", machine.ports[port]), timeout=FIRST)
    except OSError:
        return Met()
    first = _first(connection)
    connection.settimeout(_STUCK)
    if first is None and machine.up:
        return Met(connection)
    if not first:
        connection.close()
        return Met(refused=first is not None and machine.up)
    machine.answered = True
    return Met(connection, first)


def _first(connection: socket.socket) -> bytes | None:
    """What comes first; None when nothing does, empty for an end."""
    try:
        return connection.recv(PIECE)
    except TimeoutError:
        return None
    except OSError:
        return b""


def copy(client: socket.socket, machine: socket.socket, closing: threading.Event) -> None:
    """Carry bytes both ways until both sides have ended, one breaks, or `closing` is set."""
    others = {client: machine, machine: client}
    waiting = [client, machine]
    with suppress(OSError):
        while waiting and not closing.is_set():
            readable, _, _ = select.select(waiting, [], [], _LOOK)
            for one in readable:
                piece = one.recv(PIECE)
                if piece:
                    others[one].sendall(piece)
                else:
                    waiting.remove(one)
                    others[one].shutdown(socket.SHUT_WR)
