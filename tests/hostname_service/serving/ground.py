"""What the tests of serving stand on: a claimer and a desk in memory, and a server on loopback."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hostname_service.app import Parts, application
from hostname_service.clock import Clock, SystemClock
from hostname_service.errors import ServiceError, Unknown
from hostname_service.model import Binding, BindingState, MachineKey
from hostname_service.registry.port import Order
from hostname_service.serving.connection import Bounds, Ways
from hostname_service.serving.listening import Place, listen
from hostname_service.serving.logs import Log
from hostname_service.serving.metrics import Metrics
from hostname_service.serving.proxies import source_by
from hostname_service.serving.server import Server
from hostname_service.serving.watching import Watcher

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
ID = "i-0123456789abcdef0"


@dataclass
class StillClock:
    """Time that the test moves."""

    at: float = 0.0

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.at)

    def monotonic(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


@dataclass(frozen=True)
class Name:
    """What a machine is told."""

    fqdn: str = "web-1.shop.example.com"
    name: str = "web-1"
    token: str = "t0ken"
    dns_done: bool = True


@dataclass
class Claims:
    """Answers every claim in one way, and remembers what it was asked."""

    answer: Name | Exception = field(default_factory=Name)
    asked: list[tuple[str, str]] = field(default_factory=list)
    before: Callable[[], None] = lambda: None

    def claim(self, blob_text: str, source: str) -> Name:
        self.asked.append((blob_text, source))
        self.before()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def binding(fqdn: str = "web-1.shop.example.com", instance_id: str = ID) -> Binding:
    """A name that is held."""
    machine = MachineKey("123456789012", instance_id)
    return Binding(fqdn, machine, "eu-west-1", ("10.0.0.5",), NOON, BindingState.BOUND, NOON, dns_done=True)


@dataclass(frozen=True)
class Collected:
    """A name whose machine is gone."""

    binding: Binding
    reason: str
    released: bool
    judged: bool = True


@dataclass
class FakeDesk:
    """An operator's desk in memory."""

    rows: dict[str, Binding] = field(default_factory=dict)
    did: list[tuple[str, ...]] = field(default_factory=list)

    def names(self, after: str, limit: int) -> Sequence[Binding]:
        return [self.rows[key] for key in sorted(self.rows) if key > after][:limit]

    def name(self, fqdn: str) -> Binding:
        if fqdn not in self.rows:
            raise Unknown("unknown", f"nobody has '{fqdn}'")
        return self.rows[fqdn]

    def assign(self, fqdn: str, instance_id: str, by: str) -> Order:
        self.did.append(("assign", fqdn, instance_id, by))
        return Order(fqdn, instance_id, by, NOON)

    def release(self, fqdn: str, by: str) -> Binding:
        was = self.name(fqdn)
        del self.rows[fqdn]
        self.did.append(("release", fqdn, by))
        return was

    def reset(self, instance_id: str, by: str) -> bool:
        self.did.append(("reset", instance_id, by))
        return instance_id == ID

    def gc(self, dry_run: bool, by: str, force: bool = False) -> Sequence[Collected]:
        self.did.append(("gc", str(dry_run), by, *(["force"] if force else [])))
        return [Collected(row, "terminated", not dry_run) for row in self.rows.values()]


@dataclass
class Lines:
    """A log that is kept."""

    texts: list[str] = field(default_factory=list)

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in list(self.texts)]


@dataclass
class Rig:
    """A server that runs, and what it stands on."""

    server: Server
    claims: Claims
    lines: Lines
    watch: Watcher

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.server.place.socket.getsockname()[:2]
        return host, port


QUICK = Bounds(deadline=20.0, linger=0.2)


def machines(claims: Claims, watch: Watcher, trusted: Sequence[Any] = ()) -> Callable[..., Iterable[bytes]]:
    """The application of the machines, without a limit."""
    return application(Parts(claims, lambda _: 0.0, source_by(trusted), lambda: (), watch, SystemClock()))


@contextmanager
def serving(
    ways: Ways | None = None,
    place: Place | None = None,
    claims: Claims | None = None,
    app: Callable[..., Iterable[bytes]] | None = None,
    clock: Clock | None = None,
) -> Iterator[Rig]:
    """A server on a free port of loopback, stopped at the end."""
    clock, lines = clock or SystemClock(), Lines()
    watch = Watcher(Log(clock, lines.texts.append), Metrics(), clock)
    claims = claims or Claims()
    ways = ways or Ways("machines", lambda *_: [], bounds=QUICK)
    ways = replace(ways, application=app or machines(claims, watch, ways.trusted))
    server = Server(place or listen("127.0.0.1:0", {}, 0), ways, watch, clock)
    server.start()
    try:
        yield Rig(server, claims, lines, watch)
    finally:
        server.stop(within=5.0)


def ask(address: tuple[str, int] | str, data: bytes, source: str = "") -> bytes:
    """Send bytes, and return all that comes back."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as sock:
        sock.settimeout(10)
        if source:
            sock.bind((source, 0))
        sock.connect(address)
        sock.sendall(data)
        return read_all(sock)


def read_all(sock: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    parts: list[bytes] = []
    while data := sock.recv(65536):
        parts.append(data)
    return b"".join(parts)


def post(body: bytes = b"QUJD", *headers: str, path: str = "/v1/claim") -> bytes:
    """A claim as bytes."""
    lines = [f"POST {path} HTTP/1.1", "Host: names", "Content-Type: text/plain", *headers]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def refusal(status: int, reason: str = "word", message: str = "a sentence") -> ServiceError:
    """An error of a status."""
    kinds = {kind.status: kind for kind in ServiceError.__subclasses__()}
    return kinds[status](reason, message)


def trickle(
    stack: ExitStack, address: tuple[str, int], count: int, source: str = "127.0.0.1"
) -> list[socket.socket]:
    """Connections that begin a request and do not go on."""
    socks = []
    for _ in range(count):
        sock = stack.enter_context(socket.socket())
        sock.settimeout(10)
        sock.bind((source, 0))
        sock.connect(address)
        sock.sendall(b"POST /v1/claim HTTP/1.1\r\nHo")
        socks.append(sock)
    return socks
