"""Makes the price table that comes with ec2kit, of public documents: `python -m docs.prices LIBCLOUD FOCUS`.

| document | what is taken | source, licence |
|---|---|---|
| LIBCLOUD | on demand, Linux | `libcloud/data/pricing.json` of apache-libcloud 3.9.1, Apache-2.0 |
| FOCUS | disks, snapshots, addresses | a FOCUS 1.0 sample (FinOps-Open-Cost-and-Usage-Spec), CC BY 4.0 |
| (below) | disks of Ireland | AWS's price list, recorded by amartinawi/cost-optimization-scanner on 1 May 2026 |
| (below) | public addresses | AWS News Blog, 28 July 2023: the same price in every region, from 1 February 2024 |

Zeros are left out: a sixth of LIBCLOUD's cells. So are its other systems: many of their cells have Linux's price.
Reservations are in no public document with upfront and hourly apart but for a handful of types, so there are none.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from ec2kit.costs.prices.book_files import book_text
from ec2kit.costs.prices.embedded import NAME
from ec2kit.costs.prices.price import Machine, Price, PriceList
from ec2kit.costs.prices.units import Kind, Thing, UnitPrice
from ec2kit.model.regions import LOCATIONS

TABLE = Path(__file__).parent.parent / "ec2kit/costs/prices" / NAME
LIBCLOUD = "AWS's price list as apache-libcloud 3.9.1 has it"
FOCUS = "a bill of September 2024 (FOCUS sample data)"
BILLED_AT = datetime(2024, 9, 30, tzinfo=UTC)
ADDRESS = Decimal("0.005")
ANNOUNCED = "AWS News Blog, Public IPv4 Address Charge"
ANNOUNCED_AT = datetime(2023, 7, 28, tzinfo=UTC)
RECORDED = "AWS's price list as amartinawi/cost-optimization-scanner recorded it"
RECORDED_AT = datetime(2026, 5, 1, tzinfo=UTC)
IRELAND = (
    # SKU TXACT7E3PV6ZX2NM, SKU GDX844Q9TQAG2YZ2, usage type EU-EBS:SnapshotUsage
    (Kind.VOLUME, "gp3", "0.088"),
    (Kind.VOLUME, "gp2", "0.11"),
    (Kind.SNAPSHOT, "standard", "0.05"),
)
"""What the sample bill has nothing of, and the practice AWS is in."""
THINGS = (
    (Kind.VOLUME, "gp3", r"GB-month of General Purpose \(gp3\) provisioned storage"),
    (Kind.VOLUME, "gp2", r"GB-month of General Purpose SSD \(gp2\) provisioned storage"),
    (Kind.VOLUME, "standard", r"GB-month of Magnetic provisioned storage"),
    (Kind.IOPS, "gp3", r"provisioned IOPS-month of gp3"),
    (Kind.THROUGHPUT, "gp3", r"provisioned MiBps-month of gp3"),
    (Kind.SNAPSHOT, "standard", r"GB-Month of snapshot data stored|GB-Mo for EBS:SnapshotUsage"),
)
"""Charges by their description: `$0.08 per GB-month of …`, whose figure is the list price."""
_PRICED = re.compile(r"(?:\$|USD)(?P<amount>0\.\d+) per ")


def machines(path: Path) -> Iterator[PriceList]:
    """On demand, from libcloud's document."""
    document = json.loads(path.read_text(), parse_float=Decimal)
    published = datetime.fromtimestamp(int(document["updated"]), UTC)
    regions = set(LOCATIONS.values())
    for type_, by_region in document["compute"]["ec2_linux"].items():
        for region, hourly in by_region.items():
            if region in regions and Decimal(hourly) > 0 and is_instance(type_):
                price = Price(Decimal(0), Decimal(hourly).normalize(), since=published)
                yield PriceList(Machine(region, type_), price, (), LIBCLOUD, published)


def is_instance(type_: str) -> bool:
    """Whether it is an instance, and none of the hosts that the document has too: `g3`, and Macs, sold as hosts."""
    return "." in type_ and not type_.startswith("mac")


def things(path: Path) -> Iterator[UnitPrice]:
    """What machines hang on, from a bill; raises `ValueError` when it has two prices for one thing."""
    found: dict[Thing, Decimal] = {}
    for row in csv.DictReader(path.open(newline="", encoding="utf-8-sig")):
        said = _PRICED.search(row["ChargeDescription"])
        kinds = [(kind, name) for kind, name, words in THINGS if re.search(words, row["ChargeDescription"])]
        if row["RegionId"] not in LOCATIONS.values() or not said or len(kinds) != 1:
            continue
        thing, amount = Thing(row["RegionId"], *kinds[0]), Decimal(said["amount"])
        if found.setdefault(thing, amount) != amount:
            raise ValueError(f"{thing} costs {found[thing]} and {amount}")
    for thing, amount in found.items():
        yield UnitPrice(thing, amount, source=FOCUS, published=BILLED_AT)


def disks_of_ireland() -> Iterator[UnitPrice]:
    """Of single answers of GetProducts that somebody published."""
    for kind, name, amount in IRELAND:
        yield UnitPrice(
            Thing("eu-west-1", kind, name), Decimal(amount), source=RECORDED, published=RECORDED_AT
        )


def addresses() -> Iterator[UnitPrice]:
    """Public addresses, in use or not, but in China, where prices are in another currency."""
    for region in sorted(set(LOCATIONS.values())):
        for name in ("in-use", "idle"):
            if not region.startswith("cn-"):
                thing = Thing(region, Kind.ADDRESS, name)
                yield UnitPrice(thing, ADDRESS, source=ANNOUNCED, published=ANNOUNCED_AT)


def main() -> int:
    """Write the table."""
    libcloud, focus = map(Path, sys.argv[1:3])
    text = book_text(machines(libcloud), [*things(focus), *disks_of_ireland(), *addresses()])
    TABLE.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    return 0


if __name__ == "__main__":
    sys.exit(main())
