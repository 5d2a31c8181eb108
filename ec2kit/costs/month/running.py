"""A month by what runs now and what that costs: where there is no bill to be had. Pure.

It sees what is there, since when it is there. What has ended this month is not in it, and neither is what it does not
look at: the notes say so. It projects that everything stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from ec2kit.costs.month.billing import Told
from ec2kit.costs.month.projecting import Projection
from ec2kit.costs.month.summary import Driver, Source, Summary, sum_of
from ec2kit.costs.standing import (
    Cost,
    Part,
    Rates,
    address_part,
    disk_parts,
    instance_cost,
    own_addresses,
    snapshot_part,
    sources,
)
from ec2kit.model.bills import Days
from ec2kit.model.disks import Snapshot, Volume
from ec2kit.model.instances import Address, Instance, State
from ec2kit.model.money import USD, Money

SERVICES = {
    "machine": "machines, on demand",
    "disk": "volumes",
    "snapshot": "snapshots, at most",
    "address": "public IPv4",
}
NOT_SEEN = (
    "not in it: what has ended this month, and all but machines, volumes, snapshots and public addresses"
    " (load balancers, databases, S3, traffic, NAT gateways), credits, taxes, reservations and savings plans"
)
AT_MOST = "snapshots are counted as if each had every block of its volume: they cost that or less"
SINCE = "AWS does not tell since when an Elastic IP is yours: each is counted since the month began"


@dataclass(frozen=True)
class Fleet:
    """What there is in one region."""

    region: str
    instances: tuple[Instance, ...] = ()
    volumes: tuple[Volume, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    addresses: tuple[Address, ...] = ()


def fleet_cost(rates: Rates, fleet: Fleet) -> Cost:
    """Given what there is, return what it costs as it stands: each volume and each address once."""
    region = fleet.region
    parts: list[Part] = []
    public: dict[str, datetime | None] = {each.public_ip: None for each in fleet.addresses}
    for instance in fleet.instances:
        parts += instance_cost(rates, region, instance).of("machine").parts
        if instance.state is State.RUNNING:
            public |= {ip: instance.launched for ip in own_addresses(instance) if ip not in public}
    for volume in fleet.volumes:
        parts += disk_parts(rates, region, volume)
    for snapshot in fleet.snapshots:
        part = snapshot_part(rates, region, snapshot.size_gib, resource=snapshot.id)
        parts.append(replace(part, since=snapshot.started))
    for ip, since in public.items():
        parts.append(replace(address_part(rates, region, resource=ip), since=since))
    return Cost(tuple(parts))


def by_what_runs(rates: Rates, fleets: Sequence[Fleet], now: datetime) -> Summary:
    """Given what there is in each region, return the month."""
    month = Told(now).month
    parts = [part for fleet in fleets for part in fleet_cost(rates, fleet).parts]
    priced = [part for part in parts if part.rate is not None]
    currencies = sorted({part.rate.currency for part in priced if part.rate}) or [USD]
    counted = [part for part in priced if part.rate and part.rate.currency == currencies[0]]
    drivers = sorted(_drivers(counted, month, now), key=lambda each: (-each.cash.amount, each.usage))
    so_far = sum_of((each.cash for each in drivers), currencies[0])
    rest = sum_of((_cost(part, now, _start(month.end), month) for part in counted), currencies[0])
    return Summary(
        Source.RUNNING,
        month,
        now,
        so_far if counted or not parts else None,
        tuple(drivers),
        Projection(so_far + rest, "everything staying as it is now") if counted or not parts else None,
        unpriced=tuple(dict.fromkeys(part.unit for part in parts if part not in counted)),
        notes=tuple(_notes(parts, now)),
    )


def _drivers(parts: Iterable[Part], month: Days, now: datetime) -> Iterable[Driver]:
    found: dict[tuple[str, str], list[Part]] = {}
    for part in parts:
        found.setdefault((part.kind, part.unit), []).append(part)
    for (kind, unit), alike in found.items():
        costs = [_cost(part, _start(month.start), now, month) for part in alike]
        yield Driver(SERVICES[kind], unit, sum(costs[1:], costs[0]), count=len(alike))


def _cost(part: Part, start: datetime, end: datetime, month: Days) -> Money:
    """What a part costs from one time to another of the month; a GiB-month is as long as the month is."""
    if part.rate is None:
        raise ValueError(f"{part.what} has no price")
    begun = max(start, part.since) if part.since else start
    hours = max(Decimal(0), Decimal((end - begun) // timedelta(seconds=1)) / 3600)
    share = hours if part.hourly else hours / ((month.end - month.start).days * 24)
    return Money(part.rate.amount * part.quantity * share, part.rate.currency)


def _notes(parts: Sequence[Part], now: datetime) -> Iterable[str]:
    yield NOT_SEEN
    if any(part.kind == "snapshot" for part in parts):
        yield AT_MOST
    if any(part.kind == "address" and part.since is None for part in parts):
        yield SINCE
    rates = [part.rate for part in parts if part.rate is not None]
    yield from (f"prices: {source}" for source in sources(rates, now))


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
