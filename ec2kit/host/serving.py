"""A web server on this machine's loopback address, for one block of code: answers come from a pure function."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from types import TracebackType
from typing import Any, Self

log = logging.getLogger(__name__)

IDLE_SECONDS = 75
"""A kept connection that nobody uses holds a thread."""
LARGEST_BODY = 1 << 20


@dataclass(frozen=True)
class Asked:
    """A request: `path` with its query."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Answered:
    """An answer; the length is written by the server."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class LoopbackServer(ThreadingMixIn, TCPServer):
    """Serves `answer` on a free port of 127.0.0.1 between `__enter__` and `__exit__`; `answer` is called by threads."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, answer: Callable[[Asked], Answered]) -> None:
        self.answer = answer
        super().__init__(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.1,), name="loopback", daemon=True)

    @property
    def port(self) -> int:
        """The port that was taken."""
        return int(self.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  the base class's names
        """A client that goes away is everyday life; anything else belongs in the log."""
        failure = sys.exception()
        if failure is not None and not isinstance(failure, ConnectionError | TimeoutError):
            log.error("a connection failed", exc_info=failure)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: LoopbackServer
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True

    def serve(self) -> None:
        """Answer one request."""
        size = int(self.headers.get("Content-Length") or 0)
        if size > LARGEST_BODY:
            self.send_error(413)
            return
        asked = Asked(self.command, self.path, dict(self.headers.items()), self.rfile.read(size))
        answered = self.server.answer(asked)
        self.send_response_only(answered.status)
        for name, value in answered.headers.items():
            if name.lower() not in ("content-length", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answered.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answered.body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = serve  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
        """Nobody reads it."""
