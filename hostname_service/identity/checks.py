"""What is asked of a document once its signature is known to be good.

The blob is a static secret: every process on the machine can read it, for as long as the machine runs. Each check
takes away one thing that a thief could do with it; each is a pure function that returns nothing, or raises.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address

from hostname_service.errors import Later, Refused
from hostname_service.model import Document, Machine, MachineState

WINDOW = timedelta(minutes=5)
"""How long after pendingTime a machine may come for the first time: a slow boot takes two or three minutes."""
MOST_AHEAD = timedelta(minutes=1)
"""How far our clock may be behind AWS's."""
VISIBLE_AFTER = timedelta(minutes=5)
"""How long DescribeInstances may not know a machine that was just launched (EC2 API reference, "Eventual consistency":
back off up to five minutes)."""
LAUNCH_SLACK = timedelta(minutes=1)
"""How much LaunchTime and pendingTime of the same start may differ; seconds were seen."""


class SourceMode(StrEnum):
    """Which address a claim may come from."""

    PRIVATE = "private"
    """The privateIp of the document."""
    ANY = "any"
    """Any address that EC2 knows of the machine: for a service outside the VPC."""
    OFF = "off"
    """Any at all: for a service behind a NAT that hides the sender."""


@dataclass(frozen=True)
class Outage:
    """A time in which the service did not answer: since its last heartbeat, until it served again."""

    down_since: datetime
    up_again: datetime


def check_account(document: Document, accounts: Collection[str]) -> None:
    """Return if the account is one of ours; raises `Refused` (`account`).

    Attack: anybody can launch an instance in an account of their own, and its document is truly signed by AWS.
    """
    if document.account not in accounts:
        raise Refused(
            "account", f"{document.instance_id} is of account {document.account}, which is not known here"
        )


def check_window(
    document: Document, now: datetime, outages: Sequence[Outage] = (), window: timedelta = WINDOW
) -> None:
    """Return if the machine was started within the window; raises `Refused` (`window`, `future`).

    Asked of a first attestation only. The window is longer by the time that the service was down since the start:
    a machine that booted meanwhile could not come earlier.
    Attack: a blob that was stolen is kept, and used for a machine that never came for its name.
    """
    started = document.pending_time
    if started - now > MOST_AHEAD:
        raise Refused(
            "future", f"{document.instance_id} says that it was started at {started:%Y-%m-%dT%H:%M:%SZ}"
        )
    down = (min(now, one.up_again) - max(started, one.down_since) for one in outages)
    age = now - started - sum((one for one in down if one > timedelta()), timedelta())
    if age > window:
        minutes = f"{window / timedelta(minutes=1):g}"
        message = f"{document.instance_id} was started at {started:%Y-%m-%dT%H:%M:%SZ}, more than {minutes} minutes ago"
        raise Refused("window", message)


def check_source(document: Document, source: str, mode: SourceMode, machine: Machine | None) -> None:
    """Return if the claim came from an address of the machine; raises `Refused` (`address`).

    `machine` is None when EC2 was not asked; then `any` has the privateIp only.
    Attack: a blob that was stolen is sent from elsewhere.
    """
    if mode is SourceMode.OFF:
        return
    known: set[IPv4Address | IPv6Address] = {document.private_ip}
    if mode is SourceMode.ANY and machine is not None:
        texts = (machine.private_ip, machine.public_ip, *machine.ipv6)
        known |= {address for address in map(_plain, texts) if address}
    if _plain(source) not in known:
        raise Refused(
            "address", f"{document.instance_id} has not the address {source[:64]!a} that the claim is from"
        )


def check_described(document: Document, machine: Machine | None, now: datetime) -> None:
    """Return if EC2 says that the machine is the one of the document, and runs; None: EC2 was not asked.

    Raises `Later` (`not-visible`) while EC2 may not know it yet, `Refused` (`gone`, `state`, `described`, `older`).
    Attack: the blob of a machine that was terminated or stopped, or of a start before the present one.
    """
    if machine is None:
        return
    if machine.state is MachineState.GONE:
        _check_may_be_late(document, now)
    if machine.state not in (MachineState.PENDING, MachineState.RUNNING):
        raise Refused("state", f"{document.instance_id} is {machine.state}")
    if not machine.private_ip and machine.state is MachineState.PENDING:
        raise Later("not-visible", f"EC2 does not know the address of {document.instance_id} yet")
    if _plain(machine.private_ip) != document.private_ip:
        raise Refused("described", f"{document.instance_id} has not the private address of its document")
    if machine.launched is not None and document.pending_time < machine.launched - LAUNCH_SLACK:
        launched = f"{machine.launched:%Y-%m-%dT%H:%M:%SZ}"
        raise Refused(
            "older", f"the document is of a start of {document.instance_id} before that of {launched}"
        )


def _check_may_be_late(document: Document, now: datetime) -> None:
    if now - document.pending_time <= VISIBLE_AFTER:
        raise Later("not-visible", f"EC2 does not show {document.instance_id} yet")
    raise Refused("gone", f"EC2 has no {document.instance_id} in {document.region}")


def _plain(text: str) -> IPv4Address | IPv6Address | None:
    """Given an address as text, return it; one that a dual-stack listener wrote as `::ffff:10.0.0.5` is IPv4."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
