"""Connections to other machines, with one bound for names, connecting and the proxy together."""

from __future__ import annotations

import base64
import errno
import ipaddress
import queue
import re
import socket
import threading
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote, urlsplit

from ec2kit.errors import UsageError
from ec2kit.host.clock import Deadline
from ec2kit.host.replies import OurSide

LONGEST_HEAD = 16_384
"""Bytes of a proxy's answer before we stop reading."""
_HEAD_END = b"\r\n\r\n"
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ?([^\r\n]*)")


SILENCE = "X-Ec2kit-Silence"
"""The header by which a sandbox is asked to tell that a machine will say nothing, and tells it."""


@dataclass(frozen=True)
class Proxy:
    """An HTTP proxy that is asked to CONNECT; `authorization` is the header's value, or empty.

    `silence` is for a sandbox: so many seconds are waited for a machine of which it tells that it is silent. So a
    silence may be short, and a reply that a busy host holds up is still waited for.
    """

    host: str
    port: int
    authorization: str = ""
    silence: float = 0.0


def parse_proxy(url: str | None, silence: float = 0.0) -> Proxy | None:
    """Given a setting such as `http://user:word@bastion:3128`, return the proxy; raises `UsageError`."""
    found = _parsed(url)
    return replace(found, silence=silence) if found else None


def _parsed(url: str | None) -> Proxy | None:
    if not url:
        return None
    hint = "write it as http://HOST:PORT"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"'{url}' is not the URL of a proxy", hint=hint) from error
    if parts.scheme != "http" or not host:
        raise UsageError(f"'{url}' is not the URL of an http proxy", hint=hint)
    if parts.username is None:
        return Proxy(host, port or 80)
    secret = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return Proxy(host, port or 80, f"Basic {base64.b64encode(secret.encode()).decode()}")


def dial(host: str, port: int, proxy: Proxy | None, deadline: Deadline) -> socket.socket:
    """A connection to the host, by the proxy when there is one.

    Raises `OSError`: `TimeoutError` when nobody answers, `ConnectionRefusedError`, and `OurSide` when the
    reason lies on this side.
    """
    if proxy is None:
        return _connect(host, port, deadline)
    try:
        sock = _connect(proxy.host, proxy.port, deadline)
    except OSError as error:
        raise OurSide(f"the proxy {proxy.host}:{proxy.port} does not answer: {error}") from error
    with ExitStack() as undo:
        undo.callback(sock.close)
        _tunnel(sock, _authority(host, port), proxy, deadline)
        undo.pop_all()
    return sock


def _connect(host: str, port: int, deadline: Deadline) -> socket.socket:
    addresses = _resolve(host, port, deadline)
    for later, (family, kind, protocol, _, address) in zip(
        reversed(range(len(addresses))), addresses, strict=True
    ):
        sock = socket.socket(family, kind, protocol)
        try:
            # What is left is shared with the addresses still to be tried, so that a dead IPv6 leaves time.
            sock.settimeout(deadline.left() / (later + 1))
            sock.connect(address)
        except OSError:
            sock.close()
            if not later:
                raise
            continue
        return sock
    raise OurSide(f"the name '{host}' has no address")


def _resolve(host: str, port: int, deadline: Deadline) -> list[tuple[Any, ...]]:
    """The addresses of a host; a resolver that hangs is left behind in its thread when time is up."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    answers: queue.Queue[list[tuple[Any, ...]] | Exception] = queue.Queue()

    def ask() -> None:
        try:
            answers.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, name=f"resolve {host}", daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.left())
    except queue.Empty:
        raise OurSide(f"the name '{host}' was not resolved within {deadline.seconds:g} s") from None
    if isinstance(answer, Exception):
        raise OurSide(f"the name '{host}' is not known here") from answer
    return answer


def _authority(host: str, port: int) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._:-]+", host):
        raise OurSide(f"'{host}' is not the name of a host")
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _tunnel(sock: socket.socket, authority: str, proxy: Proxy, deadline: Deadline) -> None:
    """Ask for CONNECT (RFC 9110, 9.3.6). 502 and 504 speak of the machine, another refusal of the proxy."""
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
    if proxy.authorization:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    if proxy.silence:
        lines.append(f"{SILENCE}: tell")
    sock.settimeout(deadline.left())
    sock.sendall("\r\n".join([*lines, "", ""]).encode())
    status, words = _answer(sock, proxy, deadline)
    while status < 200:
        status, words = _answer(sock, proxy, deadline)
    if 200 <= status < 300:
        return
    if status == 502:
        raise ConnectionRefusedError(0, f"the proxy answered {status} {words}")
    if status == 504:
        raise OSError(errno.EHOSTUNREACH, f"the proxy answered {status} {words}")
    raise OurSide(f"the proxy answered {status} {words}".rstrip())


def _answer(sock: socket.socket, proxy: Proxy, deadline: Deadline) -> tuple[int, str]:
    """The status and words of the proxy's next answer: those below 200 are interim ones (RFC 9110, 15.2)."""
    answer = _head(sock, deadline)
    head = _STATUS.match(answer)
    if head is None:
        raise OurSide(f"{proxy.host}:{proxy.port} is not an HTTP proxy")
    if proxy.silence and f"\r\n{SILENCE}:".encode() in answer:
        deadline.restart(proxy.silence)
    return int(head[1]), head[2].decode("latin-1")


def _head(sock: socket.socket, deadline: Deadline) -> bytes:
    """An answer's head, and not a byte more: what follows is the machine's."""
    head = b""
    while _HEAD_END not in head:
        if len(head) > LONGEST_HEAD:
            raise OurSide("the proxy's answer has no end")
        sock.settimeout(deadline.left())
        seen = sock.recv(4_096, socket.MSG_PEEK)
        if not seen:
            raise OurSide("the proxy closed the connection")
        end = (head + seen).find(_HEAD_END)
        wanted = len(seen) if end < 0 else end + len(_HEAD_END) - len(head)
        head += sock.recv(wanted)
    return head
