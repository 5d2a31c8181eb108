"""Names of machines that are gone are let go, at an operator's word alone: nothing here runs by itself.

That EC2 shows nothing of a machine is weak evidence: another account's credentials, or another endpoint, show nothing
of any machine. So it counts only when the credentials are of the machine's account (`Instances.look_at` sees to that),
and not for most names at once: then nobody's name is let go before an operator has said `force`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from hostname_service.claims.binding import SHOWN
from hostname_service.claims.ground import Ground
from hostname_service.claims.letting_go import let_go
from hostname_service.dns.reconcile import to_release
from hostname_service.errors import ServiceError
from hostname_service.model import Binding, BindingState, Machine, MachineKey, MachineState
from hostname_service.upkeep.rows import every

FEW = 3
"""So many names of machines that EC2 does not show may go at once, whatever share of the names that is."""
LONGEST = timedelta(minutes=8)
"""After so long no further name is begun with: `ec2kit hostname gc` waits ten minutes for its answer."""


@dataclass(frozen=True)
class Collected:
    """A name whose machine is gone, or whose release was cut, and what became of it; or one of which nobody knows."""

    binding: Binding
    reason: str
    released: bool
    judged: bool = True
    """False: whether its machine is gone is not known, or not believed, and so nothing was done."""


def collect(ground: Ground, by: str, *, dry_run: bool, force: bool = False) -> Sequence[Collected]:
    """Let go of every name whose machine is gone, and go on with releases that were cut; return these, and those that
    could not be judged. `force`: even if EC2 shows nothing of most machines.

    One that fails is told and does not keep the others. Raises `Unavailable` without the registry.
    """
    rows = list(every(ground))
    until = ground.clock.monotonic() + LONGEST.total_seconds()
    found: list[Collected] = []
    for one in [*_unfinished(rows), *_judged(ground, rows, force)]:
        if dry_run or not one.judged:
            found.append(one)
        elif ground.clock.monotonic() > until:
            found.append(Collected(one.binding, f"{one.reason}, and was not come to: run it again", False))
        else:
            found.append(_done(ground, one, by))
    return sorted(found, key=lambda one: one.binding.fqdn)


def _unfinished(rows: Sequence[Binding]) -> Iterator[Collected]:
    for row in rows:
        if row.state is BindingState.RELEASING:
            yield Collected(row, "its release was not finished", released=False)


def _judged(ground: Ground, rows: Sequence[Binding], force: bool) -> Iterator[Collected]:
    """Those whose machine is gone or of which that is not known; each region of each account by itself."""
    places: dict[tuple[str, str], list[Binding]] = defaultdict(list)
    for row in rows:
        if row.state is not BindingState.RELEASING:
            places[row.machine.account, row.region].append(row)
    for (account, region), there in places.items():
        answers = ground.instances.look_at(account, region, [row.machine.instance_id for row in there])
        machines: dict[MachineKey, Machine | None] = {}
        for row in there:
            answer = answers[row.machine.instance_id]
            if isinstance(answer, ServiceError):
                yield Collected(row, f"it could not be judged: {answer.message}", False, judged=False)
            else:
                machines[row.machine] = answer
        gone = to_release(there, machines, ground.clock.now(), SHOWN)
        yield from _braked(gone, machines, len(machines), force)


def _braked(
    gone: Sequence[Binding], machines: dict[MachineKey, Machine | None], asked: int, force: bool
) -> Iterator[Collected]:
    unseen = [row for row in gone if _state(machines, row) is MachineState.GONE]
    too_many = not force and len(unseen) > FEW and 2 * len(unseen) > asked
    for row in gone:
        if too_many and row in unseen:
            why = f"EC2 shows nothing of {len(unseen)} of {asked} machines there: too many to be believed"
            yield Collected(row, why, released=False, judged=False)
        else:
            yield Collected(row, f"its machine is {_state(machines, row)}", released=False)


def _state(machines: dict[MachineKey, Machine | None], row: Binding) -> MachineState | None:
    machine = machines[row.machine]
    return machine.state if machine else None


def _done(ground: Ground, one: Collected, by: str) -> Collected:
    row = one.binding
    try:
        if ground.registry.binding(row.fqdn) != row:
            return Collected(row, f"{one.reason}, and the name was changed meanwhile", released=False)
        let_go(ground, row, "gone", by)
    except ServiceError as error:
        return Collected(row, f"{one.reason}, and the name was not let go: {error.message}", released=False)
    return Collected(row, one.reason, released=True)
