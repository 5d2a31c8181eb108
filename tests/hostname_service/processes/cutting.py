"""The service, which kills itself (SIGKILL) at one deed of its claims: `cutting N before|after --config FILE`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from hostname_service import __main__ as product
from hostname_service.clock import Clock
from hostname_service.config.settings import Settings
from hostname_service.founding import Service, found

DEEDS = ("attest", "reserve", "claim", "claim_reverse", "clean", "change", "audit")
"""All that a first claim does, in this order."""


@dataclass(frozen=True)
class Watched:
    """A part whose deeds are counted over all parts."""

    part: Any
    deed: Callable[[str, Callable[..., Any]], Callable[..., Any]]

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.part, name)
        return self.deed(name, found) if name in DEEDS else found


def cut(service: Service, at: int, after: bool) -> Service:
    """The same service, whose claims end at their deed `at`, from 1."""
    numbers = count(1)

    def deed(name: str, do: Callable[..., Any]) -> Callable[..., Any]:
        def done(*args: Any, **named: Any) -> Any:
            number = next(numbers)
            assert name == DEEDS[number - 1], f"deed {number} is '{name}'"
            if number == at and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            answer = do(*args, **named)
            if number == at:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        return done

    ground = service.ground
    watched: Any = {name: Watched(getattr(ground, name), deed) for name in ("registry", "dns", "ca")}
    return replace(service, claims=replace(service.claims, ground=replace(ground, **watched)))


def main() -> int:
    """As `hostname-service`."""
    at, moment, *arguments = sys.argv[1:]

    def founding(settings: Settings, clock: Clock) -> Service:
        return cut(found(settings, clock), int(at), moment == "after")

    vars(product)["found"] = founding
    return product.main(arguments)


if __name__ == "__main__":
    sys.exit(main())
