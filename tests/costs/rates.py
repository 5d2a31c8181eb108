"""Rates for tests: round figures, so that sums can be made in the head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from ec2kit.costs.prices.price import Machine
from ec2kit.costs.standing import Rate

PUBLISHED = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class RoundRates:
    """A t3.micro costs 0.01 an hour, a GiB of gp3 0.10 and of a snapshot 0.05 a month, an address 0.005 an hour.

    What is not in a table has no price.
    """

    machines: Mapping[str, str] = field(default_factory=lambda: {"t3.micro": "0.01", "m5.large": "0.10"})
    volumes: Mapping[str, str] = field(default_factory=lambda: {"gp3": "0.10", "io2": "0.20"})
    speeds: Mapping[str, str] = field(default_factory=lambda: {"gp3": "0.005", "io2": "0.065"})
    snapshots: str = "0.05"
    addresses: str = "0.005"

    def machine(self, machine: Machine) -> Rate | None:
        """By its type, with Linux."""
        return _rate(self.machines.get(machine.type)) if machine.system == "linux" else None

    def volume(self, region: str, type: str) -> Rate | None:
        """By its type."""
        return _rate(self.volumes.get(type))

    def iops(self, region: str, type: str) -> Rate | None:
        """By its type."""
        return _rate(self.speeds.get(type))

    def throughput(self, region: str, type: str) -> Rate | None:
        """Nobody knows it."""
        return None

    def snapshot(self, region: str) -> Rate | None:
        """One price."""
        return _rate(self.snapshots)

    def address(self, region: str) -> Rate | None:
        """One price."""
        return _rate(self.addresses)


def _rate(amount: str | None) -> Rate | None:
    return Rate(Decimal(amount), "USD", "a test", PUBLISHED) if amount else None
