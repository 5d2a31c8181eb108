"""From a request that was read to WSGI's environ, and from what the application answers to bytes."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from io import BytesIO
from typing import Any

from hostname_service.serving.parsing import Head
from hostname_service.wsgi import Answer

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_STATUS = re.compile(r"[1-5][0-9]{2} [\x20-\x7e]+")
_OURS = frozenset({"connection", "content-length", "date", "transfer-encoding"})
"""Headers that the server alone writes."""

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def environ_of(head: Head, body: bytes, *, scheme: str, server: tuple[str, int]) -> dict[str, Any]:
    """Given a request, return PEP 3333's environ, but for who asks."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": head.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": head.path,
        "QUERY_STRING": head.query,
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": head.version,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in head.headers:
        if name == "content-length":
            environ["CONTENT_LENGTH"] = str(head.length)
        elif name == "content-type":
            environ["CONTENT_TYPE"] = value
        else:
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    return environ


class _Started:
    """What the application said with `start_response`, and wrote."""

    def __init__(self) -> None:
        self.status = ""
        self.headers: list[tuple[str, str]] = []
        self.written: list[bytes] = []

    def __call__(
        self, status: str, headers: list[tuple[str, str]], exc_info: object = None, /
    ) -> Callable[[bytes], object]:
        if self.status and exc_info is None:
            raise ValueError("the application started two answers")
        self.status, self.headers = status, list(headers)
        return self.written.append


def call(application: Callable[..., Iterable[bytes]], environ: dict[str, Any], now: datetime) -> bytes:
    """Given an application and a request, return the whole answer as bytes.

    Raises whatever the application raises, and `ValueError` for an answer that is none: a line end in a header would be
    a second answer.
    """
    started = _Started()
    chunks = application(environ, started)
    try:
        produced = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    # `write` is for what comes before the rest, and an iterable may call it while it is read.
    body = b"".join(started.written) + produced
    length = len(body)
    if environ["REQUEST_METHOD"] == "HEAD":
        told = next((value for name, value in started.headers if name.lower() == "content-length"), "0")
        length, body = int(told), b""
    return rendered(started.status, started.headers, length, now) + body


def plain(answer: Answer, now: datetime) -> bytes:
    """Given an answer that the server itself gives, return it as bytes."""
    body = answer.body.encode("ascii", "backslashreplace")
    status = f"{answer.status} {HTTPStatus(answer.status).phrase}"
    return rendered(status, [("Content-Type", answer.kind), *answer.headers], len(body), now) + body


def rendered(status: str, headers: Sequence[tuple[str, str]], length: int, now: datetime) -> bytes:
    """Given status, headers and the length of the body, return the head of an answer."""
    if not _STATUS.fullmatch(status):
        raise ValueError("the application gave no status")
    lines = [f"HTTP/1.1 {status}"]
    for name, value in headers:
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ValueError("the application gave a header that is none")
        if name.lower() not in _OURS:
            lines.append(f"{name}: {value}")
    lines += [f"Date: {format_datetime(now, usegmt=True)}", f"Content-Length: {length}", "Connection: close"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
