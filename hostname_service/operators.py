"""What operators ask, on a listener of its own: who has which name, and changes to it. Everything is JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qsl

from hostname_service.clock import Clock
from hostname_service.model import Binding
from hostname_service.registry.port import Order
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

PAGE = 1000
"""The most names on a page."""
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_FQDN = rf"{_LABEL}(?:\.{_LABEL})*"
_INSTANCE = r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})"


class Collected(Protocol):
    """A name whose machine is gone."""

    @property
    def binding(self) -> Binding:
        """As it was."""

    @property
    def reason(self) -> str:
        """Why it is gone, or why its name could not be let go."""

    @property
    def released(self) -> bool:
        """Whether the name was let go; never in a dry run."""

    @property
    def judged(self) -> bool:
        """False: whether its machine is gone is not known, or not believed."""


class Desk(Protocol):
    """Who does what operators ask. Each method raises `ServiceError`; `by` is who asked, for the audit."""

    def names(self, after: str, limit: int) -> Sequence[Binding]:
        """A page of bindings in order of name, from behind `after`."""

    def name(self, fqdn: str) -> Binding:
        """One binding; raises `Unknown`."""

    def assign(self, fqdn: str, instance_id: str, by: str) -> Order:
        """Write down that this machine shall have this name, whoever has it now."""

    def release(self, fqdn: str, by: str) -> Binding:
        """Let a name go, and return the binding as it was; raises `Unknown`."""

    def reset(self, instance_id: str, by: str) -> bool:
        """Forget the machine's first attestation; False: there was none."""

    def gc(self, dry_run: bool, by: str, force: bool = False) -> Sequence[Collected]:
        """Let go of every name whose machine is gone; `force`: even if that are most."""


def application(desk: Desk, watch: Watch, clock: Clock) -> Application:
    """The application that operators talk to."""
    asked = _Operators(desk)
    return Application(
        listener="operators",
        routes=(
            Route("/v1/names", re.compile("/v1/names"), {"GET": asked.names}),
            Route(
                "/v1/names/{fqdn}",
                re.compile("/v1/names/(?P<fqdn>[^/]+)"),
                {"GET": asked.name, "PUT": asked.assign, "DELETE": asked.release},
            ),
            Route(
                "/v1/machines/{id}/reset",
                re.compile("/v1/machines/(?P<id>[^/]+)/reset"),
                {"POST": asked.reset},
            ),
            Route("/v1/gc", re.compile("/v1/gc"), {"POST": asked.gc}),
        ),
        source_of=who,
        watch=watch,
        clock=clock,
        always_json=True,
    )


def who(environ: Environ) -> str:
    """Who asks: `REMOTE_USER`, which the server sets from the socket's peer or the client's certificate, and which no
    header can set. Raises `Fault` when there is none: then the server was not set up for operators."""
    user = str(environ.get("REMOTE_USER") or "")
    if not user:
        raise Fault(403, "nobody", "the server does not say who you are")
    return user


