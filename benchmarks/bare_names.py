"""The hostname service's server without its application: each request's body is read, and the answer is always one.

Run as a program, with the arguments of `hostname-service`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from hostname_service import __main__ as product
from hostname_service.clock import Clock
from hostname_service.config.settings import Settings
from hostname_service.founding import Service, found
from hostname_service.wsgi import Application, Environ, StartResponse


@dataclass(frozen=True)
class Bare(Service):
    """A service whose machines are all told the same."""

    def machines(self) -> Application:
        """Nothing is looked at."""
        answer: Any = _answer
        bare: Application = answer
        return bare


def _answer(environ: Environ, start_response: StartResponse) -> list[bytes]:
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])
    return [b"ok\n"]


def _bare(settings: Settings, clock: Clock) -> Service:
    whole = found(settings, clock)
    return Bare(**vars(whole))


if __name__ == "__main__":
    vars(product)["found"] = _bare
    sys.exit(product.main())
