"""The probe proxy over real sockets on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from ec2kit.host.network import Dialer, NoReply, Reply
from ec2kit.sandbox import proxy
from ec2kit.sandbox.machines import CONTROL_HOST
from ec2kit.sandbox.server import SandboxServer
from tests.sandbox.seeded import Seeded

pytestmark = pytest.mark.slow

QUICK = 0.4
"""Seconds after which a test believes that nothing will be said. Waiting longer could only pass more often."""


class Served:
    """The seeded sandbox behind its own server."""

    def __init__(self) -> None:
        self.seeded = Seeded()
        self.server = SandboxServer(self.seeded.app)
        self._thread = self.server.start()

    @property
    def port(self) -> int:
        return self.server.port

    def close(self) -> None:
        self.server.close()
        self._thread.join(timeout=10)


@pytest.fixture
def served() -> Iterator[Served]:
    made = Served()
    yield made
    made.close()


class Probe:
    """A client that has asked to CONNECT."""

    def __init__(self, served: Served, host: str, port: int = 80) -> None:
        self.socket = socket.create_connection(("127.0.0.1", served.port), timeout=10)
        self.socket.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())

    def __enter__(self) -> Probe:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def head(self) -> str:
        """The proxy's own answer."""
        read = b""
        while b"\r\n\r\n" not in read:
            more = self.socket.recv(1)
            assert more, read
            read += more
        return read.decode()

    def rest(self) -> bytes:
        """Everything until the other side closes."""
        read = b""
        while more := self.socket.recv(4096):
            read += more
        return read

    def get(self, path: str, method: str = "GET") -> tuple[str, bytes]:
        """Connect, ask for a path, and return the head and body of the machine's answer."""
        assert self.head().startswith("HTTP/1.1 200 ")
        self.socket.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        head, _, body = self.rest().partition(b"\r\n\r\n")
        return head.decode(), body

    def hears_nothing(self) -> bool:
        self.socket.settimeout(QUICK)
        with suppress(TimeoutError):
            self.socket.recv(1)
            return False
        return True


def address(served: Served, name: str = "web-1") -> str:
    return str(served.seeded.instance(name)["PublicIpAddress"])


@pytest.mark.parametrize("path", ["/", "/health", "/anything/else?q=1"])
def test_http_says_ok_and_who_it_is(served: Served, path: str) -> None:
    with Probe(served, address(served)) as probe:
        head, body = probe.get(path)
    assert head.startswith("HTTP/1.1 200 OK\r\n")
    assert f"X-Instance-Id: {served.seeded.id('web-1')}" in head.split("\r\n")
    assert body == b"ok\n"


def test_http_has_one_missing_page_and_knows_head(served: Served) -> None:
    with Probe(served, address(served)) as probe:
        assert probe.get("/missing")[0].startswith("HTTP/1.1 404 ")
    with Probe(served, address(served)) as probe:
        head, body = probe.get("/health", "HEAD")
    assert head.startswith("HTTP/1.1 200 OK")
    assert body == b""


def test_nonsense_is_a_bad_request(served: Served) -> None:
    with Probe(served, address(served)) as probe:
        probe.head()
        probe.socket.sendall(b"hello\r\n\r\n")
        assert probe.rest().startswith(b"HTTP/1.1 400 ")


def test_ssh_shows_its_banner(served: Served) -> None:
    with Probe(served, address(served), 22) as probe:
        probe.head()
        assert probe.socket.recv(100) == b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"


def test_smtp_greets_and_says_goodbye(served: Served) -> None:
    seeded = served.seeded
    seeded.ec2.authorize_security_group_ingress(
        GroupId=seeded.group("web"), IpProtocol="tcp", FromPort=25, ToPort=25, CidrIp="0.0.0.0/0"
    )
    seeded.launch("mail-1", role="mail")
    seeded.boot()
    with Probe(served, address(served, "mail-1"), 25) as probe:
        probe.head()
        assert probe.socket.recv(100).startswith(b"220 ")
        probe.socket.sendall(b"EHLO me\r\n")
        assert probe.socket.recv(100) == b"250 ok\r\n"
        probe.socket.sendall(b"DATA\r\n")
        assert probe.socket.recv(100).startswith(b"502 ")
        probe.socket.sendall(b"QUIT\r\n")
        assert probe.rest().startswith(b"221 ")


