"""A network of one machine: a namespace with its own loopback, through which it meets its metadata and the town.

A socket belongs to the namespace in which it was made, whoever uses it. So one thread goes into a new namespace and
opens the sockets there; others accept on them, and connect to this host's loopback.
"""

from __future__ import annotations

import ctypes
import http.client
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import urlsplit

from tests.hostnames.chain.town import ADDRESS, Door, Instance

CLONE_NEWNET = 0x40000000
METADATA = "169.254.169.254"
T = TypeVar("T")


class Network:
    """The network of a machine; whatever `inside` runs is in it."""

    def __init__(self, instance: Instance, metadata: str, doors: Sequence[Door]) -> None:
        self._thread = ThreadPoolExecutor(1)
        self.inside(_enter, instance.address)
        self._sockets = [self.inside(socket.create_server, (ADDRESS, door.port)) for door in doors]
        self._relays: list[threading.Thread] = []
        for listening, door in zip(self._sockets, doors, strict=True):
            line = f"PROXY TCP4 {instance.address} {ADDRESS} 49152 {door.port}\r\n" if door.proxied else ""
            self._relays.append(_begin(_relay, listening, door.here, line.encode()))
        self._metadata = _MetadataServer(self.inside(socket.create_server, (METADATA, 80)), metadata)
        _begin(self._metadata.serve_forever, 0.05)

    def inside(self, do: Callable[..., T], *arguments: Any) -> T:
        """Do something in the namespace; processes that it starts are in it too."""
        return self._thread.submit(do, *arguments).result()

    def close(self) -> None:
        """The namespace goes with its last socket."""
        self._metadata.shutdown()
        self._metadata.server_close()
        for each in self._sockets:
            # Closing alone does not wake whoever accepts.
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for relay, each in zip(self._relays, self._sockets, strict=True):
            relay.join()
            each.close()
        self._thread.shutdown()


def why_not() -> str:
    """Why this host allows no such namespaces; empty: it does."""
    if os.geteuid() != 0:
        return "a machine in namespaces needs root: its files belong to many users, and it has devices"
    trial = ["unshare", "--net", "--uts", "--mount", "--pid", "--fork", "true"]
    try:
        done = subprocess.run(trial, capture_output=True, text=True, timeout=30, check=False)
    except OSError as error:
        return f"unshare cannot be run: {error}"
    return "" if done.returncode == 0 else f"no namespaces here: {done.stderr.strip()}"


def _enter(address: str) -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "a network namespace is not to be had")
    for words in (
        ("link", "set", "lo", "up"),
        *(("addr", "add", f"{each}/32", "dev", "lo") for each in (METADATA, ADDRESS, address)),
    ):
        subprocess.run(["ip", *words], check=True, timeout=30)


def _begin(do: Callable[..., Any], *arguments: Any) -> threading.Thread:
    thread = threading.Thread(target=do, args=arguments, daemon=True)
    thread.start()
    return thread


def _relay(listening: socket.socket, port: int, line: bytes) -> None:
    while True:
        try:
            near, _ = listening.accept()
        except OSError:
            return
        _begin(_pass_on, near, port, line)


def _pass_on(near: socket.socket, port: int, line: bytes) -> None:
    # When nobody is there, whoever connected is to see just that.
    with near, suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=10) as far:
        far.settimeout(None)
        far.sendall(line)
        back = _begin(_pour, far, near)
        _pour(near, far)
        back.join()


def _pour(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


class _MetadataServer(ThreadingHTTPServer):
    """Passes on what a machine asks of its metadata service."""

    daemon_threads = True

    def __init__(self, listening: socket.socket, metadata: str) -> None:
        super().__init__((METADATA, 80), _Asked, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.url = urlsplit(metadata)


class _Asked(BaseHTTPRequestHandler):
    server: _MetadataServer
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        url = self.server.url
        to = http.client.HTTPConnection(url.hostname or "", url.port, timeout=30)
        headers = {name: value for name, value in self.headers.items() if name.lower().startswith("x-aws")}
        try:
            to.request(self.command, url.path + self.path, headers=headers)
            said = to.getresponse()
            body = said.read()
        finally:
            to.close()
        self.send_response(said.status)
        for name, value in said.getheaders():
            if name.lower().startswith("x-aws") or name.lower() == "content-type":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = handle_any  # noqa: N815  its own names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  its own name
        """Nobody reads it."""
