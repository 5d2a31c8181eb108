"""The operators' side of the hostname service: its real application, before a desk that keeps names in memory."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Any
from urllib.parse import unquote

from ec2kit.host.clock import SystemClock
from hostname_service.errors import ServiceError, Unknown
from hostname_service.model import Binding, BindingState, MachineKey
from hostname_service.operators import application
from hostname_service.registry.port import Order
from hostname_service.wsgi import Answered

ACCOUNT = "123456789012"
SINCE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def binding(fqdn: str, instance_id: str) -> Binding:
    return Binding(
        fqdn,
        MachineKey(ACCOUNT, instance_id),
        "eu-west-1",
        ("10.0.0.5",),
        SINCE,
        BindingState.BOUND,
        SINCE,
        dns_done=True,
    )


@dataclass(frozen=True)
class Gone:
    binding: Binding
    reason: str
    released: bool
    judged: bool = True


@dataclass
class MemoryDesk:
    """Names, orders and what was reset; `gone`: reasons by name, `stuck`: names that cannot be let go, `doubted`: names
    that go by force only."""

    bindings: dict[str, Binding] = field(default_factory=dict)
    orders: dict[str, str] = field(default_factory=dict)
    attested: set[str] = field(default_factory=set)
    gone: dict[str, str] = field(default_factory=dict)
    stuck: set[str] = field(default_factory=set)
    doubted: set[str] = field(default_factory=set)
    ill: ServiceError | None = None

    def declare(self, fqdn: str, instance_id: str) -> None:
        self.bindings[fqdn] = binding(fqdn, instance_id)
        self.attested.add(instance_id)

    def names(self, after: str, limit: int) -> Sequence[Binding]:
        self._well()
        return [self.bindings[fqdn] for fqdn in sorted(self.bindings) if fqdn > after][:limit]

    def name(self, fqdn: str) -> Binding:
        self._well()
        if fqdn not in self.bindings:
            raise Unknown("no-name", f"nobody has the name {fqdn}")
        return self.bindings[fqdn]

    def assign(self, fqdn: str, instance_id: str, by: str) -> Order:
        self._well()
        self.orders[fqdn] = instance_id
        return Order(fqdn, instance_id, by, SINCE)

    def release(self, fqdn: str, by: str) -> Binding:
        assert by
        found = self.name(fqdn)
        del self.bindings[fqdn]
        return found

    def reset(self, instance_id: str, by: str) -> bool:
        assert by
        self._well()
        known = instance_id in self.attested
        self.attested.discard(instance_id)
        return known

    def gc(self, dry_run: bool, by: str, force: bool = False) -> Sequence[Gone]:
        assert by
        self._well()
        doubted = set() if force else self.doubted
        found = [
            Gone(
                self.bindings[fqdn],
                why,
                released=not dry_run and fqdn not in self.stuck | doubted,
                judged=fqdn not in doubted,
            )
            for fqdn, why in sorted(self.gone.items())
            if fqdn in self.bindings
        ]
        for each in found:
            if each.released:
                del self.bindings[each.binding.fqdn]
        return found

    def _well(self) -> None:
        if self.ill:
            raise self.ill


class Unwatched:
    """Nobody looks."""

    def answered(self, what: Answered) -> None:
        pass

    def crashed(self, error: BaseException) -> None:
        raise error

    def exposition(self) -> str:
        return ""


@dataclass
class InProcessDoor:
    """A door whose other side is the application itself."""

    desk: MemoryDesk
    user: str = "uid:0"

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        began: list[str] = []
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": unquote(path.partition("?")[0]),
            "QUERY_STRING": path.partition("?")[2],
            "REMOTE_USER": self.user,
            "wsgi.input": io.BytesIO(body or b""),
        }
        if body is not None:
            environ |= {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json"}
        app = application(self.desk, Unwatched(), SystemClock())
        answer = app(environ, lambda status, _: began.append(status))
        return int(began[0].split()[0]), b"".join(answer)


@contextmanager
def listening(path: Path, desk: MemoryDesk) -> Iterator[str]:
    """The application on a unix socket; gives where that is, as a setting has it."""
    door = InProcessDoor(desk)

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            length = self.headers.get("Content-Length")
            body = self.rfile.read(int(length)) if length else None
            status, answer = door.ask(self.command, self.path, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_PUT = do_POST = do_DELETE = handle_any  # noqa: N815  its own names

        def address_string(self) -> str:
            return "a unix socket"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  its own name
            pass

    class Server(ThreadingMixIn, UnixStreamServer):
        daemon_threads = True

    with Server(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"unix:{path}"
        finally:
            server.shutdown()
            thread.join()
