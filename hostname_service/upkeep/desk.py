"""What operators ask, done: names looked at, given, let go; machines let in again; names of gone machines collected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hostname_service.assignments.names import name_in
from hostname_service.claims.ground import Ground
from hostname_service.claims.letting_go import let_go
from hostname_service.errors import BadRequest, Unknown
from hostname_service.model import AuditEntry, Binding, Deed, MachineKey
from hostname_service.registry.port import Order
from hostname_service.upkeep.collecting import Collected, collect


@dataclass(frozen=True)
class NamesDesk:
    """Every method raises `ServiceError`; `by` is who asked, for the audit."""

    ground: Ground

    def names(self, after: str, limit: int) -> Sequence[Binding]:
        """A page of bindings in order of name, from behind `after`."""
        return self.ground.registry.names(after, limit)

    def name(self, fqdn: str) -> Binding:
        """One binding; raises `Unknown`."""
        found = self.ground.registry.binding(self._whole(fqdn))
        if found is None:
            raise Unknown("no-such-name", f"nobody has the name {fqdn}")
        return found

    def assign(self, fqdn: str, instance_id: str, by: str) -> Order:
        """Write down that this machine shall have this name; it is carried out when the machine asks.

        Raises `BadRequest` for one that is not in our zones.
        """
        fqdn = self._whole(fqdn)
        order = Order(fqdn, instance_id, by, self.ground.clock.now())
        self.ground.registry.order(order)
        self._tell(Deed.ASSIGN, "ordered", fqdn, instance_id, by)
        return order

    def release(self, fqdn: str, by: str) -> Binding:
        """Let a name go, and return the binding as it was; raises `Unknown`."""
        row = self.name(fqdn)
        let_go(self.ground, row, "asked", by)
        return row

    def reset(self, instance_id: str, by: str) -> bool:
        """Let a machine come again, whenever it was started; False: it had never come.

        Written down before it is forgotten: cut in between, the machine may come again all the same.
        """
        self._tell(Deed.RESET, "asked", "", instance_id, by)
        forgotten = [
            self.ground.registry.forget(MachineKey(account, instance_id))
            for account in self.ground.settings.accounts
        ]
        return any(forgotten)

    def gc(self, dry_run: bool, by: str, force: bool = False) -> Sequence[Collected]:
        """Let go of every name whose machine is gone, and go on with releases that were cut; see `collect`."""
        return collect(self.ground, by, dry_run=dry_run, force=force)

    def _whole(self, name: str) -> str:
        """A name in full; two spellings of one would be two names."""
        try:
            return name_in(name, self.ground.settings.zones)
        except ValueError as error:
            raise BadRequest("bad-name", str(error)) from error

    def _tell(self, deed: Deed, reason: str, fqdn: str, instance_id: str, by: str) -> None:
        accounts = self.ground.settings.accounts
        machine = MachineKey(accounts[0] if len(accounts) == 1 else "", instance_id)
        now = self.ground.clock.now()
        self.ground.registry.audit(AuditEntry(now, deed, reason, fqdn, machine, message=f"by {by}"))
