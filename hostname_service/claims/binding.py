"""From a name that a machine shall have to a name that it has: reserve, publish, clean, bind.

DNS is told before the CA is cleaned, because only DNS knows of hosts that are not ours: a claim that it refuses must
not have cost such a host its certificate. The machine is told nothing before all of it is done.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hostname_service.claims.ground import Ground, records_of
from hostname_service.claims.letting_go import finish
from hostname_service.config.settings import AskAws
from hostname_service.dns.port import owner_of
from hostname_service.errors import Held, Later, Unavailable
from hostname_service.model import Binding, BindingState, Deed, MachineKey, MachineState


def bind(ground: Ground, wanted: Binding, *, ordered: bool = False) -> Binding:
    """Given a binding as it shall be, make it so and return it as it is.

    `ordered`: an operator wants it, whoever has the name now. Raises `Held` when another machine has the name and is
    not gone, `Later` when the CA or DNS cannot be told yet.
    """
    before = ground.registry.binding_of(wanted.machine)
    row = ground.registry.reserve(wanted, may_take(ground, wanted, ordered))
    if row.previous and row.state is BindingState.RESERVED and (before is None or before.fqdn != row.fqdn):
        ground.tell(Deed.TAKE_OVER, "ordered" if ordered else "gone", row, f"held by {row.previous} before")
    told = row == before and row.state is BindingState.BOUND
    if told and row.dns_done:
        return row
    published = _publish(ground, row)
    # While DNS is away, only of a name that was bound before is it known that no host beside us has it.
    if row.state is BindingState.RESERVED and (published or row.previous):
        _clean(ground, row)
    now = replace(
        row,
        state=BindingState.BOUND,
        since=row.since if told else ground.clock.now(),
        dns_done=published,
        previous="" if published else row.previous,
    )
    return _changed(ground, row, now)


def publish_again(ground: Ground, row: Binding) -> Binding:
    """Tell DNS what it could not be told when the name was bound; raises `Held` and `Unavailable`."""
    _tell_dns(ground, row)
    return _changed(ground, row, replace(row, dns_done=True, previous=""))


def _changed(ground: Ground, was: Binding, now: Binding) -> Binding:
    """Compare and set, after DNS was told. When the name was let go meanwhile, DNS forgets again what it was told:
    nobody else would know of it. Raises `Held` (`changed`)."""
    try:
        return ground.registry.change(was, now)
    except Held:
        there = ground.registry.binding(was.fqdn)
        if there is None or there.machine != was.machine or there.state is BindingState.RELEASING:
            ground.dns.release(records_of(was))
        raise


def may_take(ground: Ground, wanted: Binding, ordered: bool) -> MachineKey | None:
    """The machine that the name may be taken from; None: it is free, ours, or its holder is still there."""
    holder = ground.registry.binding(wanted.fqdn)
    if holder is not None and holder.state is BindingState.RELEASING:
        # Its own machine too gets it only when all that was promised of the release is done.
        finish(ground, holder)
        return None
    if holder is None or holder.machine == wanted.machine:
        return None
    if ordered or _has_let_go(ground, holder):
        return holder.machine
    return None


def _has_let_go(ground: Ground, holder: Binding) -> bool:
    if ground.settings.aws is AskAws.OFF:
        return False
    account, instance_id = holder.machine
    machine = ground.instances.look_at(account, holder.region, [instance_id])[instance_id]
    if isinstance(machine, Unavailable):
        raise Later(
            "aws-away", f"whether {holder.machine} is gone cannot be asked: {machine.message}"
        ) from machine
    if machine.is_letting_go:
        # Whoever comes after it need not be told that the name is another's.
        raise Later("held-ending", f"{holder.machine}, which has the name, is {machine.state}", retry_after=5)
    just_made = ground.clock.now() - holder.since < SHOWN
    return machine.has_let_go and not (just_made and machine.state is MachineState.GONE)


SHOWN = timedelta(minutes=10)
"""A machine that EC2 does not show so soon after it got its name is not gone: EC2 shows what was made late."""


def _clean(ground: Ground, row: Binding) -> None:
    """A request that was refused poisons a name, and an old certificate stops the new machine: both go first."""
    try:
        ground.ca.clean(row.fqdn)
    except Unavailable as error:
        raise Later("ca-away", error.message, retry_after=5) from error


def _publish(ground: Ground, row: Binding) -> bool:
    """Tell DNS; False when it stayed away for longer than a claim waits for it: the upkeep tells it later."""
    try:
        _tell_dns(ground, row)
    except Held:
        # Somebody whom the registry does not know has the name: it is not ours to reserve.
        if row.state is BindingState.RESERVED:
            ground.registry.remove(row)
        raise
    except Unavailable as error:
        if row.state is BindingState.RESERVED and ground.clock.now() - row.since < ground.settings.patience:
            raise Later("dns-away", error.message) from error
        ground.tell(Deed.CLAIM, "dns-away", row, error.message)
        return False
    return True


def _tell_dns(ground: Ground, row: Binding) -> None:
    ground.dns.claim(records_of(row), [owner_of(before) for before in row.predecessors])
    ground.dns.claim_reverse(records_of(row))
