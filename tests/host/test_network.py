"""Probes against servers that answer, keep silent, trickle, lie and hang up."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from functools import partial

import pytest

from ec2kit.errors import UsageError
from ec2kit.host.network import Dialer, NoReply, Reply, in_parallel
from tests.host.servers import Talk, closed_port, request, serving, until_gone

SHORT = 0.3
"""Seconds until a test of silence is over."""
DIALER = Dialer(timeout=20)


def answering(raw: bytes) -> Talk:
    def talk(sock: socket.socket) -> None:
        request(sock)
        sock.sendall(raw)

    return talk


def trickling(start: bytes, each: bytes) -> Talk:
    """Sends a little, again and again, until the client goes."""

    def talk(sock: socket.socket) -> None:
        sock.sendall(start)
        gone = threading.Event()
        while not gone.wait(0.02):
            sock.sendall(each)

    return talk


def get(port: int, path: str = "/", timeout: float = 20, max_bytes: int = 65_536) -> Reply | NoReply:
    return DIALER.http_get(f"http://127.0.0.1:{port}{path}", timeout=timeout, max_bytes=max_bytes)


@pytest.mark.parametrize("status", [200, 302, 404, 503])
def test_a_status_line_is_a_reply_whatever_the_status(status: int) -> None:
    raw = f"HTTP/1.1 {status} Words\r\nContent-Length: 2\r\nLocation: http://elsewhere/\r\n\r\nok".encode()
    with serving(answering(raw)) as port:
        reply = get(port)
    assert isinstance(reply, Reply)
    assert (reply.status, reply.body) == (status, b"ok")
    assert reply.seconds >= 0


def test_what_is_asked_is_one_plain_get() -> None:
    heard: list[bytes] = []

    def talk(sock: socket.socket) -> None:
        heard.append(request(sock))
        sock.sendall(b"HTTP/1.0 204 No Content\r\n\r\n")

    with serving(talk) as port:
        reply = get(port, "/health?deep=1#part")
    assert isinstance(reply, Reply)
    lines = heard[0].decode().split("\r\n")
    assert lines[0] == "GET /health?deep=1 HTTP/1.1"
    assert f"Host: 127.0.0.1:{port}" in lines
    assert "Connection: close" in lines


def test_a_chunked_body_is_put_together_and_cut() -> None:
    raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"
    with serving(answering(raw)) as port:
        whole, cut = get(port), get(port, max_bytes=5)
    assert isinstance(whole, Reply)
    assert isinstance(cut, Reply)
    assert (whole.body, cut.body) == (b"abcdefg", b"abcde")


def test_a_body_that_breaks_off_is_still_a_reply() -> None:
    with serving(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok")) as port:
        reply = get(port)
    assert isinstance(reply, Reply)
    assert (reply.status, reply.body) == (200, b"ok")


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_server_that_trickles_after_its_status_line_holds_us_no_longer_than_the_bound(start: bytes) -> None:
    with serving(trickling(start, b"x")) as port:
        reply = get(port, timeout=SHORT)
    assert isinstance(reply, Reply)
    assert reply.status == 200


def test_a_server_that_trickles_a_status_line_gave_no_reply() -> None:
    with serving(trickling(b"HTTP/1.1 2", b"0")) as port:
        assert get(port, timeout=SHORT) == NoReply("accepted, and no answer within 0.3 s")


def test_a_connection_alone_is_no_reply() -> None:
    with serving(until_gone) as port:
        assert get(port, timeout=SHORT) == NoReply("accepted, and no answer within 0.3 s")
        assert DIALER.banner("127.0.0.1", port, timeout=SHORT) == NoReply(
            "accepted, and no answer within 0.3 s"
        )


def test_a_machine_that_only_its_kernel_keeps_alive_is_no_reply() -> None:
    """Nobody accepts: the backlog does, as on a machine in swap death."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert get(listener.getsockname()[1], timeout=SHORT) == NoReply(
            "accepted, and no answer within 0.3 s"
        )


def test_the_reasons_of_silence() -> None:
    with serving(answering(b"SSH-2.0-OpenSSH_9.2\r\n")) as port:
        reply = get(port)
        assert isinstance(reply, NoReply)
        assert reply.reason.startswith("the answer is not HTTP: 'SSH-2.0-OpenSSH_9.2")
        assert not reply.ours
    with serving(request) as port:
        assert get(port) == NoReply("closed without an answer")
    assert get(closed_port()) == NoReply("refused: connection refused")


def test_a_name_that_is_unknown_says_nothing_of_the_machine() -> None:
    reply = DIALER.http_get("http://web-1.invalid/")
    assert reply == NoReply("the name 'web-1.invalid' is not known here", ours=True)
    label = "x" * 70
    for host in ("a..b", label):
        silence = DIALER.banner(host, 22)
        assert isinstance(silence, NoReply)
        assert silence.ours


def test_a_name_is_resolved() -> None:
    with serving(answering(b"HTTP/1.1 200 OK\r\n\r\n")) as port:
        assert isinstance(DIALER.http_get(f"http://localhost:{port}/"), Reply)


@pytest.mark.parametrize(
    "url", ["ftp://host/", "host:80", "http://", "http://host:port/", "http://a b/", "http://h/\r\nX: y", ""]
)
def test_what_is_no_web_address_is_wrong_usage(url: str) -> None:
    with pytest.raises(UsageError):
        DIALER.http_get(url)


@pytest.mark.parametrize(
    "raw, heard",
    [
        (b"SSH-2.0-OpenSSH_9.2\r\nmore\r\n", b"SSH-2.0-OpenSSH_9.2"),
        (b"220 mail.example.com ESMTP\n", b"220 mail.example.com ESMTP"),
        (b"no end of line", b"no end of line"),
        (b"x" * 100, b"x" * 40),
    ],
)
def test_a_banner_is_the_first_line(raw: bytes, heard: bytes) -> None:
    with serving(lambda sock: sock.sendall(raw)) as port:
        assert DIALER.banner("127.0.0.1", port, max_bytes=40) == heard


def test_a_banner_without_an_end_is_what_came_in_time() -> None:
    with serving(trickling(b"220 ", b"a")) as port:
        heard = DIALER.banner("127.0.0.1", port, timeout=SHORT)
    assert isinstance(heard, bytes)
    assert heard.startswith(b"220 a")


def test_no_banner_has_its_reason() -> None:
    with serving(lambda sock: None) as port:
        assert DIALER.banner("127.0.0.1", port) == NoReply("closed without an answer")
    assert DIALER.banner("127.0.0.1", closed_port()) == NoReply("refused: connection refused")


def test_calls_run_side_by_side_up_to_the_limit_and_answer_in_order() -> None:
    together = threading.Barrier(4)
    lock = threading.Lock()
    running = most = 0

    def call(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait(30)
        with lock:
            running -= 1
        return number

    calls: list[Callable[[], int]] = [partial(call, number) for number in range(12)]
    assert in_parallel(calls, limit=4) == list(range(12))
    assert most == 4
    assert in_parallel([]) == []


def test_what_one_call_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        in_parallel([lambda: 1.0, lambda: 1 / 0])
