"""The application on a socket: a thread for each connection, kept alive, on the loopback address only.

It is a server of our own because a fault may reset a connection or end it after one byte, and because the proxy
for probes takes the whole socket over.
"""

import logging
import select
import socket
import struct
import sys
import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any

from ec2kit.sandbox import hooks, proxy
from ec2kit.sandbox.app import NoAnswer, SandboxApp
from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.wire import Answer, Request

log = logging.getLogger(__name__)

# Longer than any client's own time-out, so that it is the client who gives up.
SILENCE_SECONDS = 600

# An idle connection holds a thread; botocore opens a new one without a word.
IDLE_SECONDS = 75


class SandboxServer(ThreadingMixIn, TCPServer):
    """Serves one application on 127.0.0.1. Port 0 takes a free one."""

    allow_reuse_address = True
    daemon_threads = True
    # Fifty clients may connect at the same moment.
    request_queue_size = 128

    def __init__(self, app: SandboxApp, port: int = 0) -> None:
        self.app = app
        self.closing = threading.Event()
        app.pause = self.closing.wait
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def port(self) -> int:
        """The port that was taken."""
        return int(self.server_address[1])

    @property
    def endpoint(self) -> str:
        """The URL for AWS clients."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> threading.Thread:
        """Serve in a thread of this process, for tests; `close` ends it."""
        thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="sandbox", daemon=True)
        thread.start()
        return thread

    def close(self) -> None:
        """End serving, let go of every client that is held, and free the port."""
        self.closing.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class's names
        """A client that goes away is everyday life; anything else belongs in the log."""
        failure = sys.exception()
        if failure is not None and not isinstance(failure, ConnectionError | TimeoutError):
            log.error("a connection failed", exc_info=failure)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: SandboxServer
    protocol_version = "HTTP/1.1"
    server_version = "ec2kit-sandbox"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True

    def do_CONNECT(self) -> None:
        """Probes come this way: the proxy plays the machine, and the connection ends with it."""
        self.close_connection = True
        host, _, port = self.path.rpartition(":")
        if not port.isdigit():
            self.send_error(400)
            return
        asked = proxy.Asked(host.strip("[]"), int(port), tell=proxy.SILENCE in self.headers)
        proxy.handle_connect(self.connection, asked, self.server.app, self.server.closing)

    def serve(self) -> None:
        """Answer one request of an AWS client, or of the command line."""
        heard: list[Call] = []
        try:
            answer = self.server.app.answer(self._request(), heard.append)
        except NoAnswer as missing:
            self._leave_unanswered(silent=missing.silent)
            return
        self._send(answer, heard[0] if heard else None)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = serve  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Calls are in the application's own log; the process's log stays short."""

    def _request(self) -> Request:
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return Request(self.command, self.path, headers, self._body())

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(iter(self._chunk, b""))
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline(100).split(b";", 1)[0] or b"0", 16)
        chunk = self.rfile.read(size)
        self.rfile.readline(100)
        return chunk

    def _send(self, answer: Answer, call: Call | None) -> None:
        wire = self._head(answer) + (b"" if self._bodiless(answer) else answer.body)
        cuts = self.server.app.hooks.first_byte
        if call is not None and cuts:
            self.connection.sendall(wire[:1])
            hooks.run(cuts, call)
            wire = wire[1:]
        self.connection.sendall(wire)

    def _head(self, answer: Answer) -> bytes:
        status = HTTPStatus(answer.status)
        lines = [f"HTTP/1.1 {answer.status} {status.phrase}"]
        skipped = {"connection", "transfer-encoding"}
        # S3 tells the length of an object in its answer to HEAD, which has no body of its own.
        keeps_length = self.command == "HEAD" and answer.header("content-length")
        if not keeps_length:
            skipped.add("content-length")
        lines += [f"{name}: {value}" for name, value in answer.headers if name.lower() not in skipped]
        if not keeps_length and answer.status != 204:
            lines.append(f"Content-Length: {len(answer.body)}")
        if self.close_connection:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

    def _bodiless(self, answer: Answer) -> bool:
        return self.command == "HEAD" or answer.status in (204, 304)

    def _leave_unanswered(self, *, silent: bool) -> None:
        self.close_connection = True
        if silent:
            self._hold()
        _reset(self.connection)

    def _hold(self) -> None:
        """Say nothing until the client goes away or the server ends."""
        for _ in range(SILENCE_SECONDS * 4):
            readable, _, _ = select.select([self.connection], [], [], 0)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                return
            if self.server.closing.wait(0.25):
                return


def _reset(connection: socket.socket) -> None:
    """Close so that the client sees `connection reset`, not an orderly end."""
    with suppress(OSError):
        # Linger on, for 0 seconds: close sends RST. The handler's own close then finds it closed.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with suppress(OSError):
        socket.close(connection.detach())
