"""What `hostname-autosign` asks: `POST /v1/sign`, on a listener of its own, for puppetserver and nobody else."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from hostname_service.clock import Clock
from hostname_service.errors import Refused
from hostname_service.model import Binding
from hostname_service.wsgi import (
    Answer,
    Application,
    Environ,
    Fault,
    Request,
    Route,
    Watch,
    media_type,
    read_body,
    read_object,
)

YES = "sign\n"
"""The one body that means yes; the status alone is not enough, since a proxy may answer 200 by itself."""
_CERTNAME = re.compile(r"[a-z0-9._-]{1,253}")


class Voucher(Protocol):
    """Who says whether a request for a certificate is signed."""

    def vouch(self, certname: str, pem: bytes, by: str) -> Binding:
        """Return the binding whose machine asks; raises `ServiceError`."""


def application(voucher: Voucher, watch: Watch, clock: Clock, certnames: Collection[str] = ()) -> Application:
    """The application that `hostname-autosign` talks to.

    `certnames`: whose certificates may ask when the listener has TLS; whoever may open the unix socket may ask.
    """
    asked = _Signing(voucher, frozenset(f"cert:CN={certname}" for certname in certnames))
    return Application(
        listener="signing",
        routes=(Route("/v1/sign", re.compile("/v1/sign"), {"POST": asked.sign}),),
        source_of=asked.who,
        watch=watch,
        clock=clock,
    )


@dataclass(frozen=True)
class _Signing:
    voucher: Voucher
    certificates: frozenset[str]

    def who(self, environ: Environ) -> str:
        """Who asks, as the server has it from the socket or the handshake. Every agent has a certificate of Puppet's
        CA, so that alone lets nobody in."""
        user = str(environ.get("REMOTE_USER") or "")
        if user.startswith("uid:") or user in self.certificates:
            return user
        raise Fault(403, "nobody", "this is for puppetserver alone")

    def sign(self, request: Request) -> Answer:
        """Say yes, or why not."""
        if media_type(request.environ) != "application/json":
            raise Fault(415, "bad-type", "the body is wanted as application/json")
        told = read_object(read_body(request.environ))
        certname, csr = told.get("certname"), told.get("csr")
        if not isinstance(certname, str) or not isinstance(csr, str) or len(told) != 2:
            raise Fault(400, "bad-json", 'the body is wanted as {"certname": "...", "csr": "..."}')
        if not _CERTNAME.fullmatch(certname):
            raise Refused("no-such-name", "no machine has this name")
        self.voucher.vouch(certname, csr.encode("utf-8", "replace"), request.source)
        return Answer(YES, reason="signed")