def test_a_closed_port_is_a_502_with_the_reason(served: Served) -> None:
    with Probe(served, address(served), 443) as probe:
        assert probe.head().startswith("HTTP/1.1 502 ")
        assert probe.rest() == b"nothing listens on this port\n"


def test_an_impaired_machine_accepts_and_says_nothing(served: Served) -> None:
    world = served.seeded.app.world
    world.conditions.impair(served.seeded.id("web-1"), "instance", world.clock.now())
    with Probe(served, address(served)) as probe:
        assert probe.head().startswith("HTTP/1.1 200 ")
        probe.socket.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert probe.hears_nothing()


def test_an_unreachable_address_hangs_until_the_client_gives_up(served: Served) -> None:
    with Probe(served, "198.18.0.1") as probe:
        assert probe.hears_nothing()


def test_held_clients_are_released_when_the_server_ends() -> None:
    served = Served()
    with Probe(served, "198.18.0.1") as probe:
        assert probe.hears_nothing()
        served.close()
        probe.socket.settimeout(10)
        assert probe.socket.recv(1) == b""


def test_no_more_than_so_many_are_held(monkeypatch: pytest.MonkeyPatch, served: Served) -> None:
    monkeypatch.setattr(proxy, "_places", threading.BoundedSemaphore(1))
    with Probe(served, "198.18.0.1") as first:
        assert first.hears_nothing()
        with Probe(served, address(served)) as second:
            assert second.head().startswith("HTTP/1.1 503 ")


def test_the_control_host_and_the_endpoint_itself_answer(served: Served) -> None:
    for host, port in ((CONTROL_HOST, 80), ("127.0.0.1", served.port), ("localhost", served.port)):
        with Probe(served, host, port) as probe:
            head, body = probe.get("/")
        assert head.startswith("HTTP/1.1 200 OK")
        assert "X-Instance-Id" not in head
        assert body == b"ok\n"


def test_nothing_answers_when_the_path_is_down(served: Served) -> None:
    served.seeded.app.world.conditions.probe_path_down = True
    for host, port in ((CONTROL_HOST, 80), ("127.0.0.1", served.port), (address(served), 80)):
        with Probe(served, host, port) as probe:
            assert probe.hears_nothing()


def test_another_port_of_this_machine_is_never_opened(served: Served) -> None:
    with socket.create_server(("127.0.0.1", 0)) as bystander:
        bystander.settimeout(QUICK)
        with Probe(served, "127.0.0.1", bystander.getsockname()[1]) as probe:
            assert probe.hears_nothing()
        with pytest.raises(TimeoutError):
            bystander.accept()


def test_a_silence_is_short_for_who_asks_to_be_told_of_it(served: Served) -> None:
    dialer = Dialer(f"http://127.0.0.1:{served.port}", timeout=60, silence=QUICK)
    up, nobody = address(served), "198.18.0.1"
    assert isinstance(dialer.http_get(f"http://{up}/"), Reply)
    assert dialer.banner(nobody, 22) == NoReply(f"no connection within {QUICK} s")
    world = served.seeded.app.world
    world.conditions.impair(served.seeded.id("web-1"), "instance", world.clock.now())
    assert dialer.http_get(f"http://{up}/") == NoReply(f"accepted, and no answer within {QUICK} s")


def test_a_reply_that_a_busy_host_holds_up_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, served: Served
) -> None:
    decide, held = proxy._decide, threading.Event()

    def busy(*wanted: Any) -> Any:
        held.wait(3 * QUICK)
        return decide(*wanted)

    monkeypatch.setattr(proxy, "_decide", busy)
    dialer = Dialer(f"http://127.0.0.1:{served.port}", timeout=60, silence=QUICK)
    assert isinstance(dialer.http_get(f"http://{address(served)}/"), Reply)
