"""What a guest's connection leads to hears who connects, when it is to."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ec2kit.host import forward
from ec2kit.host.serving import Answered, LoopbackServer

LINE = "PROXY TCP4 172.31.5.6 172.31.0.10 49152 8443"


@pytest.mark.parametrize("words, first", [((), b""), ((LINE,), f"{LINE}\r\n".encode())])
def test_the_line_goes_before_what_the_guest_says(words: tuple[str, ...], first: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        program = [sys.executable, "-I", "-S", str(Path(forward.__file__)), port, *words]
        with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
            connection, _ = server.accept()
            with connection:
                assert running.stdin is not None
                running.stdin.write(b"GET / HTTP/1.1\r\n\r\n")
                running.stdin.close()
                heard = b""
                while piece := connection.recv(4096):
                    heard += piece
                connection.sendall(b"ok")
            assert running.stdout is not None
            assert running.stdout.read() == b"ok"
    assert heard == first + b"GET / HTTP/1.1\r\n\r\n"


def test_an_answer_comes_back_through_it() -> None:
    with LoopbackServer(lambda asked: Answered(200, {}, asked.path.encode())) as server:
        program = [sys.executable, "-I", "-S", str(Path(forward.__file__)), str(server.port)]
        asked = b"GET /latest HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        told = subprocess.run(program, input=asked, capture_output=True, check=True, timeout=60).stdout
    assert told.startswith(b"HTTP/1.1 200 ")
    assert told.endswith(b"/latest")
