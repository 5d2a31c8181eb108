"""Reserved instances: what is offered, bought and owned. Offers cost what the sandbox's price list says.

EC2 API Reference, DescribeReservedInstancesOfferings, PurchaseReservedInstancesOffering, DescribeReservedInstances.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses.reserved_instances import ReservedInstances

from ec2kit.sandbox import rates
from ec2kit.sandbox.price_list import AT_ONCE, HOURS, OFFERS, SYSTEMS, Offer, offered
from ec2kit.sandbox.rules import patching
from ec2kit.sandbox.rules.matching import Reader, keep
from ec2kit.sandbox.rules.pages import page
from ec2kit.sandbox.rules.present import now
from ec2kit.sandbox.rules.refusals import invalid_value, missing, refusal
from ec2kit.sandbox.rules.type_facts import sold_types
from ec2kit.sandbox.world import current

PLATFORMS = {
    "Linux": "Linux/UNIX",
    "RHEL": "Red Hat Enterprise Linux",
    "SUSE": "SUSE Linux",
    "Windows": "Windows",
}
"""The price list's operating systems as ProductDescription has them."""
PAYING = timedelta(minutes=1)
"""A reservation is `payment-pending` before it is active: "several minutes" on AWS."""
PAGE = 100
"""Offers in an answer, at most, and when the request does not say."""
MOST = 100
"""Instances in one purchase; a quota of AWS's, of 20 in a month and region, is not kept."""

ASKED = {
    "OfferingClass": ("standard", "convertible"),
    "OfferingType": (*AT_ONCE, "Heavy Utilization", "Medium Utilization", "Light Utilization"),
}
"""Parameters and what they may be; the last three are not sold any more, and nothing is found for them."""


@dataclass(frozen=True)
class Offering:
    """One offer of one type, in a region or in one of its zones."""

    region: str
    type: str
    system: str
    offer: Offer
    zone: str = ""

    @property
    def id(self) -> str:
        """The same each time."""
        words = (self.zone or self.region, self.type, self.system, *map(str, self.offer))
        return str(uuid5(NAMESPACE_OID, "/".join(words)))

    @property
    def seconds(self) -> int:
        """The term."""
        return HOURS[self.offer.length] * 3600

    @property
    def scope(self) -> str:
        """Where it is good."""
        return "Availability Zone" if self.zone else "Region"

    @property
    def amounts(self) -> tuple[Decimal, Decimal]:
        """At once, and an hour."""
        return offered(rates.machine(self.type) * SYSTEMS[self.system][1], self.offer)

    def told(self) -> dict[str, Any]:
        """What offers and reservations have in common."""
        upfront, hourly = self.amounts
        charges = [{"Amount": float(hourly), "Frequency": "Hourly"}] if hourly else []
        return {
            "InstanceType": self.type,
            "ProductDescription": PLATFORMS[self.system],
            "InstanceTenancy": "default",
            "OfferingClass": self.offer.offering_class,
            "OfferingType": self.offer.payment,
            "Duration": self.seconds,
            "FixedPrice": float(upfront),
            "UsagePrice": 0.0,
            "RecurringCharges": charges,
            "CurrencyCode": "USD",
            "Scope": self.scope,
            **({"AvailabilityZone": self.zone} if self.zone else {}),
        }


@dataclass(frozen=True)
class Bought:
    """A reservation that somebody bought."""

    id: str
    offering: Offering
    count: int
    start: datetime
    account: str

    def told(self) -> dict[str, Any]:
        """As DescribeReservedInstances tells of it now."""
        end = self.start + timedelta(seconds=self.offering.seconds)
        paid = now() >= self.start + PAYING
        return {
            **self.offering.told(),
            "ReservedInstancesId": self.id,
            "InstanceCount": self.count,
            "Start": self.start,
            "End": end,
            "State": "retired" if now() >= end else "active" if paid else "payment-pending",
            "Tags": [],
        }


def _ledger() -> list[Bought]:
    found: list[Bought] = current().ledgers.setdefault("reservations", [])
    return found


def offerings(region: str, types: Iterable[str], zone: str = "") -> Iterator[Offering]:
    """Everything that is offered of these types."""
    for type_ in types:
        for system in SYSTEMS:
            for offer in OFFERS:
                yield Offering(region, type_, system, offer, zone)


def _offered(self: Any) -> Any:
    """What is sold: of the region and of each zone, unless one zone is asked for (as the filter `scope` has it)."""
    self.error_on_dryrun()
    type_, ids = self._get_param("InstanceType"), self._get_param("ReservedInstancesOfferingIds", []) or []
    if type_ and type_ not in sold_types():
        raise invalid_value(type_, "InstanceType")
    tenancy = _one_of(self, "InstanceTenancy", ("default", "dedicated"))
    asked = {name: _one_of(self, name, known) for name, known in ASKED.items()}
    least, most = self._get_param("MinDuration"), self._get_param("MaxDuration")
    platform = str(self._get_param("ProductDescription") or "").removesuffix(" (Amazon VPC)")
    zone_ids = {each.name: each.zone_id for each in self.ec2_backend.describe_availability_zones()}
    found = [
        each
        for zone in _zones(self)
        for each in offerings(self.ec2_backend.region_name, [type_] if type_ else sold_types(), zone)
        if tenancy != "dedicated"
        and asked["OfferingClass"] in (None, each.offer.offering_class)
        and asked["OfferingType"] in (None, each.offer.payment)
        and platform in ("", PLATFORMS[each.system])
        and (least is None or each.seconds >= int(least))
        and (most is None or each.seconds <= int(most))
        and (not ids or each.id in ids)
    ]
    for wanted in ids:
        if wanted not in {each.id for each in found}:
            raise _no_offering(wanted)
    readers = {**OFFER_FILTERS, "availability-zone-id": lambda each: [zone_ids.get(each.zone, "")]}
    found = keep(found, self._get_param("Filters", []), readers)
    size = _number(self._get_param("MaxResults"))
    shown, token = page(found, PAGE if size is None else size, self._get_param("NextToken"), (1, PAGE))
    told = [
        {
            **each.told(),
            **({"AvailabilityZoneId": zone_ids[each.zone]} if each.zone else {}),
            "ReservedInstancesOfferingId": each.id,
            "Marketplace": False,
            "PricingDetails": [],
        }
        for each in shown
    ]
    return ActionResult({"ReservedInstancesOfferings": told, "NextToken": token})


