"""From what a machine sends to a machine that is believed: every check of `identity`, and trust on first use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hostname_service.claims.ground import Ground
from hostname_service.claims.refusals import EACH
from hostname_service.config.settings import AskAws
from hostname_service.errors import Later, Refused, Unavailable
from hostname_service.identity.checks import (
    Outage,
    SourceMode,
    check_account,
    check_described,
    check_source,
    check_window,
)
from hostname_service.model import Attested, BindingState, Deed, Document, Machine

AGAIN = timedelta(minutes=10)
"""How long after its binding a machine is given the same answer again: its first one may have been lost."""
LINES = 10 * EACH
"""How many lines about a machine a reset is looked for in: more than a handful of replicas write of its refusals in
`AGAIN`, which may lie in two of their spans."""


@dataclass(frozen=True)
class Believed:
    """A machine that proved which one it is, and what EC2 says of it; None: EC2 was not asked."""

    document: Document
    machine: Machine | None
    again: bool
    """Whether this start of the machine was attested before."""


def believe(ground: Ground, document: Document, source: str, outages: Sequence[Outage]) -> Believed:
    """Given a document that AWS signed and the address it came from, return the machine that sent it.

    Raises `Refused` with the check that failed, `Later` when EC2 does not show it yet or does not answer.
    """
    now = ground.clock.now()
    check_account(document, ground.settings.accounts)
    seen = ground.registry.seen(document.machine)
    again = seen is not None and seen.pending_time == document.pending_time
    if not again and not _was_reset(ground, document):
        check_window(document, now, outages, ground.settings.window)
    mode = SourceMode(ground.settings.source)
    if mode is SourceMode.PRIVATE:
        # Before EC2 is asked, which may be away for longer than the window: who asked in time did.
        check_source(document, source, mode, None)
        ground.registry.attest(Attested(document, source, now))
    machine = _described(ground, document)
    check_described(document, machine, now)
    if mode is not SourceMode.PRIVATE:
        check_source(document, source, mode, machine)
        ground.registry.attest(Attested(document, source, now))
    if seen is not None and again:
        _check_not_late(ground, document, seen.first)
    return Believed(document, machine, again)


def _described(ground: Ground, document: Document) -> Machine | None:
    if ground.settings.aws is AskAws.OFF:
        return None
    try:
        return ground.instances.look(document.account, document.region, document.instance_id)
    except Unavailable as error:
        if ground.settings.aws is AskAws.WHEN_REACHABLE:
            return None
        raise Later("aws-away", error.message, retry_after=3) from error


def _was_reset(ground: Ground, document: Document) -> bool:
    """Whether an operator has said in the last minutes that this machine may come again, whenever it was started."""
    now = ground.clock.now()
    told = ground.registry.audits(instance_id=document.instance_id, limit=LINES)
    return any(entry.deed is Deed.RESET and now - entry.at <= AGAIN for entry in told)


def _check_not_late(ground: Ground, document: Document, first: datetime) -> None:
    """Return unless the machine was told its name long ago; raises `Refused` (`replay`).

    Attack: the blob can be read on the machine for as long as it runs, and would give whoever reads it the token. A
    reboot does not need it: the hook keeps the name. An operator's reset allows it once more.
    """
    bound = ground.registry.binding_of(document.machine)
    if bound is None or bound.state is not BindingState.BOUND or bound.pending_time != document.pending_time:
        return
    if ground.clock.now() - max(bound.since, first) > AGAIN:
        raise Refused(
            "replay", f"{document.instance_id} was told its name more than ten minutes ago, since it started"
        )


def addresses_by(machine: Machine | None, private: str, *, public: bool) -> tuple[str, ...]:
    """Given what EC2 says of a machine (None: it was not asked) and its private address, return what DNS shall say."""
    if machine is None:
        return (private,)
    first = machine.public_ip if public and machine.public_ip else private
    return (first, *machine.ipv6)