@dataclass(frozen=True)
class _Operators:
    desk: Desk

    def names(self, request: Request) -> Answer:
        """A page of names; `next` is what to give as `after` for the next one, or null."""
        after, limit = _page(str(request.environ.get("QUERY_STRING", "")))
        found = self.desk.names(after, limit)
        more = found[-1].fqdn if len(found) == limit else None
        return in_json({"names": [as_json(binding) for binding in found], "next": more})

    def name(self, request: Request) -> Answer:
        """One name."""
        return in_json(as_json(self.desk.name(_fqdn(request))))

    def assign(self, request: Request) -> Answer:
        """An operator's word; the machine gets the name by its next claim."""
        fqdn = _fqdn(request)
        told = _object(request.environ)
        instance_id = told.get("instance_id")
        if not isinstance(instance_id, str) or len(told) != 1 or not re.fullmatch(_INSTANCE, instance_id):
            raise Fault(400, "bad-json", 'the body is wanted as {"instance_id": "i-..."}')
        order = self.desk.assign(fqdn, instance_id, request.source)
        answer = {"fqdn": order.fqdn, "instance_id": order.instance_id, "by": order.by}
        return in_json({**answer, "at": order.at.isoformat()}, reason="assigned")

    def release(self, request: Request) -> Answer:
        """Let a name go; the answer is the binding as it was."""
        return in_json(as_json(self.desk.release(_fqdn(request), request.source)), reason="released")

    def reset(self, request: Request) -> Answer:
        """The next attestation of the machine is a first one again."""
        instance_id = request.words["id"]
        if not re.fullmatch(_INSTANCE, instance_id):
            raise Fault(400, "bad-id", "that is no instance id")
        _object(request.environ, empty=True)
        return in_json({"reset": self.desk.reset(instance_id, request.source)}, reason="reset")

    def gc(self, request: Request) -> Answer:
        """Names whose machines are gone. Without `{"dry_run": false}` nothing is let go."""
        told = _object(request.environ, empty=True)
        dry_run, force = told.get("dry_run", True), told.get("force", False)
        if not isinstance(dry_run, bool) or not isinstance(force, bool) or set(told) - {"dry_run", "force"}:
            wanted = '{"dry_run": true} or {"dry_run": false}, with "force": true or without'
            raise Fault(400, "bad-json", f"the body is wanted as {wanted}")
        found = self.desk.gc(dry_run, request.source, force)
        names = [
            as_json(item.binding) | {"reason": item.reason, "released": item.released, "judged": item.judged}
            for item in found
        ]
        return in_json({"dry_run": dry_run, "names": names}, reason="gc")


def as_json(binding: Binding) -> dict[str, Any]:
    """Given a binding, return what an operator is shown of it."""
    return {
        "fqdn": binding.fqdn,
        "account": binding.machine.account,
        "instance_id": binding.machine.instance_id,
        "region": binding.region,
        "addresses": list(binding.addresses),
        "state": binding.state.value,
        "since": binding.since.isoformat(),
        "dns_done": binding.dns_done,
        "token_used": bool(binding.signed_key),
    }


def _fqdn(request: Request) -> str:
    fqdn = request.words["fqdn"].lower().removesuffix(".")
    if len(fqdn) > 253 or not re.fullmatch(_FQDN, fqdn):
        raise Fault(400, "bad-name", "that is no name of DNS")
    return fqdn


def _page(query: str) -> tuple[str, int]:
    try:
        pairs = (
            parse_qsl(query, keep_blank_values=True, strict_parsing=True, max_num_fields=4) if query else []
        )
    except ValueError as error:
        raise Fault(400, "bad-query", "the query is not understood") from error
    told = dict(pairs)
    after, limit = told.get("after", ""), told.get("limit", str(PAGE))
    if set(told) - {"after", "limit"} or len(told) != len(pairs):
        raise Fault(400, "bad-query", "the query takes `after` and `limit`, once each")
    if after and (len(after) > 253 or not re.fullmatch(_FQDN, after)):
        raise Fault(400, "bad-query", "`after` is no name of DNS")
    if not re.fullmatch(r"[0-9]{1,4}", limit) or not 1 <= int(limit) <= PAGE:
        raise Fault(400, "bad-query", f"`limit` is a number from 1 to {PAGE}")
    return after, int(limit)


def _object(environ: Environ, *, empty: bool = False) -> dict[str, Any]:
    if empty and str(environ.get("CONTENT_LENGTH") or "0") == "0":
        if environ.get("HTTP_TRANSFER_ENCODING"):
            raise Fault(411, "no-length", "a body needs a Content-Length; chunks are not taken")
        return {}
    if media_type(environ) != "application/json":
        raise Fault(415, "bad-type", "the body is wanted as application/json")
    return read_object(read_body(environ))