def _one_of(self: Any, name: str, known: Sequence[str]) -> Any:
    """A parameter that has one of a few values: another is refused (`host` is none that InstanceTenancy may have)."""
    asked = self._get_param(name)
    if asked and asked not in known:
        raise invalid_value(asked, name)
    return asked or None


def _zones(self: Any) -> tuple[str, ...]:
    """The region, which is no zone, and its zones, unless one is asked for, by its name or its id but not by both."""
    known = {each.name: each.zone_id for each in self.ec2_backend.describe_availability_zones()}
    name, id = self._get_param("AvailabilityZone"), self._get_param("AvailabilityZoneId")
    if name and id:
        both = "The parameters AvailabilityZone and AvailabilityZoneId cannot be used together"
        raise refusal("InvalidParameterCombination", both)
    if name and name not in known:
        raise invalid_value(name, "AvailabilityZone")
    if id and id not in known.values():
        raise invalid_value(id, "AvailabilityZoneId")
    asked = tuple(each for each in known if name == each or id == known[each])
    return asked or ("", *known)


def _purchase(self: Any) -> Any:
    wanted, count = self._get_param("ReservedInstancesOfferingId"), _number(self._get_param("InstanceCount"))
    if not wanted:
        raise missing("ReservedInstancesOfferingId")
    if count is None or not 1 <= count <= MOST:
        raise invalid_value(count, "InstanceCount")
    if self._get_param("PurchaseTime"):
        raise refusal("UnsupportedOperation", "The sandbox does not queue purchases: leave PurchaseTime out")
    region = self.ec2_backend.region_name
    places = _zones(self)
    everything = (each for zone in places for each in offerings(region, sold_types(), zone))
    found = next((each for each in everything if each.id == wanted), None)
    if found is None:
        raise _no_offering(wanted)
    limit = (self._get_param("LimitPrice") or {}).get("Amount")
    if limit is not None and found.amounts[0] * count > Decimal(str(limit)):
        raise invalid_value(limit, "LimitPrice", "It costs more.")
    self.error_on_dryrun()
    ledger = _ledger()
    name = str(uuid5(NAMESPACE_OID, f"{wanted}/{len(ledger)}"))
    bought = Bought(name, found, count, now(), self.ec2_backend.account_id)
    ledger.append(bought)
    return ActionResult({"ReservedInstancesId": bought.id})


def _owned(self: Any) -> Any:
    self.error_on_dryrun()
    ids = self._get_param("ReservedInstancesIds", []) or []
    here = (self.ec2_backend.region_name, self.ec2_backend.account_id)
    found = [each.told() for each in _ledger() if (each.offering.region, each.account) == here]
    known = {each["ReservedInstancesId"] for each in found}
    for wanted in ids:
        if wanted not in known:
            raise refusal("InvalidReservedInstancesId", f"The ReservedInstancesId '{wanted}' is invalid")
    if ids:
        found = [each for each in found if each["ReservedInstancesId"] in ids]
    for name in ("OfferingClass", "OfferingType"):
        if asked := self._get_param(name):
            found = [each for each in found if each[name] == asked]
    return ActionResult({"ReservedInstances": keep(found, self._get_param("Filters", []), OWNED_FILTERS)})


OFFER_FILTERS: Mapping[str, Reader] = {
    "availability-zone": lambda each: [each.zone],
    "duration": lambda each: [each.seconds],
    "fixed-price": lambda each: [float(each.amounts[0])],
    "instance-type": lambda each: [each.type],
    "marketplace": lambda _: [False],
    "product-description": lambda each: [PLATFORMS[each.system]],
    "reserved-instances-offering-id": lambda each: [each.id],
    "scope": lambda each: [each.scope],
    "usage-price": lambda _: [0.0],
}
"""Nobody sells his own here."""
OWNED_FILTERS: Mapping[str, Reader] = {
    name: lambda each, key=key: [each.get(key, "")]  # type: ignore[misc]
    for name, key in {
        "availability-zone": "AvailabilityZone",
        "duration": "Duration",
        "fixed-price": "FixedPrice",
        "instance-type": "InstanceType",
        "product-description": "ProductDescription",
        "reserved-instances-id": "ReservedInstancesId",
        "scope": "Scope",
        "state": "State",
        "usage-price": "UsagePrice",
    }.items()
}


def _no_offering(wanted: str) -> EC2ClientError:
    return refusal(
        "InvalidReservedInstancesOfferingId", f"The ReservedInstancesOfferingId '{wanted}' is invalid"
    )


def _number(value: Any) -> int | None:
    return None if value is None else int(value)


def install() -> None:
    """moto has offers with prices of its own, and nothing that is bought."""
    patching.replace(ReservedInstances, "describe_reserved_instances_offerings", lambda _original: _offered)
    patching.replace(ReservedInstances, "purchase_reserved_instances_offering", lambda _original: _purchase)
    patching.replace(ReservedInstances, "describe_reserved_instances", lambda _original: _owned)
