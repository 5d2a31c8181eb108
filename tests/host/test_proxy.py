"""Probes by way of an HTTP proxy: what it refuses, and what is its own trouble."""

from __future__ import annotations

import base64
import socket

import pytest

from ec2kit.errors import UsageError
from ec2kit.host.network import Dialer, NoReply, Reply
from tests.host.servers import Talk, closed_port, request, serving, until_gone

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n"
WEB = "http://198.18.0.7:8080/health"


def by(port: int, word: str = "", timeout: float = 20) -> Dialer:
    return Dialer(f"http://{word}127.0.0.1:{port}", timeout)


def answering(raw: bytes) -> Talk:
    def talk(sock: socket.socket) -> None:
        request(sock)
        sock.sendall(raw)
        until_gone(sock)

    return talk


def test_the_machine_is_asked_for_by_connect_and_talks_through_it() -> None:
    heard: list[str] = []

    def talk(sock: socket.socket) -> None:
        heard.append(request(sock).decode())
        sock.sendall(ESTABLISHED)
        heard.append(request(sock).decode())
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n")

    with serving(talk) as port:
        reply = by(port, "alice:open%20sesame@").http_get(WEB)

    assert isinstance(reply, Reply)
    assert (reply.status, reply.body) == (200, b"ok\n")
    secret = base64.b64encode(b"alice:open sesame").decode()
    assert heard[0] == (
        "CONNECT 198.18.0.7:8080 HTTP/1.1\r\nHost: 198.18.0.7:8080\r\n"
        f"Proxy-Authorization: Basic {secret}\r\n\r\n"
    )
    assert heard[1].startswith("GET /health HTTP/1.1\r\nHost: 198.18.0.7:8080\r\n")


def test_ipv6_addresses_are_asked_for_in_brackets() -> None:
    heard: list[str] = []

    def talk(sock: socket.socket) -> None:
        heard.append(request(sock).decode())

    with serving(talk) as port:
        by(port).banner("fd00::7", 22)
    assert heard[0].startswith("CONNECT [fd00::7]:22 HTTP/1.1\r\n")


def test_a_banner_right_behind_the_proxys_answer_is_the_machines() -> None:
    with serving(answering(ESTABLISHED + b"SSH-2.0-OpenSSH_9.2\r\n")) as port:
        assert by(port).banner("198.18.0.7", 22) == b"SSH-2.0-OpenSSH_9.2"


def test_an_answer_in_pieces_is_put_together() -> None:
    def talk(sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request(sock)
        for byte in ESTABLISHED:
            sock.sendall(bytes([byte]))
        sock.sendall(b"220 mail\r\n")

    with serving(talk) as port:
        assert by(port).banner("198.18.0.7", 25) == b"220 mail"


@pytest.mark.parametrize(
    "raw, reply",
    [
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\nno", NoReply("refused: the proxy answered 502 bad gateway")),
        (b"HTTP/1.1 504 Gateway Timeout\r\n\r\n", NoReply("the proxy answered 504 gateway timeout")),
        (b"HTTP/1.0 503 Busy\r\n\r\n", NoReply("the proxy answered 503 Busy", ours=True)),
        (b"HTTP/1.1 407\r\n\r\n", NoReply("the proxy answered 407", ours=True)),
        (b"SSH-2.0-OpenSSH\r\n\r\n", NoReply("127.0.0.1:PORT is not an HTTP proxy", ours=True)),
        (b"x" * 20_000, NoReply("the proxy's answer has no end", ours=True)),
    ],
)
def test_what_a_proxy_refuses(raw: bytes, reply: NoReply) -> None:
    with serving(answering(raw)) as port:
        silence = by(port).http_get(WEB)
    assert isinstance(silence, NoReply)
    assert NoReply(silence.reason.replace(f":{port}", ":PORT"), silence.ours) == reply


def test_a_proxy_that_says_nothing_means_a_machine_that_cannot_be_reached() -> None:
    with serving(until_gone) as port:
        assert by(port, timeout=0.3).http_get(WEB) == NoReply("no connection within 0.3 s")


def test_a_proxy_that_is_not_there_or_hangs_up_says_nothing_of_the_machine() -> None:
    port = closed_port()
    silence = by(port).http_get(WEB)
    assert isinstance(silence, NoReply)
    assert silence.ours
    assert silence.reason.startswith(f"the proxy 127.0.0.1:{port} does not answer: ")
    with serving(request) as port:
        assert by(port).banner("198.18.0.7", 22) == NoReply("the proxy closed the connection", ours=True)


def test_a_host_that_is_none_never_reaches_the_proxy() -> None:
    heard: list[bytes] = []
    with serving(lambda sock: heard.append(request(sock))) as port:
        silence = by(port).banner("198.18.0.7 HTTP/1.1\r\nX:", 22)
    assert silence == NoReply("'198.18.0.7 HTTP/1.1\r\nX:' is not the name of a host", ours=True)
    assert heard in ([], [b""])


@pytest.mark.parametrize(
    "url", ["bastion:3128", "https://bastion", "http://", "http://bastion:port", "socks5://b:1"]
)
def test_a_proxy_that_is_none_is_wrong_usage(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        Dialer(url)
    assert caught.value.hint == "write it as http://HOST:PORT"
