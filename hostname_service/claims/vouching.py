"""A request for a certificate is vouched for, once for each token, and the audit is told either way."""

from __future__ import annotations

from dataclasses import replace

from hostname_service.claims.ground import Ground
from hostname_service.errors import Held, Refused
from hostname_service.model import AuditEntry, Binding, Deed
from hostname_service.puppet.csr import Csr, parse
from hostname_service.puppet.policy import judge
from hostname_service.puppet.tokens import token_of

TRIES = 3
"""How often the row is read anew when the upkeep, or the machine's own claim, has changed it meanwhile."""


def vouch(ground: Ground, certname: str, pem: bytes, by: str) -> Binding:
    """Given the certname and the request as puppetserver has them and who asks, return the binding of the machine whose
    key may be signed. Raises `Refused`, `Held` when the row does not stand still, and `Unavailable`."""
    try:
        csr = parse(pem)
        row = _signed(ground, certname, csr)
    except Refused as refusal:
        known = ground.registry.binding(certname)
        machine = known.machine if known else None
        # The certname is a stranger's until a binding has it.
        fqdn = known.fqdn if known else ""
        told = AuditEntry(ground.clock.now(), Deed.REFUSE, refusal.reason, fqdn, machine, by, refusal.message)
        ground.refuse(told)
        raise
    ground.tell(Deed.SIGN, "signed", row, f"key {row.signed_key[:16]}", by)
    return row


def _signed(ground: Ground, certname: str, csr: Csr) -> Binding:
    for _ in range(TRIES):
        row = ground.registry.binding(certname)
        machine, began = (row.machine, row.pending_time) if row else (None, None)
        token = token_of(ground.secret, machine, began, certname) if machine and began else ""
        key = judge(certname, csr, row, token)
        if row is None or row.signed_key == key:
            break
        try:
            return ground.registry.change(row, replace(row, signed_key=key))
        except Held:
            continue
    if row is None or row.signed_key != key:
        raise Held("changed", "the name is being changed; ask again")
    return row
