"""The sandbox's bill: what was used, day by day, as the lines that AWS's own bill has. Pure.

A line is for one day (UTC), one usage type and one resource. Months have the hours that they have: a GiB for an hour
is a 720th of a GB-month in November (EBS pricing: "prorated to the second").
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from ec2kit.sandbox import rates
from ec2kit.sandbox.rules.meter import Kind, Spell, Used

PREFIXES = {
    "us-east-1": "",
    "us-east-2": "USE2-",
    "us-west-1": "USW1-",
    "us-west-2": "USW2-",
    "ca-central-1": "CAN1-",
    "sa-east-1": "SAE1-",
    "eu-west-1": "EU-",
    "eu-west-2": "EUW2-",
    "eu-west-3": "EUW3-",
    "eu-central-1": "EUC1-",
    "eu-north-1": "EUN1-",
    "eu-south-1": "EUS1-",
    "ap-northeast-1": "APN1-",
    "ap-northeast-2": "APN2-",
    "ap-northeast-3": "APN3-",
    "ap-southeast-1": "APS1-",
    "ap-southeast-2": "APS2-",
    "ap-south-1": "APS3-",
    "ap-east-1": "APE1-",
    "me-south-1": "MES1-",
    "af-south-1": "AFS1-",
}
"""How usage types begin, by region; others begin with the region's own name here."""
HOUR = Decimal(3600)


@dataclass(frozen=True)
class Line:
    """What one resource cost on one day."""

    day: date
    dimensions: dict[str, str]
    """By Cost Explorer's names of dimensions: SERVICE, USAGE_TYPE, …"""
    quantity: Decimal
    unit: str
    cost: Decimal


def lines_of(spells: Iterable[Spell], start: date, end: date, now: datetime) -> Iterator[Line]:
    """Given what was used, yield the lines of the days from `start` until before `end`, as far as `now`."""
    since = datetime.combine(start, time(), UTC)
    until = min(datetime.combine(end, time(), UTC), now)
    for spell in spells:
        begun, ended = max(spell.begun, since), min(spell.ended or now, until)
        while begun < ended:
            midnight = datetime.combine(begun.date() + timedelta(days=1), time(), UTC)
            part = min(ended, midnight)
            seconds = (part - begun) // timedelta(microseconds=1) / Decimal(1_000_000)
            yield _line(spell.used, begun.date(), seconds / HOUR)
            begun = part


def _line(used: Used, day: date, hours: Decimal) -> Line:
    hourly = used.kind in ("instance", "address")
    month = Decimal(monthrange(day.year, day.month)[1] * 24)
    quantity = hours if hourly else used.size * hours / month
    name = PREFIXES.get(used.region, f"{used.region}-") + _NAMES[used.kind](used.type)
    dimensions = {
        "SERVICE": _SERVICES[used.kind],
        "USAGE_TYPE": name,
        "REGION": used.region,
        "LINKED_ACCOUNT": used.account,
        "OPERATION": _OPERATIONS[used.kind],
        "INSTANCE_TYPE": used.type if used.kind == "instance" else "NoInstanceType",
        "AZ": used.zone or "NoAZ",
        "RECORD_TYPE": "Usage",
        "PURCHASE_TYPE": "On Demand Instances" if used.kind == "instance" else "",
    }
    return Line(
        day, dimensions, quantity, "Hrs" if hourly else "GB-Mo", quantity * rates.rate(used.kind, used.type)
    )


def _volume_name(type: str) -> str:
    name = {"io1": "piops"}.get(type, type)
    return "EBS:VolumeUsage" + ("" if type == "standard" else f".{name}")


_NAMES: dict[Kind, Callable[[str], str]] = {
    "instance": lambda type: f"BoxUsage:{type}",
    "volume": _volume_name,
    "snapshot": lambda tier: "EBS:SnapshotArchiveStorage" if tier == "archive" else "EBS:SnapshotUsage",
    "address": lambda state: f"PublicIPv4:{state}Address",
}
_SERVICES: dict[Kind, str] = {
    "instance": "Amazon Elastic Compute Cloud - Compute",
    "volume": "EC2 - Other",
    "snapshot": "EC2 - Other",
    "address": "Amazon Virtual Private Cloud",
}
_OPERATIONS: dict[Kind, str] = {
    "instance": "RunInstances",
    "volume": "CreateVolume",
    "snapshot": "CreateSnapshot",
    "address": "AllocateAddressVPC",
}
