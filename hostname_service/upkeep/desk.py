"""What operators ask, done: names looked at, given, let go; machines let in again; names of gone machines collected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hostname_service.assignments.names import name_in
from hostname_service.claims.binding import SHOWN
from hostname_service.claims.ground import Ground
from hostname_service.claims.letting_go import let_go
from hostname_service.errors import BadRequest, ServiceError, Unavailable, Unknown
from hostname_service.model import AuditEntry, Binding, BindingState, Deed, Machine, MachineKey, MachineState
from hostname_service.registry.port import Order

PAGE = 500


@dataclass(frozen=True)
class Gone:
    """A name whose machine is gone, or whose release was cut, and what became of it."""

    binding: Binding
    reason: str
    released: bool


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

    def gc(self, dry_run: bool, by: str) -> Sequence[Gone]:
        """Let go of every name whose machine is terminated, and go on with releases that were cut.

        One that fails is told and does not keep the others.
        """
        if dry_run:
            return [Gone(row, reason, released=False) for row, reason in self._gone()]
        return [self._collected(row, reason, by) for row, reason in self._gone()]

    def _gone(self) -> Iterator[tuple[Binding, str]]:
        for row in every(self.ground):
            if row.state is BindingState.RELEASING:
                yield row, "its release was not finished"
                continue
            machine = self.ground.instances.look(row.machine.account, row.region, row.machine.instance_id)
            if machine is None:
                raise Unavailable("aws-off", "whether machines are gone cannot be asked: `aws` is off")
            if _is_gone(self.ground, row, machine):
                yield row, f"its machine is {machine.state}"

    def _collected(self, row: Binding, reason: str, by: str) -> Gone:
        if self.ground.registry.binding(row.fqdn) != row:
            return Gone(row, f"{reason}, and the name was changed meanwhile", released=False)
        try:
            let_go(self.ground, row, "gone", by)
        except ServiceError as error:
            return Gone(row, f"{reason}, and the name was not let go: {error.message}", released=False)
        return Gone(row, reason, released=True)

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


def every(ground: Ground) -> Iterator[Binding]:
    """Every binding, page by page; those made meanwhile may be missing."""
    after = ""
    while page := ground.registry.names(after, PAGE):
        yield from page
        after = page[-1].fqdn


def _is_gone(ground: Ground, row: Binding, machine: Machine) -> bool:
    """A stopped machine keeps its name; one that EC2 does not show may just have been launched."""
    if machine.state is MachineState.GONE:
        return ground.clock.now() - row.since > SHOWN
    return machine.state is MachineState.TERMINATED
