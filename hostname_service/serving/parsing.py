"""What a request is: the head of HTTP/1.x (RFC 9112), read strictly. Pure: bytes in, a `Head` or a refusal out.

Where two readers could understand a request differently, it is refused: that difference is what request smuggling is
made of. Refused are therefore bare CR and LF, lines that are folded, a space before the colon, two Content-Lengths,
Transfer-Encoding of any kind, absolute addresses, a NUL, names with an underscore (a WSGI server makes `X_Real-Ip` and
`X-Real-Ip` one), and escapes in a path that hide a slash.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hostname_service.wsgi import Fault

HEAD = 8 * 1024
"""Bytes of request line and headers together."""
LINES = 64
"""Headers; browsers send a dozen, proxies some more."""
TARGET = 2 * 1024
END = b"\r\n\r\n"

_METHOD = re.compile(rb"[A-Z]{1,16}")
_VERSION = re.compile(rb"HTTP/[0-9]\.[0-9]")
_NAME = re.compile(rb"[!#$%&'*+.^`|~0-9A-Za-z-]{1,64}")
_TARGET = re.compile(rb"/[!$%&'()*+,./0-9:;=@A-Za-z_~?-]*")
_ESCAPE = re.compile(rb"%(?:[0-9A-Fa-f]{2})?")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
_HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z._-]{1,255})(?::[0-9]{1,5})?")
_ONCE = frozenset({"authorization", "content-length", "content-type", "expect", "host"})


@dataclass(frozen=True)
class Head:
    """The head of a request that was understood."""

    method: str
    target: str
    """As it was sent."""
    path: str
    """Decoded; each byte is one character, as WSGI wants it."""
    query: str
    version: str
    headers: tuple[tuple[str, str], ...]
    """Names in lower case; whatever was sent more than once is joined by commas."""
    length: int
    """Bytes of the body."""

    def header(self, name: str) -> str:
        """The value of a header, by its name in lower case; empty: it is not there."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits for a word before it sends the body, as curl may."""
        return self.length > 0 and bool(self.header("expect"))


def cut(data: bytes) -> tuple[bytes, bytes] | None:
    """Given what has come so far, return the head and what followed it, or None: it is not all there.

    Raises `Fault` as soon as what has come can be no head any more, so that nobody waits for the rest.
    """
    end = data.find(END)
    head = data if end < 0 else data[:end]
    if len(head) > HEAD:
        raise Fault(431, "head-too-big", f"a head has at most {HEAD} bytes")
    if b"\0" in head:
        raise Fault(400, "nul", "there is a NUL in the head")
    # A CR at the very end may be the first half of a line's end that is still on its way.
    rest = head.replace(b"\r\n", b"")
    if b"\n" in rest or b"\r" in (rest[:-1] if end < 0 else rest):
        raise Fault(400, "bare-line-end", "lines end in CR LF, and neither stands alone")
    if end < 0:
        return None
    return head, data[end + len(END) :]


def parse(head: bytes) -> Head:
    """Given a head without its last empty line, return what it says; raises `Fault`."""
    first, *lines = head.split(b"\r\n")
    if len(lines) > LINES:
        raise Fault(431, "too-many-headers", f"a head has at most {LINES} headers")
    method, target, version = _request_line(first)
    path, _, query = target.partition(b"?")
    headers = _headers(lines)
    told = dict(headers)
    if "transfer-encoding" in told:
        raise _chunked(told)
    if version == "HTTP/1.1" and "host" not in told:
        raise Fault(400, "no-host", "HTTP/1.1 wants a Host")
    if "host" in told and not _HOST.fullmatch(told["host"].encode("latin-1")):
        raise Fault(400, "bad-host", "that is no Host")
    if told.get("expect", "100-continue").lower() != "100-continue":
        raise Fault(417, "bad-expect", "nothing but 100-continue can be expected")
    return Head(
        method=method,
        target=target.decode("ascii"),
        path=_decoded(path).decode("latin-1"),
        query=query.decode("ascii"),
        version=version,
        headers=headers,
        length=_length(told.get("content-length")),
    )


def _request_line(line: bytes) -> tuple[str, bytes, str]:
    parts = line.split(b" ")
    if len(parts) != 3 or not all(parts):
        raise Fault(400, "bad-request-line", "the first line is wanted as METHOD PATH HTTP/1.1")
    method, target, version = parts
    if not _METHOD.fullmatch(method):
        raise Fault(400, "bad-method", "that is no method")
    if not _VERSION.fullmatch(version):
        raise Fault(400, "bad-version", "that is no version of HTTP")
    if version not in (b"HTTP/1.1", b"HTTP/1.0"):
        raise Fault(505, "bad-version", "HTTP/1.1 is spoken here")
    if len(target) > TARGET:
        raise Fault(414, "path-too-long", f"a path has at most {TARGET} bytes")
    if not _TARGET.fullmatch(target):
        raise Fault(400, "bad-path", "the path begins with a slash and has no odd characters")
    return method.decode("ascii"), target, version.decode("ascii")


def _headers(lines: list[bytes]) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            raise Fault(400, "folded", "a header is on one line")
        raw, colon, raw_value = line.partition(b":")
        if not colon or not _NAME.fullmatch(raw):
            raise Fault(400, "bad-header", "a header is wanted as Name: value")
        if not _VALUE.fullmatch(raw_value):
            raise Fault(400, "bad-header", "there is a control character in a header")
        name, value = raw.decode("ascii").lower(), raw_value.strip(b" \t").decode("latin-1")
        if name in _ONCE and name in found:
            raise Fault(400, "twice", "a header that is wanted once is there twice")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return tuple(found.items())


def _chunked(told: dict[str, str]) -> Fault:
    if "content-length" in told:
        return Fault(400, "two-lengths", "a Content-Length and a Transfer-Encoding are two lengths")
    return Fault(411, "no-length", "a body needs a Content-Length; Transfer-Encoding is not taken")


def _length(told: str | None) -> int:
    if told is None:
        return 0
    if not re.fullmatch(r"[0-9]+", told):
        raise Fault(400, "bad-length", "the Content-Length is no number")
    if len(told) > 9:
        raise Fault(413, "too-big", "the body is too big")
    return int(told)


def _decoded(path: bytes) -> bytes:
    def byte(found: re.Match[bytes]) -> bytes:
        value = bytes.fromhex(found[0][1:].decode("ascii"))
        if not value or value in b"/\\%" or value < b" " or value == b"\x7f":
            raise Fault(400, "bad-path", "there is an escape in the path that is not taken")
        return value

    return _ESCAPE.sub(byte, path)
