"""What a claim stands on: the parts of the service, each behind its port."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

from hostname_service.claims.refusals import Refusals
from hostname_service.clock import Clock
from hostname_service.config.settings import Settings
from hostname_service.dns.port import Dns, Records, owner_of
from hostname_service.identity.instances import Instances
from hostname_service.model import AuditEntry, Binding, Deed
from hostname_service.registry.port import Registry


class Cleaner(Protocol):
    """The certificate authority, as far as it is needed here."""

    def clean(self, fqdn: str) -> None:
        """Revoke and delete the certificate of a name, and its request; nothing when there is neither.

        Raises `Unavailable`.
        """


@dataclass(frozen=True)
class Ground:
    """The parts, and the secret that tokens are made with."""

    settings: Settings
    registry: Registry
    dns: Dns
    ca: Cleaner
    instances: Instances
    clock: Clock
    secret: bytes
    refusals: Refusals = field(default_factory=Refusals)

    def refuse(self, entry: AuditEntry) -> None:
        """Write a line of the audit about somebody who was refused, or told to wait, unless there were too many."""
        stranger = entry.machine is None or entry.machine.account not in self.settings.accounts
        who = entry.source if stranger else str(entry.machine)
        before = self.refusals.take(entry.at, who, stranger=stranger)
        if before is None:
            return
        if before:
            entry = replace(entry, message=f"{entry.message} ({before} refusals before it were left out)")
        self.registry.audit(entry)

    def tell(self, deed: Deed, reason: str, binding: Binding, message: str = "", source: str = "") -> None:
        """Write a line of the audit about a binding."""
        self.registry.audit(
            AuditEntry(
                self.clock.now(), deed, reason, binding.fqdn, binding.machine, source=source, message=message
            )
        )


def records_of(binding: Binding) -> Records:
    """Given a binding, return what DNS shall say."""
    return Records(binding.fqdn, binding.addresses, owner_of(binding.machine))
