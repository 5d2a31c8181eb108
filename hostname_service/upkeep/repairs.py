"""What DNS should say and does not, put right: names that it could not be told, and what others changed since."""

from __future__ import annotations

from collections.abc import Sequence

from hostname_service.claims.binding import publish_again
from hostname_service.claims.ground import Ground
from hostname_service.claims.letting_go import let_go
from hostname_service.dns.reconcile import Said, repairs
from hostname_service.errors import ServiceError
from hostname_service.model import Binding, BindingState, Deed
from hostname_service.upkeep.moves import follow
from hostname_service.upkeep.rows import every


def repair_all(ground: Ground) -> Sequence[str]:
    """Look at every name, and mend what is ours to mend; returns a line for each that was mended or could not be.

    What fails with one name keeps no other from being mended.
    """
    told = list(follow(ground))
    for row in every(ground):
        try:
            told += _repair(ground, row)
        except ServiceError as error:
            told.append(f"{row.fqdn}: {error.reason}: {error.message}")
    return told


def _repair(ground: Ground, row: Binding) -> list[str]:
    if row.state is BindingState.RELEASING:
        let_go(ground, row, "finished")
        return [f"{row.fqdn}: its release was finished"]
    if row.state is BindingState.RESERVED:
        # Its machine asks again, or it is gone and the name is collected.
        return []
    if ground.settings.dns is None:
        return []
    found = repairs(row, _said(ground, row))
    # The page that it was read with may be old by now: what was let go meanwhile must not come back into DNS.
    if ground.registry.binding(row.fqdn) != row:
        return []
    if all(one.is_ours for one in found) and (found or not row.dns_done):
        # Forward and reverse together: each does nothing where it is right.
        publish_again(ground, row)
    for one in found:
        ground.tell(Deed.REPAIR, one.drift.value, row, one.message)
    return [one.message for one in found]


def _said(ground: Ground, row: Binding) -> Said:
    looked = {address: ground.dns.look_reverse(address) for address in row.addresses}
    ours = {address: name for address, name in looked.items() if name is not None}
    return Said(ground.dns.look(row.fqdn), ours)
