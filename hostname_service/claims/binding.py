"""From a name that a machine shall have to a name that it has: reserve, clean, publish, bind."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hostname_service.claims.ground import Ground, records_of
from hostname_service.claims.letting_go import finish
from hostname_service.dns.port import owner_of
from hostname_service.errors import Held, Later, Unavailable
from hostname_service.model import Binding, BindingState, Deed, MachineKey


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
    if row.state is BindingState.RESERVED:
        _clean(ground, row)
    published = _publish(ground, row)
    return ground.registry.change(
        row,
        replace(
            row,
            state=BindingState.BOUND,
            since=row.since if told else ground.clock.now(),
            dns_done=published,
            previous="" if published else row.previous,
        ),
    )


def publish_again(ground: Ground, row: Binding) -> Binding:
    """Tell DNS what it could not be told when the name was bound; raises `Held` and `Unavailable`."""
    _tell_dns(ground, row)
    return ground.registry.change(row, replace(row, dns_done=True, previous=""))


def may_take(ground: Ground, wanted: Binding, ordered: bool) -> MachineKey | None:
    """The machine that the name may be taken from; None: it is free, ours, or its holder is still there."""
    holder = ground.registry.binding(wanted.fqdn)
    if holder is None or holder.machine == wanted.machine:
        return None
    if holder.state is BindingState.RELEASING:
        finish(ground, holder)
        return None
    if ordered or _has_let_go(ground, holder):
        return holder.machine
    return None


def _has_let_go(ground: Ground, holder: Binding) -> bool:
    try:
        machine = ground.instances.look(holder.machine.account, holder.region, holder.machine.instance_id)
    except Unavailable as error:
        raise Later(
            "aws-away", f"whether {holder.machine} is gone cannot be asked: {error.message}"
        ) from error
    if machine is None:
        return False
    just_made = ground.clock.now() - holder.since < SHOWN
    return machine.has_let_go and not (just_made and machine.state == "gone")


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
    previous = owner_of(MachineKey(row.machine.account, row.previous)) if row.previous else ""
    ground.dns.claim(records_of(row), previous)
    ground.dns.claim_reverse(records_of(row))
