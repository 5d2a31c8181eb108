"""A canned endpoint on a free loopback port, for as long as its `with` lasts."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


class Server(ThreadingHTTPServer):
    """Lets as many clients in at once as a benchmark has threads, and waits for none of them at the end."""

    daemon_threads = True
    request_queue_size = 128


class Served(ABC):
    """What a benchmark's client talks to: a subclass says by `handler` what is answered."""

    @abstractmethod
    def handler(self) -> type[BaseHTTPRequestHandler]:
        """The class that answers a connection."""

    @cached_property
    def _server(self) -> Server:
        return Server(("127.0.0.1", 0), self.handler())

    @property
    def url(self) -> str:
        """What AWS_ENDPOINT_URL is set to."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
