"""A name is let go: DNS forgets it, the CA forgets it, and only then is it free for another machine."""

from __future__ import annotations

from dataclasses import replace

from hostname_service.claims.ground import Ground, records_of
from hostname_service.model import Binding, BindingState, Deed


def let_go(ground: Ground, row: Binding, reason: str, by: str = "") -> None:
    """Free a name, and say so in the audit. Cut anywhere, `finish` goes on with it.

    Raises `Held` when the row was changed by somebody else meanwhile, `Unavailable` when DNS or the CA is away: the
    name then stays as it is being released, and nobody gets it before it is.
    """
    if row.state is not BindingState.RELEASING:
        now = ground.clock.now()
        row = ground.registry.change(row, replace(row, state=BindingState.RELEASING, since=now))
    finish(ground, row)
    ground.tell(Deed.RELEASE, reason, row, f"by {by}" if by else "")


def finish(ground: Ground, row: Binding) -> None:
    """Go on with a release: every part of it can be made again."""
    ground.dns.release(records_of(row))
    ground.ca.clean(row.fqdn)
    order = ground.registry.order_for(row.machine.instance_id)
    if order is not None and order.fqdn == row.fqdn:
        ground.registry.withdraw(order)
    ground.registry.remove(row)
