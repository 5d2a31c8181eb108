"""What both applications, the machines' and the operators', need of WSGI: routes, bodies read strictly, answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

from hostname_service.clock import Clock
from hostname_service.errors import Later, ServiceError, Unavailable

BODY = 16 * 1024
"""Bytes of a body: a blob of AWS is under 3 KB in base64."""
TEXT = "text/plain; charset=us-ascii"
JSON = "application/json"
_LENGTH = re.compile(r"[0-9]{1,9}")

Environ = dict[str, Any]


class StartResponse(Protocol):
    """PEP 3333's `start_response`, as far as it is used here."""

    def __call__(self, status: str, headers: list[tuple[str, str]], /) -> object: ...


class Fault(ServiceError):
    """HTTP itself went wrong: no such path, no such method, no length, too often."""

    def __init__(self, status: int, reason: str, message: str, *headers: tuple[str, str]) -> None:
        super().__init__(reason, message)
        self.status = status
        self.headers = headers


@dataclass(frozen=True)
class Answer:
    """What is sent back."""

    body: str
    status: int = 200
    kind: str = TEXT
    headers: tuple[tuple[str, str], ...] = ()
    reason: str = "ok"
    """One stable word, for the log and the metrics."""


@dataclass(frozen=True)
class Request:
    """One request: where it came from, and what the pattern of its route found in the path."""

    environ: Environ
    source: str
    words: Mapping[str, str]

    @property
    def wants_json(self) -> bool:
        """Whether `Accept` prefers JSON to text; whoever accepts anything gets text."""
        return prefers_json(str(self.environ.get("HTTP_ACCEPT", "")))


Handler = Callable[[Request], Answer]


@dataclass(frozen=True)
class Route:
    """A path and what may be done with it; `name` is what the metrics call it."""

    name: str
    pattern: re.Pattern[str]
    handlers: Mapping[str, Handler]

    @property
    def allow(self) -> str:
        """The methods, as the header `Allow` has them; whatever can be got can be asked for its head."""
        return ", ".join([*sorted(self.handlers), *(["HEAD"] if "GET" in self.handlers else [])])


@dataclass(frozen=True)
class Answered:
    """How one request ended: a line of the log, and one more in the metrics."""

    listener: str
    source: str
    method: str
    route: str
    """The name of the route, or `-`: nothing of the path is in here that a stranger chose."""
    path: str
    status: int
    reason: str
    seconds: float


class Watch(Protocol):
    """Who is told of every request."""

    def answered(self, what: Answered) -> None:
        """A request was answered."""

    def crashed(self, error: BaseException) -> None:
        """Something of ours was wrong; the caller is told nothing but `internal`."""

    def exposition(self) -> str:
        """All figures, as Prometheus reads them."""


@dataclass(frozen=True)
class Application:
    """A WSGI application of routes. Every error ends here, as one line and never as a traceback."""

    listener: str
    routes: Sequence[Route]
    source_of: Callable[[Environ], str]
    """Who asks; raises `ServiceError` when that is not to be believed."""
    watch: Watch
    clock: Clock
    always_json: bool = False

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        began = self.clock.monotonic()
        method, path = str(environ["REQUEST_METHOD"]), str(environ.get("PATH_INFO", ""))
        source = str(environ.get("REMOTE_ADDR", ""))
        route = next((route for route in self.routes if route.pattern.fullmatch(path)), None)
        try:
            source = self.source_of(environ)
            answer = self._handle(route, method, Request(environ, source, self._words(route, path)))
        except ServiceError as error:
            answer = told(error, as_json=self.always_json or prefers_json(environ.get("HTTP_ACCEPT", "")))
        except Exception as error:  # noqa: BLE001  the one boundary: a stranger is never shown a traceback
            self.watch.crashed(error)
            answer = told(ServiceError("internal", "something is wrong here; the log has it"))
        seconds = self.clock.monotonic() - began
        name = route.name if route else "-"
        self.watch.answered(
            Answered(self.listener, source, method, name, path, answer.status, answer.reason, seconds)
        )
        return _send(answer, start_response, head=method == "HEAD")

    @staticmethod
    def _words(route: Route | None, path: str) -> Mapping[str, str]:
        found = route.pattern.fullmatch(path) if route else None
        return found.groupdict() if found else {}

    @staticmethod
    def _handle(route: Route | None, method: str, request: Request) -> Answer:
        if route is None:
            raise Fault(404, "no-such-path", "there is nothing at this path")
        handler = route.handlers.get("GET" if method == "HEAD" else method)
        if handler is None:
            raise Fault(405, "no-such-method", f"this path takes {route.allow}", ("Allow", route.allow))
        return handler(request)


