"""An endpoint with a snapshot to be read and a bucket to be filled, both in memory: what is measured is the client."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from http.server import BaseHTTPRequestHandler
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

from benchmarks.serving import Served

BLOCK = 524_288
BUCKET = "backups"
_NOISE = random.Random(1).randbytes(BLOCK)
_XML = '<?xml version="1.0" encoding="UTF-8"?>'


class BundlesEndpoint(Served):
    """Answers EBS direct's reading calls and S3's multipart ones on a free loopback port inside `with`.

    The snapshot is of `gib` GiB and has `full` blocks of noise, spread over all of it.
    """

    def __init__(self, gib: int = 1, full: int = 0) -> None:
        step = gib * (1 << 30) // BLOCK // full if full else 1
        self.gib = gib
        self.indexes = [number * step for number in range(full)]
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}

    def block(self, index: int) -> bytes:
        """Noise that is different in each block."""
        return index.to_bytes(8, "big") + _NOISE[8:]

    def handler(self) -> type[BaseHTTPRequestHandler]:
        """Answers for this endpoint."""
        return type("Handler", (_Handler,), {"endpoint": self})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    endpoint: ClassVar[BundlesEndpoint]

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path.startswith("/snapshots/"):
            self._snapshot(url.path)
        elif "uploads" in parse_qs(url.query, keep_blank_values=True):
            self._answer(200, f"{_XML}<ListMultipartUploadsResult></ListMultipartUploadsResult>".encode())
        else:
            first, _, last = self.headers["Range"].removeprefix("bytes=").partition("-")
            self._answer(206, self.endpoint.objects[url.path][int(first) : int(last) + 1])

    def do_HEAD(self) -> None:
        data = self.endpoint.objects.get(urlsplit(self.path).path)
        if data is None:
            self._answer(404)
        else:
            self._answer(200, headers={"ETag": '"made"'}, length=len(data))

    def do_PUT(self) -> None:
        url = urlsplit(self.path)
        number = int(parse_qs(url.query)["partNumber"][0])
        self.endpoint.parts[url.path][number] = self._body()
        self._answer(200, headers={"ETag": f'"{number}"'})

    def do_POST(self) -> None:
        url = urlsplit(self.path)
        self._body()
        if "uploadId" not in parse_qs(url.query):
            self.endpoint.parts[url.path] = {}
            begun = "<UploadId>one</UploadId>"
            self._answer(
                200,
                f"{_XML}<InitiateMultipartUploadResult>{begun}</InitiateMultipartUploadResult>".encode(),
            )
            return
        parts = self.endpoint.parts.pop(url.path)
        self.endpoint.objects[url.path] = b"".join(parts[number] for number in sorted(parts))
        self._answer(200, f"{_XML}<CompleteMultipartUploadResult></CompleteMultipartUploadResult>".encode())

    def _snapshot(self, path: str) -> None:
        last = path.rpartition("/")[2]
        if last == "blocks":
            blocks = [{"BlockIndex": index, "BlockToken": "token"} for index in self.endpoint.indexes]
            told = {"Blocks": blocks, "VolumeSize": self.endpoint.gib, "BlockSize": BLOCK}
            self._answer(200, json.dumps(told).encode())
            return
        data = self.endpoint.block(int(last))
        sum_ = base64.b64encode(hashlib.sha256(data).digest()).decode()
        headers = {
            "x-amz-Data-Length": str(len(data)),
            "x-amz-Checksum": sum_,
            "x-amz-Checksum-Algorithm": "SHA256",
        }
        self._answer(200, data, headers)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _answer(
        self,
        status: int,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        length: int | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object, **__: object) -> None:
        """Silent: the table is all that is printed."""
