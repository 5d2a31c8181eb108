"""The policy executable as puppetserver runs it: a process of its own, over a unix socket and over TLS."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hostname_service.clock import SystemClock
from hostname_service.config.settings import Tls
from hostname_service.errors import Refused
from hostname_service.puppet.autosign import DEFAULT, MOST, No, door
from hostname_service.serving.connection import Bounds, Ways
from hostname_service.serving.listening import listen
from hostname_service.serving.logs import Log
from hostname_service.serving.metrics import Metrics
from hostname_service.serving.secure import Secure
from hostname_service.serving.server import Server
from hostname_service.serving.watching import Watcher
from hostname_service.signing import application
from tests.hostname_service.puppet.ground import NAME, Issuer, Wish
from tests.hostname_service.puppet.rows import Vouching

PEM = Wish().pem()


def run(where: str, *arguments: str, request: bytes = PEM, **environ: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "hostname_service.puppet.autosign", *arguments]
    told = {"PATH": os.environ["PATH"], "HOSTNAME_SERVICE_SIGN": where, **environ}
    done = subprocess.run(command, input=request, env=told, capture_output=True, timeout=30, check=False)
    assert done.stdout == b""
    return done.returncode, done.stderr.decode()


@contextmanager
def service(voucher: Vouching, where: str, tls: Tls | None = None) -> Iterator[Server]:
    clock = SystemClock()
    watch = Watcher(Log(clock, lambda _: None), Metrics(), clock)
    app = application(voucher, watch, clock, ["puppet.shop.example.com"])
    ways = Ways("signing", app, bounds=Bounds(deadline=20.0, linger=0.2), secure=Secure(tls) if tls else None)
    server = Server(listen(where, {}, 0), ways, watch, clock)
    server.start()
    try:
        yield server
    finally:
        server.stop(within=5.0)


def test_yes_and_no_over_a_unix_socket(tmp_path: Path) -> None:
    voucher, where = Vouching(), f"unix:{tmp_path / 'sign.sock'}"
    with service(voucher, where):
        assert run(where, NAME) == (0, "")
        assert voucher.asked == [(NAME, PEM, f"uid:{os.getuid()}")]
        voucher.answer = Refused("token", "the token is not right")
        code, said = run(where, NAME)
    assert (code, said) == (
        1,
        f"hostname-autosign: {NAME}: 403: refused: token: the token is not right\n",
    )


def test_over_tls_with_the_hosts_own_certificate(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path / "service")
    own = issuer.issue("names.shop.example.com")
    voucher = Vouching()
    with service(voucher, "127.0.0.1:0", Tls(own.certificate, own.key, issuer.ca)) as server:
        where = f"https://{server.place.url}"
        host = tmp_path / "service"
        assert run(where, NAME, HOSTNAME_SERVICE_SSL=str(host))[0] == 1, "it is no puppetserver"
        issuer.issue("puppet.shop.example.com")
        assert "write the certname" in run(where, NAME, HOSTNAME_SERVICE_SSL=str(host))[1]
        asking = f"{where} puppet.shop.example.com"
        assert run(asking, NAME, HOSTNAME_SERVICE_SSL=str(host)) == (0, "")
        foreign = Issuer(tmp_path / "other")
        foreign.issue("puppet.shop.example.com")
        code, said = run(asking, NAME, HOSTNAME_SERVICE_SSL=str(tmp_path / "other"))
        assert (code, "cannot be asked" in said) == (1, True)
    assert [by for _, _, by in voucher.asked] == ["cert:CN=puppet.shop.example.com"]


def test_whoever_is_not_asked_says_no(tmp_path: Path) -> None:
    assert run(f"unix:{tmp_path / 'none'}", NAME)[0] == 1
    assert "neither unix:/PATH nor https" in run("http://127.0.0.1:1", NAME)[1]
    assert "no Puppet certificate" in run("https://127.0.0.1:1", NAME, HOSTNAME_SERVICE_SSL=str(tmp_path))[1]
    assert "usage" in run("unix:/x")[1]
    assert "no byte" in run("unix:/x", NAME, request=b"")[1]
    assert "more than" in run("unix:/x", NAME, request=b"x" * (MOST + 1))[1]


@contextmanager
def raw(path: Path, answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that answers one connection as it is told."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def once() -> None:
            with listener.accept()[0] as sock:
                answer(sock)

        thread = threading.Thread(target=once)
        thread.start()
        yield f"unix:{path}"
        thread.join()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"sign\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsigned",
        b"HTTP/1.1 202 Accepted\r\nContent-Length: 5\r\n\r\nsign\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsign\n",
        b"HTTP/1.1 204 No Content\r\n\r\nsign\n",
    ],
)
def test_only_a_clear_yes_is_yes(tmp_path: Path, answer: bytes) -> None:
    def reply(sock: socket.socket) -> None:
        sock.recv(65536)
        sock.sendall(answer)

    with raw(tmp_path / "s", reply) as where:
        code, said = run(where, NAME)
    assert code == 1
    assert said.startswith("hostname-autosign: ")
    assert said.count("\n") == 1


@pytest.mark.slow
def test_a_service_that_trickles_is_a_no(tmp_path: Path) -> None:
    def trickle(sock: socket.socket) -> None:
        pause = threading.Event()
        try:
            while True:
                sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                pause.wait(0.2)
        except OSError:
            return

    with raw(tmp_path / "s", trickle) as where:
        assert run(where, NAME) == (
            1,
            "hostname-autosign: the hostname service did not answer within 5 seconds\n",
        )


def test_whom_to_ask(tmp_path: Path) -> None:
    file = tmp_path / "autosign"
    assert door({}, file) == DEFAULT
    file.write_text("\nhttps://names.shop.example.com:8443\n")
    assert door({}, file) == "https://names.shop.example.com:8443"
    assert door({"HOSTNAME_SERVICE_SIGN": "unix:/x"}, file) == "unix:/x"
    for text in ("", "unix:/x\nunix:/y\n"):
        file.write_text(text)
        with pytest.raises(No):
            door({}, file)
