"""The price list's products of what machines hang on: disks, their speed, snapshots, public addresses. Pure.

| kind | product family | told by | unit |
|---|---|---|---|
| volume | Storage | volumeApiName | GB-Mo, GB-month (io2) |
| iops | System Operation, group `EBS IOPS` | volumeApiName | IOPS-Mo |
| throughput | Provisioned Throughput, group `EBS Throughput` | volumeApiName | GiBps-mo: 1,024 times the MiB/s's |
| snapshot | Storage Snapshot | usagetype `EBS:SnapshotUsage`, `EBS:SnapshotArchiveStorage` | GB-Mo |
| address | group `VPCPublicIPv4Address` | usagetype `PublicIPv4:InUseAddress`, `PublicIPv4:IdleAddress` | Hrs |

Usage types have a prefix for the region. io2's IOPS above 32,000 are products of other groups (`EBS IOPS Tier 2`, at 70
%), which are passed over: what is told of so many is an upper bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from ec2kit.costs.prices.products import MalformedPrices, Product, amount_of, region_in
from ec2kit.costs.prices.units import Kind, Thing, UnitPrice
from ec2kit.model.money import USD

STORAGE = ("Storage", "System Operation", "Provisioned Throughput", "Storage Snapshot")
"""The product families of AmazonEC2 that are asked for."""
ADDRESS_GROUP = "VPCPublicIPv4Address"
USAGE = {
    "EBS:SnapshotUsage": (Kind.SNAPSHOT, "standard"),
    "EBS:SnapshotArchiveStorage": (Kind.SNAPSHOT, "archive"),
    "PublicIPv4:InUseAddress": (Kind.ADDRESS, "in-use"),
    "PublicIPv4:IdleAddress": (Kind.ADDRESS, "idle"),
}
GROUPS = {"EBS IOPS": Kind.IOPS, "EBS Throughput": Kind.THROUGHPUT}
UNITS = {
    Kind.VOLUME: {"GB-Mo": 1, "GB-month": 1, "GB-Month": 1},
    Kind.IOPS: {"IOPS-Mo": 1},
    Kind.THROUGHPUT: {"GiBps-mo": 1024, "MiBps-Mo": 1},
    Kind.SNAPSHOT: {"GB-Mo": 1, "GB-month": 1, "GB-Month": 1},
    Kind.ADDRESS: {"Hrs": 1},
}
"""What a unit of the list has of ours."""


def unit_prices(products: Iterable[Product], source: str) -> Iterator[UnitPrice]:
    """Given products, yield the prices of those that a machine hangs on; the others are passed over.

    Of a thing that is priced in a unit that is not known here there is none. Raises `MalformedPrices` for two prices of
    one thing, and for one that is zero.
    """
    found: dict[Thing, UnitPrice] = {}
    for product in products:
        thing = thing_of(product)
        price = _price(product, thing, source) if thing is not None else None
        if price is None:
            continue
        if found.setdefault(price.thing, price).amount != price.amount:
            known = found[price.thing].amount
            raise MalformedPrices(f"{thing} costs {known} and {price.amount} in {source}")
    yield from (found[thing] for thing in sorted(found))


def thing_of(product: Product) -> Thing | None:
    """Given a product, return what it is the price of; None when it is nothing of ours."""
    attributes, region = product.attributes, region_in(product)
    _, _, usage = attributes.get("usagetype", "").rpartition("-")
    group, name = attributes.get("group", ""), attributes.get("volumeApiName", "")
    if not region:
        return None
    if usage in USAGE:
        return Thing(region, *USAGE[usage])
    if group in GROUPS and name:
        return Thing(region, GROUPS[group], name)
    if name and usage.startswith("EBS:VolumeUsage"):
        return Thing(region, Kind.VOLUME, name)
    return None


def _price(product: Product, thing: Thing, source: str) -> UnitPrice | None:
    steps = sorted(_steps(product), key=lambda step: Decimal(str(step.get("beginRange") or "0")))
    if not steps:
        raise MalformedPrices(f"{thing} has no price in {source} ({product.sku})")
    unit, prices = str(steps[0].get("unit")), steps[0].get("pricePerUnit")
    if unit not in UNITS[thing.kind]:
        return None
    if not isinstance(prices, Mapping) or len(prices) != 1:
        raise MalformedPrices(f"{thing} is priced in several currencies in {source} ({product.sku})")
    ((currency, text),) = prices.items()
    amount = amount_of(text, product.sku) / UNITS[thing.kind][unit]
    if not amount:
        raise MalformedPrices(f"{thing} costs nothing in {source} ({product.sku})")
    return UnitPrice(thing, amount, str(currency or USD), source, product.published)


def _steps(product: Product) -> Iterator[Mapping[str, Any]]:
    terms = product.terms.get("OnDemand")
    for term in terms.values() if isinstance(terms, Mapping) else ():
        dimensions = term.get("priceDimensions") if isinstance(term, Mapping) else None
        for each in dimensions.values() if isinstance(dimensions, Mapping) else ():
            if isinstance(each, Mapping):
                yield each
