"""What every registry can do, whatever it keeps its rows in. The contract is tests/hostname_service/registry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from hostname_service.model import Attested, AuditEntry, Binding, MachineKey, Seen


@dataclass(frozen=True)
class Order:
    """An operator's word: this machine shall have this name, whoever holds it now. It counts before tag and file until
    the name is let go, or another word takes its place."""

    fqdn: str
    instance_id: str
    by: str
    at: datetime


class Registry(Protocol):
    """Who holds which name. Every method is one transaction: done wholly or not at all, whoever is killed.

    Each raises `Unavailable` when the registry cannot be reached or written.
    """

    def attest(self, attested: Attested) -> Seen:
        """Trust on first use. The first document of a machine is kept with the address it came from; so is one with a
        newer pendingTime. The same document from the same address returns what was kept.

        Raises `Refused`: `replay` for another address, `older` for a pendingTime before the kept one.
        """

    def seen(self, machine: MachineKey) -> Seen | None:
        """What was kept of a machine."""

    def forget(self, machine: MachineKey) -> bool:
        """An operator's reset: the next attestation is a first one again. False: there was nothing."""

    def spend(self, machine: MachineKey) -> None:
        """The machine's name was let go: whatever it sends of this start is `replay` from now on. A later start, or a
        reset, begins anew; nothing for a machine that was never attested."""

    def binding(self, fqdn: str) -> Binding | None:
        """Who holds a name."""

    def binding_of(self, machine: MachineKey) -> Binding | None:
        """Which name a machine holds; it has at most one."""

    def reserve(self, wanted: Binding, over: MachineKey | None = None) -> Binding:
        """Give the name to the machine when it is free, or held by it, or held by `over`; returns the row as it is.

        A row that the machine holds already is returned as it is, with new addresses and pendingTime. Taken from
        `over`, that machine is the last of the row's `previous`.
        Raises `Held`: `held` when another has the name, `has-name` when the machine has another one.
        """

    def change(self, was: Binding, now: Binding) -> Binding:
        """Compare and set: write `now` if the row is still `was`; raises `Held` (`changed`) when it is not."""

    def remove(self, was: Binding) -> bool:
        """Delete the row if name, machine and state are still those of `was`; False when they are not."""

    def names(self, after: str = "", limit: int = 1000) -> Sequence[Binding]:
        """A page of all bindings in order of name, beginning behind `after`."""

    def order(self, order: Order) -> None:
        """Write down an operator's word; a later one for the same machine or the same name replaces it."""

    def order_for(self, instance_id: str) -> Order | None:
        """The word that there is for a machine."""

    def withdraw(self, order: Order) -> None:
        """Remove a word that no longer counts, if it is still this one."""

    def audit(self, entry: AuditEntry) -> None:
        """Append a line."""

    def audits(self, fqdn: str = "", instance_id: str = "", limit: int = 100) -> Sequence[AuditEntry]:
        """The newest lines first, of a name or of a machine or of all."""

    def heartbeat(self, now: datetime) -> None:
        """The service lives: written each half minute, so that the next start knows how long it was down."""

    def last_heartbeat(self) -> datetime | None:
        """When it was last written; None: never."""
