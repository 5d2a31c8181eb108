"""What every DNS back end can do. The contract is tests/hostname_service/dns."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from hostname_service.model import MachineKey

OWNER_LABEL = "_ec2kit"
"""The owner TXT is at `_ec2kit.<name>`: at the name itself it would collide with SPF and with what MX needs."""


@dataclass(frozen=True)
class Records:
    """What DNS says of one name: the addresses in A and AAAA, and who owns it."""

    fqdn: str
    addresses: tuple[str, ...]
    owner: str
    """The text of the owner TXT: `ec2kit/ACCOUNT/INSTANCE`; empty: there is none."""


def owner_of(machine: MachineKey) -> str:
    """Given a machine, return the text of its owner TXT."""
    return f"ec2kit/{machine.account}/{machine.instance_id}"


class Dns(Protocol):
    """The records of names. Every change is made under the condition that the owner is the one who is expected, and
    made again does nothing.

    Each method raises `Held` (`dns-held`) when the name is there and another's or nobody's, `Unavailable` when the
    server does not answer, refuses our key, or is not for the zone.
    """

    def claim(self, wanted: Records, previous: Collection[str] = ()) -> None:
        """A, AAAA and the owner TXT, in one atomic change: when the name is free, or owned by `wanted.owner`, or by
        one of `previous`."""

    def claim_reverse(self, wanted: Records) -> None:
        """PTR of each address. An address whose PTR names another is overwritten: addresses are given anew by EC2, and
        the machine has proved that it has this one."""

    def release(self, records: Records) -> None:
        """Remove PTR first, then A, AAAA and the owner TXT, if `records.owner` owns the name; else nothing."""

    def look(self, fqdn: str) -> Records | None:
        """What there is; None: nothing of that name."""

    def look_reverse(self, address: str) -> str | None:
        """The name that an address has; empty: none. None: its zone is not ours."""
