"""The values that the service speaks of: a machine, what it proved, the name it holds, and what is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple


class MachineKey(NamedTuple):
    """Which machine: instance ids are unique, and the account is part of what is proved."""

    account: str
    """Twelve digits."""
    instance_id: str

    def __str__(self) -> str:
        return f"{self.account}/{self.instance_id}"


@dataclass(frozen=True)
class Document:
    """An instance identity document that was verified (EC2 User Guide, "Instance identity documents")."""

    account: str
    instance_id: str
    region: str
    private_ip: IPv4Address | IPv6Address
    pending_time: datetime
    """When the instance was launched or last started, UTC; a reboot leaves it."""
    zone: str = ""
    image_id: str = ""
    instance_type: str = ""
    architecture: str = ""

    @property
    def machine(self) -> MachineKey:
        """Whose document it is."""
        return MachineKey(self.account, self.instance_id)


@dataclass(frozen=True)
class Attested:
    """A document and the place it was sent from: what a claim stands on once every check has passed."""

    document: Document
    source: str
    """The address that the request came from, as text."""
    at: datetime


class MachineState(StrEnum):
    """What EC2 says of a machine, and `GONE`: it has nothing of that id."""

    PENDING = "pending"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    SHUTTING_DOWN = "shutting-down"
    TERMINATED = "terminated"
    GONE = "gone"


@dataclass(frozen=True)
class Machine:
    """A machine as EC2 describes it."""

    instance_id: str
    state: MachineState
    private_ip: str = ""
    public_ip: str = ""
    ipv6: tuple[str, ...] = ()
    launched: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_let_go(self) -> bool:
        """Whether its name may go to another: it is terminated, or stopped and quarantined by ec2kit."""
        if self.state in (MachineState.TERMINATED, MachineState.GONE):
            return True
        return self.state is MachineState.STOPPED and self._set_aside

    @property
    def is_letting_go(self) -> bool:
        """Whether it is about to have let go: what is being terminated comes back never, and what was put in
        quarantine and is being stopped does so by a person's word alone."""
        return self.state is MachineState.SHUTTING_DOWN or (
            self.state is MachineState.STOPPING and self._set_aside
        )

    @property
    def _set_aside(self) -> bool:
        return self.tags.get("ec2kit:state") == "quarantined"


class BindingState(StrEnum):
    """How far a name's binding has come; a claim that was cut goes on from here."""

    RESERVED = "reserved"
    """The registry has it; the CA is being cleaned and DNS told."""
    BOUND = "bound"
    """The machine was, or can be, told."""
    RELEASING = "releasing"
    """DNS and the CA are being cleaned; then the name is free."""


@dataclass(frozen=True)
class Binding:
    """A name and the one machine that holds it."""

    fqdn: str
    """Lower case, without the last dot."""
    machine: MachineKey
    region: str
    addresses: tuple[str, ...]
    """What A and AAAA say, as text."""
    pending_time: datetime
    """Of the document that the name was bound for: the replay key with the machine."""
    state: BindingState
    since: datetime
    """When the state began."""
    dns_done: bool = False
    """Whether A, AAAA, owner and PTR are known to be as they should; the upkeep repairs what is not."""
    previous: str = ""
    """Who held it before, itself too, as long as DNS may still say so: `ACCOUNT/ID` of each, apart by spaces."""
    signed_key: str = ""
    """The SHA-256 of the public key that the token for Puppet has signed, in hex; empty: none yet."""

    @property
    def name(self) -> str:
        """The first label."""
        return self.fqdn.partition(".")[0]

    @property
    def predecessors(self) -> tuple[MachineKey, ...]:
        """The machines of `previous`."""
        parts = (each.partition("/") for each in self.previous.split())
        return tuple(MachineKey(account, instance_id) for account, _, instance_id in parts)


@dataclass(frozen=True)
class Seen:
    """The first attestation of a machine since its last start: trust on first use."""

    machine: MachineKey
    pending_time: datetime
    source: str
    first: datetime
    """When it was first attested with this pendingTime."""


class Deed(StrEnum):
    """What the audit tells of."""

    ATTEST = "attest"
    CLAIM = "claim"
    REPLAY = "replay"
    TAKE_OVER = "take-over"
    REFUSE = "refuse"
    LATER = "later"
    ASSIGN = "assign"
    RELEASE = "release"
    RESET = "reset"
    SIGN = "sign"
    REPAIR = "repair"


@dataclass(frozen=True)
class AuditEntry:
    """One line of the audit: who asked for what, how it ended, and why. Every field is text that was checked or escaped
    by whoever shows it, since parts of it come from strangers."""

    at: datetime
    deed: Deed
    reason: str
    """One stable word (`bound`, `forged`, `window`, …)."""
    fqdn: str = ""
    machine: MachineKey | None = None
    source: str = ""
    message: str = ""


def addresses_of(texts: tuple[str, ...]) -> tuple[IPv4Address | IPv6Address, ...]:
    """Given addresses as text, return them parsed; raises `ValueError`."""
    return tuple(ip_address(text) for text in texts)
