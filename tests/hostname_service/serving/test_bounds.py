"""Slow clients, floods and those who hog: none of them keeps the server from answering the others."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, suppress
from ipaddress import ip_network
from typing import Any

from hostname_service.serving.connection import Bounds, Ways
from hostname_service.serving.metrics import DROPPED
from tests.hostname_service.serving.ground import (
    QUICK,
    StillClock,
    ask,
    post,
    read_all,
    serving,
    trickle,
)

LOOPBACK = ip_network("127.0.0.0/8")
NOTHING: Any = lambda *_: []  # noqa: E731  replaced by `serving`


def ways(bounds: Bounds = QUICK, **told: Any) -> Ways:
    return Ways("machines", NOTHING, bounds=bounds, **told)


def test_150_slow_clients_stop_nobody_and_are_closed() -> None:
    clock = StillClock()
    slow = Bounds(deadline=60.0, linger=0.1, each=256)
    with serving(ways(slow), clock=clock) as rig, ExitStack() as stack:
        socks = trickle(stack, rig.address, 150)
        for _ in range(20):
            assert ask(rig.address, post()).startswith(b"HTTP/1.1 200")
        assert rig.server.connections >= 150
        clock.at = 61.0
        for sock in socks:
            # Each has its deadline for the whole request, however often a byte comes.
            sock.sendall(b"s")
        assert all(read_all(sock).startswith(b"HTTP/1.1 408 ") for sock in socks)
    reasons = [line["reason"] for line in rig.lines.told if line["event"] == "request"]
    assert reasons.count("slow") == 150


def test_a_client_that_says_nothing_is_closed() -> None:
    with serving(ways(Bounds(deadline=0.2, linger=0.1))) as rig:
        with socket.create_connection(rig.address, timeout=10) as sock:
            assert read_all(sock).startswith(b"HTTP/1.1 408 ")
        assert [line["reason"] for line in rig.lines.told] == ["slow"]


def test_one_address_does_not_hold_all_connections() -> None:
    with serving(ways(Bounds(connections=20, each=5, deadline=60, linger=0.1))) as rig, ExitStack() as stack:
        socks = trickle(stack, rig.address, 30)
        assert ask(rig.address, post(), source="127.0.0.2").startswith(b"HTTP/1.1 200")
        assert rig.watch.metrics.value(DROPPED, "machines", "too-many") == 25
        assert rig.server.connections >= 5
        for sock in socks:
            sock.close()


def test_a_proxy_may_have_all_connections() -> None:
    bounds = Bounds(connections=20, each=5, deadline=60, linger=0.1)
    with serving(ways(bounds, trusted=(LOOPBACK,))) as rig, ExitStack() as stack:
        trickle(stack, rig.address, 15)
        assert ask(rig.address, post()).startswith(b"HTTP/1.1 200")


def test_a_flood_is_told_to_come_again_and_the_server_lives() -> None:
    clock = StillClock()
    bounds = Bounds(connections=8, each=8, deadline=60.0, linger=0.1)
    with serving(ways(bounds), clock=clock) as rig, ExitStack() as stack:
        socks = trickle(stack, rig.address, 60)
        for sock in socks[8:]:
            # What was on its way to a closed socket may come back as a reset, before the answer is read.
            with suppress(ConnectionError):
                assert read_all(sock).startswith(b"HTTP/1.1 503 ")
        assert rig.watch.metrics.value(DROPPED, "machines", "full") == 52
        assert [line["reason"] for line in rig.lines.told] == ["full"]
        clock.at = 61.0
        for sock in socks[:8]:
            sock.sendall(b"s")
            assert read_all(sock).startswith(b"HTTP/1.1 408 ")
            sock.close()
        while rig.server.connections:
            threading.Event().wait(0.01)
        assert ask(rig.address, post()).startswith(b"HTTP/1.1 200")


def test_who_is_turned_away_is_told_when_to_come_again() -> None:
    with serving(ways(Bounds(connections=1, deadline=60.0))) as rig, ExitStack() as stack:
        trickle(stack, rig.address, 1)
        with socket.create_connection(rig.address, timeout=10) as sock:
            answer = read_all(sock)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nRetry-After: 2\r\n" in answer
        assert answer.endswith(b"\r\n\r\nrefused: busy: too many connections at once\n")
