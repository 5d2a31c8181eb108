"""The sandbox's price list: products as AWS's Price List API has them, at invented rates (`rates`). Pure.

For a machine there are the rows that AWS has too, and that a query must not take for it: reserved capacity (0.00 while
it is used), dedicated tenancy, with SQL Server, own licence. Attributes and units are AWS's ("Reading the service price
list file"; a recorded page of GetProducts).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from ec2kit.sandbox import rates

INVENTED = "invented by ec2kit's practice AWS"
ON_DEMAND, HOURLY, UPFRONT = "JRTCKXETXF", "6YS6EN2CT7", "2TG2D8R56U"
"""The codes of AWS's offer terms and rates that every list has."""
SYSTEMS = {
    "Linux": ("RunInstances", Decimal(1)),
    "RHEL": ("RunInstances:0010", Decimal("1.3")),
    "SUSE": ("RunInstances:000g", Decimal("1.2")),
    "Windows": ("RunInstances:0002", Decimal("1.5")),
}
"""Each operating system's operation, and how many times Linux's price it costs."""


class Offer(NamedTuple):
    """A reservation: how long, exchangeable or not, how it is paid, and its share of the price on demand."""

    length: str
    offering_class: str
    payment: str
    share: Decimal


OFFERS = tuple(
    Offer(length, offering_class, payment, Decimal(share))
    for length, offering_class, shares in (
        ("1yr", "standard", ("0.64", "0.61", "0.60")),
        ("1yr", "convertible", ("0.74", "0.71", "0.69")),
        ("3yr", "standard", ("0.44", "0.41", "0.38")),
        ("3yr", "convertible", ("0.54", "0.50", "0.49")),
    )
    for payment, share in zip(("No Upfront", "Partial Upfront", "All Upfront"), shares, strict=True)
)
HOURS = {"1yr": 8760, "3yr": 26280}
AT_ONCE = {"No Upfront": Decimal(0), "Partial Upfront": Decimal("0.5"), "All Upfront": Decimal(1)}
USAGE = {"io1": "EBS:VolumeUsage.piops", "standard": "EBS:VolumeUsage"}
"""The usage types of disks that are not called as the disks are."""
UNITS = {"io2": "GB-month"}
"""Where it is not `GB-Mo`, as public copies of AWS's list have it."""
SPEED = (
    ("gp3", "System Operation", "EBS IOPS", "EBS:VolumeP-IOPS.gp3", "IOPS-Mo", "0.005"),
    ("gp3", "Provisioned Throughput", "EBS Throughput", "EBS:VolumeP-Throughput.gp3", "GiBps-mo", "40.96"),
    ("io1", "System Operation", "EBS IOPS", "EBS:VolumeP-IOPS.piops", "IOPS-Mo", "0.06"),
    ("io2", "System Operation", "EBS IOPS", "EBS:VolumeP-IOPS.io2", "IOPS-Mo", "0.06"),
    ("io2", "System Operation", "EBS IOPS Tier 2", "EBS:VolumeP-IOPS.io2.tier2", "IOPS-Mo", "0.042"),
    ("standard", "System Operation", "EBS I/O Requests", "EBS:VolumeIOUsage", "IOs", "0.0000001"),
)
"""An IOPS, and a GiB/s, for a month: those that are charged for."""
Product = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """A region as price lists name it."""

    region: str
    location: str

    @property
    def common(self) -> dict[str, str]:
        """The attributes that every product has."""
        return {"regionCode": self.region, "location": self.location, "locationType": "AWS Region"}


def machines(place: Place, type_: str) -> Iterator[Product]:
    """Given a place and an instance type, yield its products."""
    linux = rates.machine(type_)
    common = {**place.common, "servicecode": "AmazonEC2", "instanceType": type_, "currentGeneration": "Yes"}
    for system, (operation, times) in SYSTEMS.items():
        usual = {
            **common,
            "operatingSystem": system,
            "operation": operation,
            "tenancy": "Shared",
            "preInstalledSw": "NA",
            "capacitystatus": "Used",
            "licenseModel": "No License required",
            "usagetype": f"BoxUsage:{type_}",
        }
        hourly = linux * times
        yield _product("Compute Instance", usual, hourly, "Hrs", reserved=True)
        unused = {"capacitystatus": "UnusedCapacityReservation", "usagetype": f"UnusedBox:{type_}"}
        yield _product("Compute Instance", {**usual, **unused}, hourly, "Hrs")
        allocated = {"capacitystatus": "AllocatedCapacityReservation", "usagetype": f"Reservation:{type_}"}
        yield _product("Compute Instance", {**usual, **allocated}, Decimal(0), "Hrs")
        dedicated = {"tenancy": "Dedicated", "usagetype": f"DedicatedUsage:{type_}"}
        yield _product("Compute Instance", {**usual, **dedicated}, hourly * Decimal("1.1"), "Hrs")
    windows = {**usual, "preInstalledSw": "SQL Std", "operation": "RunInstances:0006"}
    yield _product("Compute Instance", windows, hourly * 4, "Hrs")
    own = {**usual, "licenseModel": "Bring your own license", "operation": "RunInstances:0800"}
    yield _product("Compute Instance", own, linux, "Hrs")


