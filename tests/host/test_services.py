"""The door to a service of our own: a unix socket, https with certificates of both sides, and nobody there."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest

from ec2kit.errors import AccessDenied, Ec2kitError, Unavailable, UsageError
from ec2kit.host.services import ServiceDoor
from tests.host.servers import Talk, request, serving
from tests.hostnames.certificates import Pair, self_signed
from tests.hostnames.machine import closed_port
from tests.hostnames.operators import MemoryDesk, listening

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pair, Pair]:
    """The service's and an operator's."""
    directory = tmp_path_factory.mktemp("tls")
    return self_signed(directory / "service"), self_signed(directory / "operator", "operator")


def for_operators(service: Pair, operator: Pair) -> Talk:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(service.both)
    context.load_verify_locations(operator.certificate)
    context.verify_mode = ssl.CERT_REQUIRED

    def talk(sock: socket.socket) -> None:
        with context.wrap_socket(sock, server_side=True) as channel:
            request(channel)
            channel.sendall(ANSWER)

    return talk


def test_by_a_unix_socket(tmp_path: Path) -> None:
    with listening(tmp_path / "s", MemoryDesk()) as at:
        status, body = ServiceDoor(at).ask("GET", "/v1/names?limit=1")
        assert (status, body) == (200, b'{"names": [], "next": null}\n')
        assert ServiceDoor(at).ask("POST", "/v1/gc", b'{"dry_run": true}')[0] == 200


def test_by_https_with_an_operators_certificate(pairs: tuple[Pair, Pair]) -> None:
    service, operator = pairs
    with serving(for_operators(service, operator)) as port:
        door = ServiceDoor(f"https://127.0.0.1:{port}", service.certificate, operator.both)
        assert door.ask("GET", "/v1/names") == (200, b"{}")


def test_without_a_certificate_or_trust_nothing_is_said(pairs: tuple[Pair, Pair]) -> None:
    service, operator = pairs
    with serving(for_operators(service, operator)) as port:
        with pytest.raises(Ec2kitError) as refused:
            ServiceDoor(f"https://127.0.0.1:{port}", service.certificate).ask("GET", "/")
        assert isinstance(refused.value, AccessDenied | Unavailable)
        with pytest.raises(Unavailable, match="not trusted"):
            ServiceDoor(f"https://127.0.0.1:{port}", operator.certificate, operator.both).ask("GET", "/")


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no such file"):
        ServiceDoor(f"unix:{tmp_path / 'none'}").ask("GET", "/")
    with pytest.raises(Unavailable, match="refused"):
        ServiceDoor(f"https://127.0.0.1:{closed_port()}").ask("GET", "/")


@pytest.mark.parametrize("raw", [b"", b"hello\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"])
def test_an_answer_that_is_cut_is_none(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(10)

        def answer() -> None:
            sock, _ = listener.accept()
            with sock:
                sock.recv(4096)
                sock.sendall(raw)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(Unavailable):
            ServiceDoor(f"unix:{path}").ask("GET", "/")
        thread.join()


@pytest.mark.parametrize("at", ["", "unix:", "http://127.0.0.1", "/run/s", "https://"])
def test_a_place_that_is_none(at: str) -> None:
    with pytest.raises(UsageError):
        ServiceDoor(at)


def test_files_that_are_none(tmp_path: Path, pairs: tuple[Pair, Pair]) -> None:
    service, operator = pairs
    (tmp_path / "empty").touch()
    with pytest.raises(UsageError, match="holds no certificates"):
        ServiceDoor("https://127.0.0.1:1", tmp_path / "empty").ask("GET", "/")
    with pytest.raises(UsageError, match="holds no certificates"):
        ServiceDoor("https://127.0.0.1:1", tmp_path / "none").ask("GET", "/")
    with pytest.raises(UsageError, match="cannot be used"):
        ServiceDoor("https://127.0.0.1:1", service.certificate, operator.certificate).ask("GET", "/")
