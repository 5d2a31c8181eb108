"""What a machine hangs on and what that costs: disks, their speed, snapshots, public addresses. Pure.

| kind | type | per |
|---|---|---|
| volume | gp3, gp2, io1, io2, st1, sc1, standard | GB and month |
| iops | gp3 (above 3,000), io1, io2 | IOPS and month |
| throughput | gp3 (above 125 MiB/s) | MiB/s and month |
| snapshot | standard, archive | GB and month |
| address | in-use, idle | hour |

AWS's GB of EBS is a GiB ("Amazon EBS pricing"), and a month of an hourly price is 730 hours, as its calculator reckons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from ec2kit.model.money import USD, Money

HOURS_A_MONTH = 730


class Kind(StrEnum):
    """What is priced."""

    VOLUME = "volume"
    IOPS = "iops"
    THROUGHPUT = "throughput"
    SNAPSHOT = "snapshot"
    ADDRESS = "address"


PER: Mapping[Kind, str] = {
    Kind.VOLUME: "GB-month",
    Kind.IOPS: "IOPS-month",
    Kind.THROUGHPUT: "MiBps-month",
    Kind.SNAPSHOT: "GB-month",
    Kind.ADDRESS: "hour",
}
INCLUDED: Mapping[tuple[Kind, str], int] = {(Kind.IOPS, "gp3"): 3000, (Kind.THROUGHPUT, "gp3"): 125}
"""So many of a volume cost nothing ("Amazon EBS General Purpose SSD volumes")."""
FREE = frozenset({(Kind.IOPS, "gp2"), (Kind.THROUGHPUT, "gp2"), (Kind.IOPS, "st1"), (Kind.IOPS, "sc1")})
"""What is a part of the volume's own price."""


@dataclass(frozen=True, order=True)
class Thing:
    """What is priced, and where."""

    region: str
    kind: Kind
    type: str

    def __str__(self) -> str:
        return f"{self.kind} {self.type} in {self.region}"


@dataclass(frozen=True)
class UnitPrice:
    """What one costs, for the unit of its kind (`PER`), and where that is from."""

    thing: Thing
    amount: Decimal
    currency: str = USD
    source: str = ""
    published: datetime | None = None

    def monthly(self, quantity: Decimal | int) -> Money:
        """Given GiB, IOPS, MiB/s or a number of addresses, return what a month of them costs."""
        billed = Decimal(max(quantity - INCLUDED.get((self.thing.kind, self.thing.type), 0), 0))
        hours = HOURS_A_MONTH if self.thing.kind is Kind.ADDRESS else 1
        return Money(self.amount * billed * hours, self.currency)
