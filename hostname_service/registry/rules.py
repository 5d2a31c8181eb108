"""What may be written, decided from what is there: every back end asks these inside its transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hostname_service.errors import Held, Refused
from hostname_service.model import Attested, Binding, BindingState, MachineKey, Seen

KEPT = timedelta(days=400)
"""How long a line of the audit is kept: a year, and time to notice."""


SPENT = "let go"
"""What is kept as the source of a machine whose name was let go: no address is like it."""


def first_seen(kept: Seen | None, attested: Attested) -> Seen:
    """Given what was kept of a machine and its new attestation, return what shall be kept.

    Raises `Refused`: `replay` for the same start from another address, `older` for an earlier start.
    """
    document = attested.document
    if kept is None or document.pending_time > kept.pending_time:
        return Seen(document.machine, document.pending_time, attested.source, attested.at)
    if document.pending_time < kept.pending_time:
        raise Refused("older", f"{document.instance_id} was started again since this document was made")
    if kept.source == SPENT:
        raise Refused("replay", f"the name of {document.instance_id} was let go since it started")
    if attested.source != kept.source:
        raise Refused("replay", f"{document.instance_id} was attested from another address since it started")
    return kept


def reserved(row: Binding | None, has: str, wanted: Binding, over: MachineKey | None) -> Binding:
    """Given the row of the name, the name that the machine has (empty: none), what is wanted and who may be put out of
    the name, return the row as it shall be.

    Raises `Held`: `held` when another has the name, `has-name` when the machine has another name.
    """
    if row is not None and row.machine not in (wanted.machine, over):
        raise Held("held", f"'{wanted.fqdn}' is held by {row.machine.instance_id}")
    if has not in ("", wanted.fqdn):
        raise Held("has-name", f"{wanted.machine.instance_id} has the name '{has}'")
    if row is None:
        return wanted
    if row.machine != wanted.machine:
        return replace(wanted, previous=_after(row))
    return _told_anew(row, wanted)


def _told_anew(row: Binding, wanted: Binding) -> Binding:
    """The row of the same machine. New addresses are not in DNS yet, even if the claim is cut here.

    A machine that keeps its state does not ask again when it is started again: one that does has lost it (a new root
    disk, say), and its key with it. So its name is bound anew, which cleans the CA; the new token has signed nothing.
    """
    row = replace(
        row,
        addresses=wanted.addresses,
        dns_done=row.dns_done and row.addresses == wanted.addresses,
    )
    if row.pending_time == wanted.pending_time:
        return row
    row = replace(row, pending_time=wanted.pending_time, signed_key="", since=wanted.since)
    if row.state is not BindingState.BOUND:
        return row
    return replace(row, state=BindingState.RESERVED, previous=_after(row))


def _after(row: Binding) -> str:
    """Who had a name before the next one: while DNS is away several may, and DNS knows the first of them."""
    return " ".join(dict.fromkeys([*row.previous.split(), str(row.machine)]))


def changed(row: Binding | None, was: Binding, now: Binding) -> Binding:
    """Given the row as it is, return `now` if it is still `was`; raises `Held` (`changed`) when it is not."""
    if (was.fqdn, was.machine) != (now.fqdn, now.machine):
        raise ValueError("a change keeps the name and the machine")
    if row != was:
        raise Held("changed", f"'{was.fqdn}' was changed meanwhile")
    return now
