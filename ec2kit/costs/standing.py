"""What things cost a month as they stand: machines, disks, snapshots, public addresses. Pure.

A month is 730 hours here (8,760 ÷ 12), as in AWS's own calculator. What has no price is a part without an amount: a
sum never hides it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from ec2kit.costs.prices.price import BY_OPERATION, Machine, System
from ec2kit.costs.prices.units import HOURS_A_MONTH, INCLUDED, Kind
from ec2kit.model.disks import Volume
from ec2kit.model.instances import Instance, State
from ec2kit.model.money import Money

OLD = 730
"""Days, from which on years are told."""
FIRST_TIER = 32_000
"""IOPS of an io2 volume that cost the same each; those above cost less ("Amazon EBS pricing"), which no book has."""
CHARGED_IOPS = frozenset({"gp3", "io1", "io2"})
"""Volume types whose speed is charged for beside their space."""


@dataclass(frozen=True)
class Rate:
    """What one costs: an hour of a machine or an address, a GiB for a month. With where that is from, and its date."""

    amount: Decimal
    currency: str
    source: str
    published: datetime | None = None


class Rates(Protocol):
    """Where prices come from; None for what is not known."""

    def machine(self, machine: Machine) -> Rate | None:
        """An hour of it, on demand."""

    def volume(self, region: str, type: str) -> Rate | None:
        """A GiB of a volume for a month."""

    def iops(self, region: str, type: str) -> Rate | None:
        """One IOPS for a month, of those that are charged for."""

    def throughput(self, region: str, type: str) -> Rate | None:
        """One MiB/s for a month, of those that are charged for."""

    def snapshot(self, region: str) -> Rate | None:
        """A GiB of snapshots for a month."""

    def address(self, region: str) -> Rate | None:
        """An hour of a public IPv4 address."""


@dataclass(frozen=True)
class Part:
    """One thing that is billed: so much (`quantity`) of a `unit`. `monthly` is None when its price is not known."""

    kind: str
    """machine, disk, snapshot or address."""
    resource: str
    unit: str
    rate: Rate | None
    quantity: Decimal = Decimal(1)
    hourly: bool = False
    at_most: bool = False
    """It costs this or less: a snapshot shares its blocks with those before it."""
    unseen: bool = False
    """Nobody looked how much or many of it there will be: a price would not help."""
    since: datetime | None = None

    @property
    def what(self) -> str:
        """In words: `t3.micro`, `8 GiB of gp3`."""
        return self.unit if self.hourly else f"{self.quantity} {self.unit}"

    @property
    def monthly(self) -> Money | None:
        """What a month of it costs."""
        if self.rate is None:
            return None
        return Money(
            self.rate.amount * self.quantity * (HOURS_A_MONTH if self.hourly else 1), self.rate.currency
        )


@dataclass(frozen=True)
class Cost:
    """What several parts come to."""

    parts: tuple[Part, ...] = ()

    @property
    def monthly(self) -> Money | None:
        """The sum of what has a price; None when nothing has, or prices are in several currencies."""
        amounts = [amount for part in self.parts if (amount := part.monthly) is not None]
        if not amounts or len({each.currency for each in amounts}) > 1:
            return None
        return sum(amounts[1:], amounts[0])

    @property
    def unpriced(self) -> tuple[str, ...]:
        """What has no price, each once."""
        return tuple(dict.fromkeys(part.unit for part in self.parts if part.rate is None))

    @property
    def unseen(self) -> tuple[str, ...]:
        """That of it for which a price would not help."""
        return tuple(dict.fromkeys(part.unit for part in self.parts if part.unseen))

    @property
    def priced(self) -> Cost:
        """Only what has a price."""
        return Cost(tuple(part for part in self.parts if part.rate is not None))

    @property
    def at_most(self) -> bool:
        """Whether the sum is a bound and not the amount."""
        return any(part.at_most for part in self.parts if part.rate is not None)

    @property
    def rates(self) -> tuple[Rate, ...]:
        """What the sum stands on."""
        return tuple(part.rate for part in self.parts if part.rate is not None)

    def of(self, *kinds: str) -> Cost:
        """Only the parts of these kinds."""
        return Cost(tuple(part for part in self.parts if part.kind in kinds))

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.parts + other.parts)


def machine_part(
    rates: Rates, region: str, type: str, *, resource: str = "", system: System | None = None
) -> Part:
    """A machine that runs, on demand; `system` is None for one whose licence is not priced here."""
    found = rates.machine(Machine(region, type, system)) if system else None
    label = type if system in (System.LINUX, None) else f"{type} with {system}"
    return Part("machine", resource, label, found, hourly=True)


def disk_parts(rates: Rates, region: str, volume: Volume) -> tuple[Part, ...]:
    """A volume, whatever is attached to it: its space, and the speed that was bought with it."""
    kind = volume.type

    def part(quantity: int, unit: str, rate: Rate | None) -> Part:
        return Part(
            "disk", str(volume.id), f"{unit} of {kind}", rate, Decimal(quantity), since=volume.created
        )

    parts = [part(volume.size_gib, "GiB", rates.volume(region, kind))]
    bought = (volume.iops or 0) - INCLUDED.get((Kind.IOPS, kind), 0) if kind in CHARGED_IOPS else 0
    if bought > 0:
        many = kind == "io2" and bought > FIRST_TIER
        parts.append(replace(part(bought, "IOPS", rates.iops(region, kind)), at_most=many))
    faster = (volume.throughput or 0) - INCLUDED[Kind.THROUGHPUT, "gp3"] if kind == "gp3" else 0
    if faster > 0:
        parts.append(part(faster, "MiB/s", rates.throughput(region, kind)))
    return tuple(parts)


def snapshot_part(rates: Rates, region: str, size_gib: int, *, resource: str = "") -> Part:
    """A snapshot, as if it had every block of its volume: later ones hold only what changed."""
    return Part(
        "snapshot", resource, "GiB of snapshots", rates.snapshot(region), Decimal(size_gib), at_most=True
    )


def address_part(rates: Rates, region: str, *, resource: str = "") -> Part:
    """A public IPv4 address, in use or not."""
    return Part("address", resource, "public IPv4 address", rates.address(region), hourly=True)


def instance_cost(
    rates: Rates,
    region: str,
    instance: Instance,
    volumes: Iterable[Volume] = (),
    addresses: Sequence[str] = (),
) -> Cost:
    """Given an instance with its volumes and Elastic IPs, return what it costs a month as it stands.

    One that does not run costs its disks and its Elastic IPs.
    """
    parts: list[Part] = []
    public = dict.fromkeys(addresses)
    if instance.state in (State.RUNNING, State.PENDING):
        parts.append(replace(_of_instance(rates, region, instance), since=instance.launched))
        public |= dict.fromkeys(own_addresses(instance))
    for volume in volumes:
        parts += disk_parts(rates, region, volume)
    parts += [address_part(rates, region, resource=ip) for ip in public]
    return Cost(tuple(parts))


def own_addresses(instance: Instance) -> tuple[str, ...]:
    """The public IPv4 addresses that an instance has now, on whichever interface."""
    found = (instance.public_ip, *(each.public_ip for each in instance.interfaces))
    return tuple(dict.fromkeys(ip for ip in found if ip))


def _of_instance(rates: Rates, region: str, instance: Instance) -> Part:
    part = machine_part(
        rates,
        region,
        instance.type,
        resource=str(instance.id),
        system=BY_OPERATION.get(instance.usage_operation or "RunInstances"),
    )
    if instance.lifecycle == "spot":
        return replace(part, unit=f"{instance.type} as a spot instance", rate=None)
    if instance.tenancy not in ("", "default"):
        return replace(part, unit=f"{instance.type} with tenancy {instance.tenancy}", rate=None)
    if part.rate is None and instance.usage_operation not in BY_OPERATION:
        return replace(part, unit=f"{instance.type} with {instance.platform_details}")
    return part


def sources(rates: Iterable[Rate], now: datetime) -> tuple[str, ...]:
    """Given prices, return where they are from and how old they are, each source once."""
    found: dict[str, datetime | None] = {}
    for rate in rates:
        known = found.get(rate.source, rate.published)
        # The oldest of a source is what one has to know.
        found[rate.source] = min(known, rate.published) if known and rate.published else None
    return tuple(f"{source}, {_age(published, now)}" for source, published in found.items())


def _age(published: datetime | None, now: datetime) -> str:
    if published is None:
        return "of an unknown date"
    days = (now - published).days
    old = f"{days} days old" if days < OLD else f"{days // 365} years old"
    return f"published {published.date().isoformat()}, {old}"
