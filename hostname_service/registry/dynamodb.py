"""The registry in one DynamoDB table, for replicas of the service on several machines. The keys are in `items`.

Each method reads what is there, decides by `rules`, and writes in one transaction under the condition that what it
read is still so; when it is not, it begins again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from hostname_service.errors import Unavailable
from hostname_service.model import Attested, AuditEntry, Binding, MachineKey, Seen
from hostname_service.registry.items import (
    HEARTBEAT,
    TTL,
    Key,
    audit_partition,
    holder_key,
    name_key,
    order_key,
    order_name_key,
    part,
    seen_key,
)
from hostname_service.registry.port import Order
from hostname_service.registry.rows import (
    Row,
    audit_of_row,
    audit_row,
    binding_of_row,
    binding_row,
    moment,
    order_of_row,
    order_row,
    seen_of_row,
    seen_row,
)
from hostname_service.registry.rules import KEPT, SPENT, changed, first_seen, reserved
from hostname_service.registry.table import Lost, Table, Write, delete, put

T = TypeVar("T")

TRIES = 12
"""How often a transaction that lost a race is begun again; the pauses between them are three seconds in all."""


class DynamoRegistry:
    """A table of DynamoDB; implements `port.Registry`."""

    def __init__(self, table: Table, sleep: Callable[[float], None]) -> None:
        self.table, self.sleep = table, sleep

    def attest(self, attested: Attested) -> Seen:
        """Trust on first use; see `port.Registry`."""
        key = seen_key(attested.document.machine)

        def once() -> Seen:
            there = self.table.get(key)
            kept = seen_of_row(there) if there else None
            seen = first_seen(kept, attested)
            if seen != kept:
                self.table.write(put(key, _renewed(seen_row(seen)), there))
            return seen

        return self._again(once)

    def seen(self, machine: MachineKey) -> Seen | None:
        """What was kept of a machine."""
        there = self.table.get(seen_key(machine))
        return seen_of_row(there) if there else None

    def forget(self, machine: MachineKey) -> bool:
        """An operator's reset."""
        key = seen_key(machine)

        def once() -> bool:
            writes = self._withdrawn(key)
            if writes:
                self.table.write(*writes)
            return bool(writes)

        return self._again(once)

    def spend(self, machine: MachineKey) -> None:
        """The machine's name was let go."""
        key = seen_key(machine)

        def once() -> None:
            there = self.table.get(key)
            if there is not None:
                seen = replace(seen_of_row(there), source=SPENT)
                self.table.write(put(key, _renewed(seen_row(seen)), there))

        self._again(once)

    def binding(self, fqdn: str) -> Binding | None:
        """Who holds a name."""
        there = self.table.get(name_key(fqdn))
        return binding_of_row(there) if there else None

    def binding_of(self, machine: MachineKey) -> Binding | None:
        """Which name a machine holds."""
        held = self.table.get(holder_key(machine))
        row = self.binding(held["fqdn"]) if held else None
        # Between the two reads the name may have gone to another.
        return row if row and holder_key(row.machine) == holder_key(machine) else None

    def reserve(self, wanted: Binding, over: MachineKey | None = None) -> Binding:
        """Give the name to the machine; see `port.Registry`."""

        def once() -> Binding:
            there, held = self.table.get(name_key(wanted.fqdn)), self.table.get(holder_key(wanted.machine))
            row = binding_of_row(there) if there else None
            now = reserved(row, held["fqdn"] if held else "", wanted, over)
            if now != row:
                holder = _renewed({"fqdn": binding_row(now)["fqdn"]})
                writes = [
                    put(name_key(now.fqdn), _renewed(binding_row(now)), there),
                    put(holder_key(now.machine), holder, held),
                ]
                if row and row.machine != now.machine:
                    writes.append(self._unheld(row))
                self.table.write(*writes)
            return now

        return self._again(once)

    def change(self, was: Binding, now: Binding) -> Binding:
        """Compare and set."""

        def once() -> Binding:
            there = self.table.get(name_key(was.fqdn))
            row = changed(binding_of_row(there) if there else None, was, now)
            self.table.write(put(name_key(was.fqdn), _renewed(binding_row(row)), there))
            return row

        return self._again(once)

    def remove(self, was: Binding) -> bool:
        """Delete the row if name, machine and state are still those of `was`."""

        def once() -> bool:
            there = self.table.get(name_key(was.fqdn))
            if there is None:
                return False
            found = binding_of_row(there)
            if (holder_key(found.machine), found.state) != (holder_key(was.machine), was.state):
                return False
            self.table.write(delete(name_key(was.fqdn), there), self._unheld(was))
            return True

        return self._again(once)

    def names(self, after: str = "", limit: int = 1000) -> Sequence[Binding]:
        """A page of all bindings in order of name."""
        behind = part(after) if after else ""
        return [binding_of_row(row) for row in self.table.page("names", limit, after=behind)]

    def order(self, order: Order) -> None:
        """Write down an operator's word."""
        row = order_row(order)

        def once() -> None:
            by_machine = self.table.get(order_key(order.instance_id))
            by_name = self.table.get(order_name_key(order.fqdn))
            writes = [
                put(order_key(order.instance_id), _renewed(row), by_machine),
                put(order_name_key(order.fqdn), _renewed({"instance_id": row["instance_id"]}), by_name),
            ]
            if by_machine and by_machine["fqdn"] != row["fqdn"]:
                writes += self._withdrawn(order_name_key(by_machine["fqdn"]))
            if by_name and by_name["instance_id"] != row["instance_id"]:
                writes += self._withdrawn(order_key(by_name["instance_id"]))
            self.table.write(*writes)

        self._again(once)

    def order_for(self, instance_id: str) -> Order | None:
        """The word that there is for a machine."""
        there = self.table.get(order_key(instance_id))
        return order_of_row(there) if there else None

    def withdraw(self, order: Order) -> None:
        """Remove a word that was carried out, if it is still this one."""

        def once() -> None:
            there = self.table.get(order_key(order.instance_id))
            if there and order_row(order_of_row(there)) == order_row(order):
                by_name = self._withdrawn(order_name_key(order.fqdn))
                self.table.write(delete(order_key(order.instance_id), there), *by_name)

        self._again(once)

    def audit(self, entry: AuditEntry) -> None:
        """Append a line, where each who looks for it will find it."""
        row = {**audit_row(entry), TTL: int((entry.at + KEPT).timestamp())}
        place = f"{row['at']}#{uuid.uuid4().hex}"
        partitions = {
            audit_partition(),
            audit_partition(fqdn=row["fqdn"]),
            audit_partition(instance_id=row["instance_id"]),
        }
        self._again(
            lambda: self.table.write(*(put((where, place), row, None) for where in sorted(partitions)))
        )

    def audits(self, fqdn: str = "", instance_id: str = "", limit: int = 100) -> Sequence[AuditEntry]:
        """The newest lines first."""
        partition = audit_partition(fqdn, instance_id)
        return [audit_of_row(row) for row in self.table.newest(partition, limit, instance_id)]

    def heartbeat(self, now: datetime) -> None:
        """The service lives."""
        self._again(lambda: self.table.write(Write("Put", HEARTBEAT, {"at": moment(now)})))

    def last_heartbeat(self) -> datetime | None:
        """When it was last written."""
        there = self.table.get(HEARTBEAT)
        return datetime.fromisoformat(there["at"]) if there else None

    def _unheld(self, row: Binding) -> Write:
        """The machine of a row holds it no longer."""
        key = holder_key(row.machine)
        there = self.table.get(key)
        if there is None or there["fqdn"] != binding_row(row)["fqdn"]:
            raise Lost("the machine has another name by now")
        return delete(key, there)

    def _withdrawn(self, key: Key) -> list[Write]:
        there = self.table.get(key)
        return [delete(key, there)] if there else []

    def _again(self, once: Callable[[], T]) -> T:
        """Do it until it is not overtaken between reading and writing."""
        for tried in range(TRIES):
            try:
                return once()
            except Lost:
                # The random part parts replicas that lost to each other in the same moment.
                self.sleep(min(0.02 * 2**tried, 0.4) * (0.5 + uuid.uuid4().int % 1000 / 1000))
        raise Unavailable("registry", f"the table {self.table.name} is written by too many at once")


def _renewed(row: Row) -> Row:
    return {**row, "rev": uuid.uuid4().hex}
