"""Probes of a machine that really runs: bytes go through to the port that its runner opened."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from ec2kit.sandbox import relaying
from tests.sandbox.test_proxy import Probe, Served, address

QUICK = 0.3


class Guest:
    """What QEMU's port leads to: it greets, closes at once, or says nothing, and sends back what it hears."""

    def __init__(self, manner: str) -> None:
        self._manner = manner
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection:
                if self._manner == "closes":
                    continue
                if self._manner == "greets":
                    connection.sendall(b"SSH-2.0-Real\r\n")
                while piece := connection.recv(4096):
                    connection.sendall(piece)

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(timeout=5)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(relaying, "FIRST", QUICK)
    monkeypatch.setattr(relaying, "FORWARDED", QUICK)
    made = Served()
    yield made
    made.close()


@pytest.fixture
def guest(request: pytest.FixtureRequest) -> Iterator[Guest]:
    made = Guest(str(request.param))
    yield made
    made.close()


def run(served: Served, port: int, *, login: bool = True) -> str:
    """Let web-1 be a machine that really runs, with its port 22 led to `port`."""
    app = served.seeded.app
    instance_id = served.seeded.id("web-1")
    machine = app.world.live.enter(instance_id, "r1", 1, served.seeded.now)
    machine.on, machine.login, machine.ports = True, login, {22: port} if port else {}
    return instance_id


@pytest.mark.parametrize("guest", ["greets"], indirect=True)
@pytest.mark.parametrize("login", [True, False])
def test_the_machine_itself_answers(served: Served, guest: Guest, login: bool) -> None:
    instance_id = run(served, guest.port, login=login)
    with Probe(served, address(served), 22) as probe:
        assert probe.head().startswith("HTTP/1.1 200 ")
        probe.socket.sendall(b"hello")
        probe.socket.shutdown(socket.SHUT_WR)
        assert probe.rest() == b"SSH-2.0-Real\r\nhello"
    machine = served.seeded.app.world.live.find(instance_id)
    assert machine is not None
    assert machine.up


@pytest.mark.parametrize("guest", ["closes"], indirect=True)
def test_what_the_guest_closes_at_once_is_refused(served: Served, guest: Guest) -> None:
    run(served, guest.port)
    with Probe(served, address(served), 22) as probe:
        assert probe.head().startswith("HTTP/1.1 502 ")


@pytest.mark.parametrize("guest", ["silent"], indirect=True)
def test_a_server_may_let_its_client_speak_first(served: Served, guest: Guest) -> None:
    run(served, guest.port)
    with Probe(served, address(served), 22) as probe:
        assert probe.head().startswith("HTTP/1.1 200 ")
        probe.socket.sendall(b"first")
        probe.socket.shutdown(socket.SHUT_WR)
        assert probe.rest() == b"first"


@pytest.mark.parametrize("guest", ["silent", "closes"], indirect=True)
def test_nobody_answers_before_it_came_up(served: Served, guest: Guest) -> None:
    run(served, guest.port, login=False)
    with Probe(served, address(served), 22) as probe:
        assert probe.hears_nothing()


def test_a_port_that_is_not_led_in_is_asked_for(served: Served) -> None:
    instance_id = run(served, 0)
    machine = served.seeded.app.world.live.find(instance_id)
    assert machine is not None
    with Probe(served, address(served), 22) as probe:
        assert probe.hears_nothing()
        assert machine.ports_wanted == {22}


def test_one_that_nobody_runs_any_more_is_met_by_nobody(served: Served) -> None:
    instance_id = run(served, 1)
    live = served.seeded.app.world.live
    assert relaying.meet(live, "i-0000", 22) == relaying.Met()
    # Nothing listens on this host's port 1: its QEMU has gone.
    assert relaying.meet(live, instance_id, 22) == relaying.Met()
