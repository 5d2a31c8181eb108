"""The server on real sockets: what it answers, and whom it does not let stop it."""

from __future__ import annotations

import socket
import stat
import threading
from contextlib import ExitStack
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from wsgiref.validate import validator

import pytest

from hostname_service.errors import Later
from hostname_service.operators import application as operators
from hostname_service.serving.connection import Bounds, Ways
from hostname_service.serving.listening import listen
from tests.hostname_service.serving.ground import (
    QUICK,
    Claims,
    FakeDesk,
    ask,
    binding,
    machines,
    post,
    read_all,
    serving,
    trickle,
)

LOOPBACK = ip_network("127.0.0.0/8")
NOTHING: Any = lambda *_: []  # noqa: E731  replaced by `serving`


def ways(bounds: Bounds = QUICK, **told: Any) -> Ways:
    return Ways("machines", NOTHING, bounds=bounds, **told)


def test_a_claim_is_answered_and_the_connection_closed() -> None:
    with serving() as rig:
        head, _, body = ask(rig.address, post(b"QUJD")).partition(b"\r\n\r\n")
        assert body == b"web-1\nweb-1.shop.example.com\nt0ken\n"
        lines = head.decode().split("\r\n")
        assert lines[0] == "HTTP/1.1 200 OK"
        assert {"Connection: close", f"Content-Length: {len(body)}", "Cache-Control: no-store"} <= set(lines)
        assert rig.claims.asked == [("QUJD", "127.0.0.1")]
        (line,) = rig.lines.told
        assert (line["status"], line["reason"], line["source"]) == (200, "bound", "127.0.0.1")


def test_the_judge_of_wsgi_agrees_with_the_server_and_with_the_application() -> None:
    with serving() as rig:
        judged = validator(machines(rig.claims, rig.watch))
        with serving(app=judged) as other:
            assert ask(other.address, post()).startswith(b"HTTP/1.1 200")
            assert ask(other.address, b"HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\n").endswith(b"\r\n\r\n")
            assert ask(other.address, b"GET /metrics?a=b HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200")
            assert other.lines.told == []


def test_ipv6() -> None:
    with serving(place=listen("[::1]:0", {}, 0)) as rig, socket.socket(socket.AF_INET6) as sock:
        sock.settimeout(10)
        sock.connect(rig.address)
        sock.sendall(post())
        assert read_all(sock).startswith(b"HTTP/1.1 200")
        assert rig.claims.asked[0][1] == "::1"


def test_a_client_that_waits_for_a_word_gets_it() -> None:
    with serving() as rig, socket.create_connection(rig.address, timeout=10) as sock:
        sock.sendall(post(b"", "Expect: 100-continue").replace(b"Length: 0", b"Length: 4"))
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"QUJD")
        assert read_all(sock).startswith(b"HTTP/1.1 200")


SMUGGLED = {
    "two lengths": post(b"QUJD", "Content-Length: 0") + post(b"smuggled"),
    "chunks": b"POST /v1/claim HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + post(),
    "chunks and a length": post(b"0\r\n\r\n", "Transfer-Encoding: chunked") + post(b"smuggled"),
    "chunks, hidden": post(b"0\r\n\r\n", "Transfer-Encoding : chunked") + post(b"smuggled"),
    "bare line ends": post(b"QUJD", "X: a\nContent-Length: 0"),
    "folded": post(b"QUJD", "X: a\r\n Content-Length: 0"),
    "an address for us": post(b"QUJD", "X_Forwarded_For: 10.0.0.9"),
    "who asks": post(b"QUJD", "Remote_User: uid:0"),
    "absolute": post(path="http://other/v1/claim"),
}


@pytest.mark.parametrize("name", SMUGGLED)
def test_what_smuggles_is_answered_once_and_never_heard(name: str) -> None:
    with serving() as rig:
        answer = ask(rig.address, SMUGGLED[name])
        assert answer.count(b"HTTP/1.1 ") == 1
        assert answer[9:12] in (b"400", b"411")
        assert rig.claims.asked == []
        assert len(rig.lines.told) == 1


def test_a_second_request_on_a_connection_is_not_read() -> None:
    with serving() as rig:
        assert ask(rig.address, post(b"QUJD") + post(b"smuggled")).count(b"HTTP/1.1 ") == 1
        assert [blob for blob, _ in rig.claims.asked] == ["QUJD"]


def test_a_body_that_is_too_big_is_refused_before_it_comes() -> None:
    with serving() as rig, socket.create_connection(rig.address, timeout=10) as sock:
        sock.sendall(post(b"").replace(b"Length: 0", b"Length: 16385"))
        assert read_all(sock).startswith(b"HTTP/1.1 413 ")
        assert rig.claims.asked == []


