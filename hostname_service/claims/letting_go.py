"""A name is let go: DNS forgets it, the CA forgets it, and only then is it free for another machine."""

from __future__ import annotations

from dataclasses import replace

from hostname_service.claims.ground import Ground, records_of
from hostname_service.dns.port import owner_of
from hostname_service.errors import Held
from hostname_service.model import Binding, BindingState, Deed

RENAMED = "renamed"
"""The reason when the machine itself goes on under another name."""


def let_go(ground: Ground, row: Binding, reason: str, by: str = "") -> None:
    """Free a name, and say so in the audit. Cut anywhere, `finish` goes on with it.

    Unless it is renamed, the machine gets no name for this start any more: the blob that lies on it would undo what an
    operator decided. Started anew, or after an operator's reset, it may come again.

    Raises `Held` when the row was changed by somebody else meanwhile, `Unavailable` when DNS or the CA is away: the
    name then stays as it is being released, and nobody gets it before it is.
    """
    if reason != RENAMED:
        ground.registry.spend(row.machine)
    finish(ground, row)
    ground.tell(Deed.RELEASE, reason, row, f"by {by}" if by else "")


def finish(ground: Ground, row: Binding) -> None:
    """Begin a release, or go on with one: every part of it can be made again.

    Whoever changes the row last does it. The CA knows names and not machines, so it is looked once more whether the
    name is still the one that is let go: another's certificate would be revoked. Raises `Held` (`changed`) when not.
    """
    row = ground.registry.change(row, replace(row, state=BindingState.RELEASING, since=ground.clock.now()))
    for owner in (row.machine, *row.predecessors):
        ground.dns.release(replace(records_of(row), owner=owner_of(owner)))
    if ground.registry.binding(row.fqdn) != row:
        raise Held("changed", f"'{row.fqdn}' was changed meanwhile")
    ground.ca.clean(row.fqdn)
    order = ground.registry.order_for(row.machine.instance_id)
    if order is not None and order.fqdn == row.fqdn:
        ground.registry.withdraw(order)
    ground.registry.remove(row)
