"""What DNS says against what it should say: pure comparisons. Whoever calls does the looking and the mending."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from hostname_service.dns.port import Records, owner_of
from hostname_service.model import Binding, BindingState, Machine, MachineKey, MachineState


class Drift(StrEnum):
    """What is wrong with a name in DNS."""

    MISSING = "missing"
    """Nothing is there, or only what its previous holder left."""
    ADDRESSES = "addresses"
    FOREIGN = "foreign"
    """Somebody whom the registry does not know has the name. It is told, and not touched."""
    POINTER_MISSING = "pointer-missing"
    POINTER_WRONG = "pointer-wrong"


@dataclass(frozen=True)
class Repair:
    """One thing to mend: by `Dns.claim` or, for pointers, by `Dns.claim_reverse`; each mends all of its kind."""

    fqdn: str
    drift: Drift
    message: str

    @property
    def is_ours(self) -> bool:
        """Whether it may be mended without asking anybody."""
        return self.drift is not Drift.FOREIGN

    @property
    def is_reverse(self) -> bool:
        """Whether it is about PTR."""
        return self.drift in (Drift.POINTER_MISSING, Drift.POINTER_WRONG)


@dataclass(frozen=True)
class Said:
    """What DNS says: of a name, and for each of its addresses whose zone is ours, the PTR (empty: none)."""

    records: Records | None
    pointers: Mapping[str, str]


def repairs(row: Binding, said: Said) -> list[Repair]:
    """Given a binding and what DNS says of its name, return what is to be mended, forward before reverse.

    A name that is being released has nothing to mend. Under a foreign name, pointers are not looked at.
    """
    if row.state is BindingState.RELEASING:
        return []
    found = _forward(row, said.records)
    if found and not found[0].is_ours:
        return found
    return [*found, *_reverse(row, said.pointers)]


def _forward(row: Binding, records: Records | None) -> list[Repair]:
    if records is None:
        return [Repair(row.fqdn, Drift.MISSING, f"DNS does not know '{row.fqdn}'")]
    for before in row.predecessors:
        if records.owner == owner_of(before):
            return [Repair(row.fqdn, Drift.MISSING, f"DNS still says that '{row.fqdn}' is {before}")]
    if records.owner != owner_of(row.machine):
        whose = f"'{records.owner}'" if records.owner else "somebody without an owner TXT"
        return [
            Repair(row.fqdn, Drift.FOREIGN, f"'{row.fqdn}' belongs to {whose} in DNS, not to {row.machine}")
        ]
    if set(records.addresses) != set(row.addresses):
        there = ", ".join(sorted(records.addresses)) or "no address"
        wanted = ", ".join(sorted(row.addresses))
        return [Repair(row.fqdn, Drift.ADDRESSES, f"DNS says {there} for '{row.fqdn}', not {wanted}")]
    return []


def _reverse(row: Binding, pointers: Mapping[str, str]) -> list[Repair]:
    found: list[Repair] = []
    for address in row.addresses:
        name = pointers.get(address)
        if name == "":
            found.append(Repair(row.fqdn, Drift.POINTER_MISSING, f"{address} has no PTR"))
        elif name is not None and name != row.fqdn:
            message = f"the PTR of {address} says '{name}', not '{row.fqdn}'"
            found.append(Repair(row.fqdn, Drift.POINTER_WRONG, message))
    return found


def to_release(
    rows: Iterable[Binding],
    machines: Mapping[MachineKey, Machine | None],
    now: datetime,
    shown: timedelta,
) -> list[Binding]:
    """Given bindings and what EC2 says of their machines, return those whose machine is gone for good.

    A machine that was not asked for, or could not be, keeps its name. So does one that EC2 has nothing of, until
    `shown` after it got the name: EC2 shows late what was just made. A stopped machine keeps its name here even when
    it is quarantined; it loses it to its replacement, not to garbage collection.
    """
    return [row for row in rows if _is_gone(row, machines.get(row.machine), now - shown)]


def _is_gone(row: Binding, machine: Machine | None, since: datetime) -> bool:
    if machine is None:
        return False
    if machine.state is MachineState.GONE:
        return row.since <= since
    return machine.state is MachineState.TERMINATED