def told(error: ServiceError, *, as_json: bool = False) -> Answer:
    """Given an error, return the answer: one line of printable ASCII, or the same as JSON."""
    headers: tuple[tuple[str, str], ...] = error.headers if isinstance(error, Fault) else ()
    if isinstance(error, Later):
        headers = (("Retry-After", str(error.retry_after)),)
    elif isinstance(error, Unavailable):
        headers = (("Retry-After", "5"),)
    message = shown(error.message)
    if as_json:
        return in_json({"error": error.reason, "message": message}, error.status, headers, error.reason)
    word = "later" if isinstance(error, Later) else "refused"
    return Answer(f"{word}: {error.reason}: {message}\n", error.status, TEXT, headers, error.reason)


def in_json(
    value: object, status: int = 200, headers: tuple[tuple[str, str], ...] = (), reason: str = "ok"
) -> Answer:
    """Given a value of JSON, return the answer that says it, in ASCII."""
    return Answer(json.dumps(value) + "\n", status, JSON, headers, reason)


def shown(text: str, most: int = 300) -> str:
    """Given text that a stranger may have written, return it on one line of printable ASCII, cut short."""
    cut = text if len(text) <= most else text[:most] + "..."
    return "".join(char if char.isascii() and char.isprintable() else _escaped(char) for char in cut)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")


def prefers_json(accept: str) -> bool:
    """Given the header `Accept`, return whether JSON is wanted more than text."""
    weights = {"application/json": 0.0, "text/plain": 0.0}
    for part in accept.lower().split(","):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((_weight(piece[2:]) for piece in parameters if piece.startswith("q=")), 1.0)
        if media in weights:
            weights[media] = weight
    return weights["application/json"] > weights["text/plain"]


def _weight(text: str) -> float:
    return float(text) if re.fullmatch(r"[01](\.[0-9]{0,3})?", text) else 0.0


def read_body(environ: Environ, most: int = BODY) -> bytes:
    """The body, whatever server is before us: some take a length of `+3`, some join two lengths, some stop early."""
    if environ.get("HTTP_TRANSFER_ENCODING"):
        raise Fault(411, "no-length", "a body needs a Content-Length; chunks are not taken")
    length = str(environ.get("CONTENT_LENGTH") or "")
    if not length:
        raise Fault(411, "no-length", "a body needs a Content-Length")
    if not _LENGTH.fullmatch(length):
        raise Fault(400, "bad-length", "the Content-Length is no number")
    if int(length) > most:
        raise Fault(413, "too-big", f"a body has at most {most} bytes")
    body: bytes = environ["wsgi.input"].read(int(length))
    if len(body) != int(length):
        raise Fault(400, "cut-short", "the body is shorter than its Content-Length")
    return body


def read_object(body: bytes) -> dict[str, Any]:
    """Given a body, return the object of JSON that it is; a key that is there twice is refused, since two readers might
    choose differently."""
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Fault(400, "bad-json", "the body is no JSON") from error
    if not isinstance(value, dict):
        raise Fault(400, "bad-json", "the body is no JSON object")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Fault(400, "bad-json", "a key is there twice")
    return found


def media_type(environ: Environ) -> str:
    """What the body is said to be, without parameters, in lower case; empty: nothing is said."""
    return str(environ.get("CONTENT_TYPE") or "").partition(";")[0].strip().lower()


def _send(answer: Answer, start_response: StartResponse, *, head: bool) -> list[bytes]:
    body = answer.body.encode("ascii", "backslashreplace")
    headers = [
        ("Content-Type", answer.kind),
        ("Content-Length", str(len(body))),
        # An answer has a token in it.
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        *answer.headers,
    ]
    start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
    return [] if head else [body]
