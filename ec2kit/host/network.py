"""The door to other machines: every probe dials here, directly or by the HTTP proxy that was set.

A connection alone is no sign of life: a machine in swap death, or stopped dead, still accepts. So a call
returns what an application said, or a `NoReply`. Every bound is a total one, in real seconds: a server that
trickles bytes holds us no longer than a silent one.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TypeVar

from ec2kit.host.clock import Deadline
from ec2kit.host.dialing import dial, parse_proxy
from ec2kit.host.replies import NoReply, Reply, no_reply
from ec2kit.host.web import WebAddress, get, parse_url

__all__ = ["Dialer", "NoReply", "Reply", "in_parallel"]

AT_ONCE = 32
"""Probes at a time: a thousand silent machines at 5 s each take under three minutes."""

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Dialer:
    """Opens connections, by `proxy` when one is set (`http://HOST:PORT`, asked to CONNECT).

    `timeout`, in real seconds, is for calls that give none, `silence` for machines of which a sandbox tells that they
    are silent; `trust` makes the context for https. Raises `UsageError` for a proxy that is none.
    """

    proxy: str | None = None
    timeout: float = 5.0
    trust: Callable[[], ssl.SSLContext] = field(default=ssl.create_default_context)
    silence: float = 0.0

    def __post_init__(self) -> None:
        parse_proxy(self.proxy)

    def connect(self, host: str, port: int, timeout: float | None = None) -> socket.socket:
        """A connection, which the caller closes; raises `OSError`, `OurSide` when nothing can be told of the host."""
        return dial(host, port, parse_proxy(self.proxy, self.silence), self._deadline(timeout))

    def http_get(self, url: str, *, timeout: float | None = None, max_bytes: int = 65_536) -> Reply | NoReply:
        """GET the URL. A status line is a reply, whatever the status; redirects are not followed.

        Raises `UsageError` for what is no http or https URL, and nothing else.
        """
        address = parse_url(url)

        def ask(sock: socket.socket, deadline: Deadline) -> Reply:
            with self._secured(sock, address, deadline) as channel:
                return get(channel, address, max_bytes, deadline)

        return self._heard(address.host, address.port, timeout, ask)

    def banner(
        self, host: str, port: int, *, timeout: float | None = None, max_bytes: int = 1_024
    ) -> bytes | NoReply:
        """What the other side says by itself: its first line, cut at `max_bytes`; raises nothing."""

        def listen(sock: socket.socket, deadline: Deadline) -> bytes:
            return _first_line(sock, max_bytes, deadline)

        return self._heard(host, port, timeout, listen)

    def _deadline(self, timeout: float | None) -> Deadline:
        return Deadline(self.timeout if timeout is None else timeout)

    def _heard(
        self,
        host: str,
        port: int,
        timeout: float | None,
        talk: Callable[[socket.socket, Deadline], Answer],
    ) -> Answer | NoReply:
        deadline = self._deadline(timeout)
        connected = False
        try:
            with dial(host, port, parse_proxy(self.proxy, self.silence), deadline) as sock:
                connected = True
                return talk(sock, deadline)
        except (OSError, HTTPException) as error:
            return no_reply(error, connected=connected, seconds=deadline.seconds)
        except UnicodeError:
            # What no DNS name can be, such as a label of 70 letters, met by TLS behind a proxy.
            return NoReply(f"'{host}' is not the name of a host", ours=True)

    def _secured(self, sock: socket.socket, address: WebAddress, deadline: Deadline) -> socket.socket:
        if not address.tls:
            return sock
        channel = self.trust().wrap_socket(sock, server_hostname=address.host, do_handshake_on_connect=False)
        try:
            channel.settimeout(deadline.left())
            channel.do_handshake()
        except BaseException:
            channel.close()
            raise
        return channel


def in_parallel(calls: Iterable[Callable[[], Answer]], limit: int = AT_ONCE) -> list[Answer]:
    """Make the calls, at most `limit` at a time, and return their answers in order; raises what one raises."""
    waiting = list(calls)
    if not waiting:
        return []
    with ThreadPoolExecutor(min(limit, len(waiting)), thread_name_prefix="dial") as pool:
        return list(pool.map(lambda call: call(), waiting))


def _first_line(sock: socket.socket, max_bytes: int, deadline: Deadline) -> bytes:
    words = b""
    while len(words) < max_bytes and b"\n" not in words:
        try:
            sock.settimeout(deadline.left())
            part = sock.recv(max_bytes - len(words))
        except OSError:
            if words:
                break
            raise
        if not part:
            break
        words += part
    if not words:
        raise ConnectionAbortedError("closed without a word")
    return words.partition(b"\n")[0].rstrip(b"\r")
