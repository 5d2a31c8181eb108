"""What machines ask: `POST /v1/claim`, and for those who watch `GET /healthz` and `GET /metrics`. Any WSGI server."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from hostname_service.clock import Clock
from hostname_service.wsgi import (
    Answer,
    Application,
    Environ,
    Fault,
    Request,
    Route,
    Watch,
    in_json,
    media_type,
    read_body,
    read_object,
)

EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"
"""What Prometheus calls its text format."""


class Told(Protocol):
    """What a machine is told."""

    @property
    def fqdn(self) -> str:
        """Its name, with the domain."""

    @property
    def name(self) -> str:
        """The first label."""

    @property
    def token(self) -> str:
        """The one-time token for Puppet."""

    @property
    def dns_done(self) -> bool:
        """Whether DNS knows the name already."""


class Claimer(Protocol):
    """Who gives names."""

    def claim(self, blob_text: str, source: str) -> Told:
        """Given the rsa2048 blob as it came and the address it came from, return the machine's name.

        Raises `ServiceError`.
        """


@dataclass(frozen=True)
class Parts:
    """What the application of the machines is made of."""

    claimer: Claimer
    limit: Callable[[str], float]
    """Given a source, how many seconds it must wait; 0: it may ask now."""
    source_of: Callable[[Environ], str]
    ill: Callable[[], Sequence[str]]
    """A word for each thing that the service stands on and does not reach; it is asked often, and must be quick."""
    watch: Watch
    clock: Clock


def application(parts: Parts) -> Application:
    """The application that machines talk to."""
    desk = _Machines(parts)
    return Application(
        listener="machines",
        routes=(
            Route("/v1/claim", re.compile("/v1/claim"), {"POST": desk.claim}),
            Route("/healthz", re.compile("/healthz"), {"GET": desk.health}),
            Route("/metrics", re.compile("/metrics"), {"GET": desk.metrics}),
        ),
        source_of=parts.source_of,
        watch=parts.watch,
        clock=parts.clock,
    )


@dataclass(frozen=True)
class _Machines:
    parts: Parts

    def claim(self, request: Request) -> Answer:
        """Tell a machine its name. The limit is asked first: whoever floods us costs no reading and no checking."""
        wait = self.parts.limit(request.source)
        if wait > 0:
            header = ("Retry-After", str(math.ceil(wait)))
            raise Fault(429, "too-often", "this is asked too often", header)
        answer = self.parts.claimer.claim(_blob(request.environ), request.source)
        if request.wants_json:
            return in_json(_told(answer), reason="bound")
        return Answer(f"{answer.name}\n{answer.fqdn}\n{answer.token}\n", reason="bound")

    def health(self, _: Request) -> Answer:
        """Say whether a claim could be answered."""
        ill = self.parts.ill()
        if not ill:
            return Answer("ok\n")
        return Answer(f"away: {' '.join(ill)}\n", 503, headers=(("Retry-After", "5"),), reason="ill")

    def metrics(self, _: Request) -> Answer:
        """Give the figures."""
        return Answer(self.parts.watch.exposition(), kind=EXPOSITION)


def _told(answer: Told) -> dict[str, Any]:
    return {"name": answer.name, "fqdn": answer.fqdn, "token": answer.token, "dns_done": answer.dns_done}


def _blob(environ: Environ) -> str:
    """The blob, from JSON or alone. What is not ASCII is no base64; all else is judged by whoever verifies it."""
    kind = media_type(environ)
    if kind not in ("application/json", "text/plain"):
        raise Fault(415, "bad-type", "the body is wanted as text/plain or application/json")
    body = read_body(environ)
    if kind == "application/json":
        told = read_object(body)
        blob = told.get("rsa2048")
        if not isinstance(blob, str) or len(told) != 1:
            raise Fault(400, "bad-json", 'the body is wanted as {"rsa2048": "..."}')
    else:
        blob = body.decode("latin-1")
    if not blob.isascii():
        raise Fault(400, "not-base64", "the blob is wanted in base64")
    if not blob.strip():
        raise Fault(400, "empty", "there is no blob")
    return blob
