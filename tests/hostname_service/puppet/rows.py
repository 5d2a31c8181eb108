"""As much of a registry as is asked when a request is signed, and whoever says yes or no without one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from hostname_service.claims.ground import Ground
from hostname_service.config.settings import Settings
from hostname_service.errors import Held, ServiceError
from hostname_service.model import AuditEntry, Binding, Deed
from hostname_service.registry.port import Registry
from tests.hostname_service.puppet.ground import NAME, SECRET, held
from tests.hostname_service.serving.ground import StillClock


@dataclass
class Rows:
    """As much of a registry as is asked here."""

    rows: dict[str, Binding] = field(default_factory=lambda: {NAME: held()})
    lines: list[AuditEntry] = field(default_factory=list)
    races: int = 0
    """How many changes of somebody else come between reading and writing."""

    def binding(self, fqdn: str) -> Binding | None:
        return self.rows.get(fqdn)

    def change(self, was: Binding, now: Binding) -> Binding:
        if self.races:
            self.races -= 1
            self.rows[was.fqdn] = replace(was, dns_done=not was.dns_done)
        if self.rows[was.fqdn] != was:
            raise Held("changed", "the row was changed")
        self.rows[was.fqdn] = now
        return now

    def audit(self, entry: AuditEntry) -> None:
        self.lines.append(entry)

    @property
    def told(self) -> list[tuple[Deed, str]]:
        return [(line.deed, line.reason) for line in self.lines]


def ground(rows: Rows) -> Ground:
    """What a request is vouched for with, and nothing else."""
    nothing = cast(Any, None)
    settings = Settings(("shop.example.com",), ("123456789012",), "sqlite:names.db", Path("secret"))
    return Ground(settings, cast(Registry, rows), nothing, nothing, nothing, StillClock(), SECRET)


@dataclass
class Vouching:
    """Answers in one way."""

    answer: ServiceError | None = None
    asked: list[tuple[str, bytes, str]] = field(default_factory=list)

    def vouch(self, certname: str, pem: bytes, by: str) -> Binding:
        self.asked.append((certname, pem, by))
        if self.answer:
            raise self.answer
        return held()
