"""What both servers have: a free port, a key, zones, a process that is waited for and ended."""

from __future__ import annotations

import base64
import os
import secrets
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.update

from hostname_service.clock import SystemClock
from hostname_service.dns.exchange import Server, tsig_key

ADDRESS = "127.0.0.1"
FORWARD = ("shop.example.com", "example.net")
REVERSE = (
    "31.172.in-addr.arpa",
    "0.10.in-addr.arpa",
    "64-127.2.0.192.in-addr.arpa",
    "8.b.d.0.1.0.0.2.ip6.arpa",
)
START = 20.0
"""Seconds in which a server must answer; it takes less than one."""


@dataclass(frozen=True)
class NameServer:
    """A running primary: what the configuration of the service needs, and its process."""

    port: int
    process: subprocess.Popen[bytes]
    directory: Path
    key_name: str = "hostname-service"
    secret: str = field(default_factory=lambda: base64.b64encode(secrets.token_bytes(32)).decode())
    forward: tuple[str, ...] = FORWARD
    reverse: tuple[str, ...] = REVERSE
    host: str = ADDRESS

    def server(self, deadline: float = 10.0) -> Server:
        """The server as the back end knows it."""
        return Server(self.host, self.port, tsig_key(self.key_name, self.secret), deadline)

    def key_file(self) -> Path:
        """A file with the secret, as the configuration names it."""
        path = self.directory / "tsig.secret"
        path.write_text(self.secret + "\n")
        path.chmod(0o600)
        return path

    def put(self, zone: str, name: str, kind: str, value: str) -> None:
        """Write a record as an operator would, past our back end."""
        update = dns.update.UpdateMessage(zone)
        update.replace(f"{name}.", 300, kind, value)
        update.use_tsig(tsig_key("operator", self.secret))
        answer = dns.query.tcp(update, self.host, port=self.port, timeout=10)
        assert answer.rcode() == dns.rcode.NOERROR, answer

    def values(self, name: str, kind: str) -> list[str]:
        """What anybody is told, by UDP and unsigned."""
        answer = dns.query.udp(dns.message.make_query(name, kind), self.host, port=self.port, timeout=10)
        return sorted(one.to_text() for found in answer.answer for one in found)


def free_port() -> int:
    """A port of loopback that is free for UDP and TCP."""
    while True:
        with socket.socket(type=socket.SOCK_STREAM) as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind((ADDRESS, 0))
            port: int = tcp.getsockname()[1]
            with suppress(OSError):
                udp.bind((ADDRESS, port))
                return port


def write_zones(directory: Path, zones: Sequence[str]) -> dict[str, str]:
    """Write a file for each zone; return zones with the names of the files."""
    files = {zone: f"zone-{number}" for number, zone in enumerate(zones)}
    for zone, file in files.items():
        (directory / file).write_text(
            f"$ORIGIN {zone}.\n$TTL 300\n"
            "@ SOA ns1.example.com. hostmaster.example.com. 1 3600 600 86400 60\n"
            "@ NS ns1.example.com.\n"
        )
    return files


@contextmanager
def running(command: Sequence[str], server: tuple[Path, int, str]) -> Iterator[NameServer]:
    """Start a server, give it out once it answers for the last zone, and end it."""
    directory, port, secret = server
    log = directory / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=directory, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    found = NameServer(port, process, directory, secret=secret)
    try:
        _wait(found, log)
        yield found
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)


def _wait(server: NameServer, log: Path) -> None:
    clock = SystemClock()
    until = clock.monotonic() + START
    while clock.monotonic() < until and server.process.poll() is None:
        with suppress(OSError, dns.exception.DNSException):
            question = dns.message.make_query(server.reverse[-1], "SOA")
            if dns.query.udp(question, server.host, port=server.port, timeout=0.5).answer:
                return
        clock.sleep(0.05)
    raise AssertionError(f"the name server does not answer: {log.read_text(errors='replace')[-2000:]}")


def secret() -> str:
    """A new secret in base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def program(name: str) -> str | None:
    """The path of a server, which is in sbin."""
    for directory in (*os.get_exec_path(), "/usr/sbin", "/sbin"):
        path = Path(directory) / name
        if path.is_file():
            return str(path)
    return None
