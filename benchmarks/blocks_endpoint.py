"""An endpoint that takes blocks and forgets them, so that what an upload benchmark measures is the client."""

from __future__ import annotations

import json
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

from benchmarks.serving import Served

SNAPSHOT = "snap-0123456789abcdef0"


class BlocksEndpoint(Served):
    """Answers EBS direct's writing calls on a free loopback port inside `with`, each after `delay` seconds, which is
    what the way to AWS and back takes; `put` has the indexes of the blocks that came."""

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = delay
        self.put: list[int] = []

    def handler(self) -> type[BaseHTTPRequestHandler]:
        """Answers for this endpoint."""
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self) -> None:
                self._read()
                endpoint.put.append(int(self.path.rpartition("/")[2]))
                self._answer(201, {"x-amz-Checksum": self.headers["x-amz-Checksum"]}, {})

            def do_POST(self) -> None:
                self._read()
                self._answer(201, {}, {"SnapshotId": SNAPSHOT, "Status": "pending", "BlockSize": 524_288})

            def _read(self) -> None:
                left = int(self.headers.get("Content-Length") or 0)
                while left:
                    left -= len(self.rfile.read(min(left, 1 << 16)))
                time.sleep(endpoint.delay)

            def _answer(self, status: int, headers: dict[str, str], body: dict[str, Any]) -> None:
                text = json.dumps(body).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: Any, **__: Any) -> None:
                """Silent: the table is all that is printed."""

        return Handler
