"""One GET on a connection that somebody else opened, held to a total deadline."""

from __future__ import annotations

import io
import re
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from ec2kit.errors import UsageError
from ec2kit.host.clock import Deadline
from ec2kit.host.replies import Reply

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class WebAddress:
    """A URL taken apart: `path` with its query, `authority` as the Host header has it."""

    tls: bool
    host: str
    port: int
    authority: str
    path: str


def parse_url(url: str) -> WebAddress:
    """Given an http or https URL, return its parts; raises `UsageError` for anything else."""
    hint = "write it as http://HOST:PORT/PATH"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"'{url}' is not a URL", hint=hint) from error
    if parts.scheme not in _PORTS or not host or re.search(r"[\x00-\x20\x7f]", url):
        raise UsageError(f"'{url}' is not an http or https URL", hint=hint)
    shown = f"[{host}]" if ":" in host else host
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return WebAddress(
        parts.scheme == "https",
        host,
        port or _PORTS[parts.scheme],
        f"{shown}:{port}" if port and port != _PORTS[parts.scheme] else shown,
        path,
    )


def get(sock: socket.socket, url: WebAddress, max_bytes: int, deadline: Deadline) -> Reply:
    """Send a GET and read its answer; what came of headers and body when time is up is the answer.

    Raises `OSError` or `HTTPException` when no status line came.
    """
    sock.settimeout(deadline.left())
    sock.sendall(
        f"GET {url.path} HTTP/1.1\r\nHost: {url.authority}\r\nUser-Agent: ec2kit\r\n"
        "Accept: */*\r\nConnection: close\r\n\r\n".encode()
    )
    response = HTTPResponse(cast("socket.socket", _Source(sock, deadline)), method="GET")
    body = bytearray()
    try:
        response.begin()
        while len(body) < max_bytes and (part := response.read1(max_bytes - len(body))):
            body += part
    except (OSError, HTTPException):
        # http.client leaves a word there until the status line was read.
        if not isinstance(response.status, int):
            raise
    finally:
        with suppress(OSError):
            response.close()
    return Reply(response.status, bytes(body), deadline.passed)


@dataclass
class _Source:
    """As much of a socket as `HTTPResponse` uses."""

    sock: socket.socket
    deadline: Deadline

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Stream(self.sock, self.deadline.left))


class _Stream(io.RawIOBase):
    """Bytes of a socket, each wait bounded by what is left of the whole."""

    def __init__(self, sock: socket.socket, left: Callable[[], float]) -> None:
        self._sock = sock
        self._left = left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        self._sock.settimeout(self._left())
        return self._sock.recv_into(buffer)