def storage(place: Place) -> Iterator[Product]:
    """Given a place, yield the products of its disks and snapshots."""
    common = {**place.common, "servicecode": "AmazonEC2"}
    for type_, amount in rates.VOLUMES.items():
        usage = USAGE.get(type_, f"EBS:VolumeUsage.{type_}")
        kind = {"volumeApiName": type_, "usagetype": usage}
        yield _product("Storage", {**common, **kind}, amount, UNITS.get(type_, "GB-Mo"))
    for type_, family, group, usage, unit, text in SPEED:
        kind = {"volumeApiName": type_, "group": group, "usagetype": usage}
        yield _product(family, {**common, **kind}, Decimal(text), unit)
    for tier, usage in (("standard", "EBS:SnapshotUsage"), ("archive", "EBS:SnapshotArchiveStorage")):
        yield _product("Storage Snapshot", {**common, "usagetype": usage}, rates.SNAPSHOTS[tier], "GB-Mo")


def addresses(place: Place) -> Iterator[Product]:
    """Given a place, yield the products of its public addresses."""
    for usage in ("PublicIPv4:InUseAddress", "PublicIPv4:IdleAddress"):
        attributes = {
            **place.common,
            "servicecode": "AmazonVPC",
            "group": "VPCPublicIPv4Address",
            "usagetype": usage,
        }
        yield _product("", attributes, rates.ADDRESS, "Hrs")


def dated(product: Product, published: datetime) -> Product:
    """Given a product and when the list was published, return it with its dates."""
    day = f"{published:%Y-%m-%dT%H:%M:%SZ}"
    terms = {
        kind: {key: {**term, "effectiveDate": day} for key, term in by_key.items()}
        for kind, by_key in product["terms"].items()
    }
    return {
        **product,
        "terms": terms,
        "version": f"{published:%Y%m%d%H%M%S}",
        "publicationDate": day,
    }


def _product(
    family: str, attributes: Mapping[str, str], amount: Decimal, unit: str, *, reserved: bool = False
) -> Product:
    sku = _code("".join(f"{key}={attributes[key]};" for key in sorted(attributes)) + family)
    terms: dict[str, Any] = {"OnDemand": _term(sku, ON_DEMAND, {}, [(HOURLY, unit, amount)])}
    if reserved:
        terms["Reserved"] = {
            key: value for offer in OFFERS for key, value in _reserved(sku, amount, offer).items()
        }
    return {
        "product": {
            **({"productFamily": family} if family else {}),
            "attributes": dict(attributes),
            "sku": sku,
        },
        "serviceCode": attributes["servicecode"],
        "terms": terms,
        "description": INVENTED,
    }


def offered(hourly: Decimal, offer: Offer) -> tuple[Decimal, Decimal]:
    """Given a price on demand and an offer, return what it asks at once, in whole dollars, and an hour."""
    fee, at_once = hourly * offer.share, AT_ONCE[offer.payment]
    upfront = (fee * HOURS[offer.length] * at_once).quantize(Decimal(1), ROUND_HALF_UP)
    return upfront, fee * (1 - at_once)


def _reserved(sku: str, hourly: Decimal, offer: Offer) -> dict[str, Any]:
    upfront, fee = offered(hourly, offer)
    said = {
        "LeaseContractLength": offer.length,
        "OfferingClass": offer.offering_class,
        "PurchaseOption": offer.payment,
    }
    dimensions = [(HOURLY, "Hrs", fee)]
    if offer.payment != "No Upfront":
        dimensions.append((UPFRONT, "Quantity", upfront))
    return _term(sku, _code("".join(said.values()))[:10], said, dimensions)


def _term(
    sku: str, code: str, said: Mapping[str, str], dimensions: list[tuple[str, str, Decimal]]
) -> dict[str, Any]:
    priced: dict[str, Any] = {
        f"{sku}.{code}.{rate}": {
            "unit": unit,
            "endRange": "Inf" if unit != "Quantity" else "",
            "description": INVENTED,
            "appliesTo": [],
            "rateCode": f"{sku}.{code}.{rate}",
            "beginRange": "0" if unit != "Quantity" else "",
            "pricePerUnit": {"USD": f"{amount:.10f}"},
        }
        for rate, unit, amount in dimensions
    }
    term = {
        "priceDimensions": priced,
        "sku": sku,
        "offerTermCode": code,
        "termAttributes": dict(said),
    }
    return {f"{sku}.{code}": term}


def _code(text: str) -> str:
    """Sixteen characters, the same each time."""
    return hashlib.sha256(text.encode()).hexdigest()[:16].upper()
