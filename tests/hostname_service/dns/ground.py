"""What the contract stands on: a back end, names that nobody has, and a way past the back end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from hostname_service.clock import SystemClock
from hostname_service.dns.keeping import Keeper
from hostname_service.dns.port import Records, owner_of
from hostname_service.dns.rfc2136 import Updates
from hostname_service.dns.zones import Zones
from hostname_service.model import MachineKey
from tests.hostname_service.dns.rigs.serving import NameServer

TTL = 60
_numbers = count(1)


def owner(number: int) -> str:
    """The owner text of a machine by its number."""
    return owner_of(MachineKey("123456789012", f"i-{number:017x}"))


class Past(Protocol):
    """Writes and reads records without the back end."""

    def put(self, zone: str, name: str, kind: str, value: str) -> None: ...

    def values(self, name: str, kind: str) -> list[str]: ...


@dataclass
class Ground:
    """A back end under test, and a name of its own for each test."""

    dns: Keeper
    past: Past
    again: Callable[[], Keeper]
    """Another replica on the same server."""
    number: int = field(default_factory=lambda: next(_numbers))

    @property
    def fqdn(self) -> str:
        return f"web-{self.number}.shop.example.com"

    @property
    def v4(self) -> str:
        return f"10.0.1.{self.number}"

    @property
    def other_v4(self) -> str:
        return f"10.0.2.{self.number}"

    @property
    def v6(self) -> str:
        return f"2001:db8::{self.number:x}"

    def records(self, machine: int = 1, *addresses: str) -> Records:
        """What a machine wants for the name of this test."""
        return Records(self.fqdn, addresses or (self.v4,), owner(machine))


def of_server(server: NameServer, deadline: float = 10.0) -> Ground:
    """The ground over a real name server."""

    def keeper() -> Keeper:
        zones = Zones(server.forward, server.reverse)
        return Keeper(Updates(server.server(deadline), zones, TTL, SystemClock()))

    return Ground(keeper(), server, keeper)