def test_an_endless_head_is_refused() -> None:
    with serving() as rig:
        assert ask(rig.address, b"GET / HTTP/1.1\r\nX: " + b"a" * 9000).startswith(b"HTTP/1.1 431 ")


def test_hostile_bytes_do_not_come_back() -> None:
    with serving() as rig:
        answer = ask(rig.address, b"GET /\x1b[2J\xff<script> HTTP/1.1\r\nHost: a\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"script" not in answer
        answer = ask(rig.address, b"GET /%1b HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b"\x1b" not in answer
        assert all(text.isascii() and text.isprintable() for text in rig.lines.texts)


def test_an_application_that_breaks_does_not_break_the_server() -> None:
    def odd(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/split":
            start_response("200 OK", [("X", "a\r\nSet-Cookie: b")])
            return [b"x"]
        raise RuntimeError("secret")

    with serving(app=odd) as rig:
        for path in (b"/split", b"/"):
            answer = ask(rig.address, b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path)
            assert answer.startswith(b"HTTP/1.1 500 ")
            assert b"secret" not in answer
            assert b"Cookie" not in answer


def test_the_address_behind_a_proxy() -> None:
    with serving(ways(trusted=(LOOPBACK,))) as rig:
        ask(rig.address, post(b"QUJD", "X-Forwarded-For: 10.0.0.9", "X-Forwarded-For: 10.0.0.5"))
        assert rig.claims.asked == [("QUJD", "10.0.0.5")]
        assert ask(rig.address, post(b"QUJD", "X-Forwarded-For: junk")).startswith(b"HTTP/1.1 400 ")
    with serving() as rig:
        ask(rig.address, post(b"QUJD", "X-Forwarded-For: 10.0.0.5"))
        assert rig.claims.asked == [("QUJD", "127.0.0.1")]


def test_the_line_of_a_proxy() -> None:
    line = b"PROXY TCP4 10.0.0.5 10.9.0.1 1000 80\r\n"
    with serving(ways(trusted=(LOOPBACK,), proxy_protocol=True)) as rig:
        assert ask(rig.address, line + post()).startswith(b"HTTP/1.1 200")
        assert rig.claims.asked == [("QUJD", "10.0.0.5")]
        assert ask(rig.address, post()).startswith(b"HTTP/1.1 400 ")
    with serving(ways(proxy_protocol=True)) as rig:
        assert ask(rig.address, line + post()).startswith(b"HTTP/1.1 400 ")
        assert ask(rig.address, post()).startswith(b"HTTP/1.1 200")
        assert rig.claims.asked == [("QUJD", "127.0.0.1")]


def test_a_stop_finishes_what_has_begun() -> None:
    inside, go = threading.Event(), threading.Event()

    def wait() -> None:
        inside.set()
        go.wait(10)

    with (
        serving(claims=Claims(before=wait)) as rig,
        socket.create_connection(rig.address, timeout=10) as sock,
    ):
        sock.sendall(post())
        assert inside.wait(10)
        clean: list[bool] = []
        stopping = threading.Thread(target=lambda: clean.append(rig.server.stop(within=10)))
        stopping.start()
        while rig.server.place.socket.fileno() >= 0:
            threading.Event().wait(0.01)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(sock.getpeername(), timeout=10)
        go.set()
        assert read_all(sock).endswith(b"t0ken\n")
        stopping.join(10)
        assert clean == [True]


def test_a_stop_does_not_wait_for_ever() -> None:
    with serving(ways(Bounds(deadline=60.0, linger=0.1))) as rig, ExitStack() as stack:
        (sock,) = trickle(stack, rig.address, 1)
        while not rig.server.connections:
            threading.Event().wait(0.01)
        assert rig.server.stop(within=0.1) is False
        assert read_all(sock) == b""
        assert rig.server.connections == 0


def test_later_is_told_with_its_time() -> None:
    with serving(claims=Claims(Later("dns-away", "DNS does not answer"))) as rig:
        answer = ask(rig.address, post())
        assert answer.startswith(b"HTTP/1.1 202 ")
        assert b"\r\nRetry-After: 2\r\n" in answer


def test_operators_come_by_a_socket_that_is_theirs_alone(tmp_path: Path) -> None:
    path = tmp_path / "operator.sock"
    desk = FakeDesk({"web-1.shop.example.com": binding()})
    with serving() as rig:
        app = operators(desk, rig.watch, rig.server._clock)
        with serving(replace(ways(), name="operators"), listen(f"unix:{path}", {}, 0), app=app):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            answer = ask(str(path), b"DELETE /v1/names/web-1.shop.example.com HTTP/1.1\r\nHost: a\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert desk.did == [
                ("release", "web-1.shop.example.com", f"uid:{path.owner() and path.stat().st_uid}")
            ]
        assert not path.exists()
