"""A web server for one block, and the forwarder that QEMU runs for each connection of a guest."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ec2kit.host import forward
from ec2kit.host.serving import Answered, Asked, LoopbackServer


def echo(asked: Asked) -> Answered:
    words = f"{asked.method} {asked.path} {asked.headers.get('X-Word', '-')} ".encode()
    return Answered(200, {"X-Back": "yes", "Content-Length": "9"}, words + asked.body)


def test_requests_are_answered_on_one_connection() -> None:
    with LoopbackServer(echo) as server:
        line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        line.request("PUT", "/latest/api/token?x=1", b"body", {"X-Word": "sesame"})
        answer = line.getresponse()
        assert (answer.status, answer.getheader("X-Back")) == (200, "yes")
        assert answer.read() == b"PUT /latest/api/token?x=1 sesame body"
        line.request("HEAD", "/")
        answer = line.getresponse()
        assert answer.getheader("Content-Length") == str(len(b"HEAD / - "))
        assert answer.read() == b""
        line.close()


def test_it_is_gone_with_its_block() -> None:
    with LoopbackServer(echo) as server:
        port = server.port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 60)


def test_nobody_else_can_reach_it() -> None:
    with LoopbackServer(echo) as server:
        assert server.server_address[0] == "127.0.0.1"


def test_the_forwarder_copies_both_ways_until_the_answer_ends() -> None:
    program = [sys.executable, "-I", "-S", str(Path(forward.__file__).absolute())]
    with LoopbackServer(echo) as server:
        asked = b"GET /latest/meta-data/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        ended = subprocess.run(
            [*program, str(server.port)], input=asked, capture_output=True, timeout=60, check=True
        )
    assert ended.stdout.startswith(b"HTTP/1.1 200 OK\r\n")
    assert ended.stdout.endswith(b"GET /latest/meta-data/ - ")
    assert ended.stderr == b""
