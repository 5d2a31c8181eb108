"""Reserved instances: those that the account owns, and those that EC2 sells.

DescribeReservedInstances answers in one page, DescribeReservedInstancesOfferings in pages of up to 100, of which some
may be empty although others follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ec2kit.aws.door import Door
from ec2kit.errors import Ec2kitError
from ec2kit.model.money import USD
from ec2kit.model.reservations import VPC, OnSale, Owned, platform_of

MOST_PAGES = 50
"""Of one type and platform in a region a dozen reservations are sold: what has more was asked for too widely."""


@dataclass(frozen=True)
class Reservations:
    """What is reserved in a region."""

    door: Door

    def owned(self) -> tuple[Owned, ...]:
        """All of them, the retired ones of the last days too. AWS answers in one page."""
        answer = self.door.read(self.door.clients.ec2.describe_reserved_instances)
        region = str(self.door.clients.ec2.meta.region_name)
        return tuple(parse_reservation(item, region) for item in answer.get("ReservedInstances", ()))

    def on_sale(self, type: str, platform: str) -> tuple[OnSale, ...]:
        """What is sold for an instance type in all of this region, with shared tenancy; `platform` is `Windows`, …

        Those that reserve capacity in a zone cost the same, and are left out. So are other customers': the API's
        parameter and its filter `marketplace` differ in what comes unasked, so they are looked for as well. Raises
        `Ec2kitError`.
        """
        # As a filter: the parameter InstanceType is refused for a type that the endpoint does not know.
        asked = {
            "instance-type": [type],
            "product-description": [platform, platform + VPC],
            "scope": ["Region"],
        }
        found: list[OnSale] = []
        more: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            page = self.door.read(
                self.door.clients.ec2.describe_reserved_instances_offerings,
                Filters=[{"Name": name, "Values": values} for name, values in asked.items()],
                InstanceTenancy="default",
                IncludeMarketplace=False,
                **more,
            )
            found += map(parse_on_sale, page.get("ReservedInstancesOfferings", ()))
            if not page.get("NextToken"):
                return tuple(each for each in found if not each.marketplace and not each.zone)
            more = {"NextToken": page["NextToken"]}
        raise Ec2kitError(f"EC2's answer about reservations for {type} has more than {MOST_PAGES} pages")


def parse_on_sale(item: Mapping[str, Any]) -> OnSale:
    """Given an item of an answer, return what is sold."""
    return OnSale(
        id=item["ReservedInstancesOfferingId"],
        type=item["InstanceType"],
        seconds=int(item.get("Duration", 0)),
        zone=item.get("AvailabilityZone", ""),
        platform=platform_of(item.get("ProductDescription", "Linux/UNIX")),
        tenancy=item.get("InstanceTenancy", "default"),
        offering_class=item.get("OfferingClass", "standard"),
        offering_type=item.get("OfferingType", ""),
        upfront=_decimal(item.get("FixedPrice")),
        hourly=_hourly(item.get("RecurringCharges", ())),
        usage=_decimal(item.get("UsagePrice")),
        currency=item.get("CurrencyCode", USD),
        marketplace=bool(item.get("Marketplace", False)),
    )


def parse_reservation(item: Mapping[str, Any], region: str) -> Owned:
    """Given an item of an answer and the region that gave it, return the reservation."""
    return Owned(
        id=item["ReservedInstancesId"],
        region=region,
        type=item["InstanceType"],
        count=int(item["InstanceCount"]),
        start=item["Start"],
        end=item["End"],
        zone=item.get("AvailabilityZone", ""),
        platform=platform_of(item.get("ProductDescription", "Linux/UNIX")),
        tenancy=item.get("InstanceTenancy", "default"),
        state=item["State"],
        offering_class=item.get("OfferingClass", "standard"),
        offering_type=item.get("OfferingType", ""),
        upfront=_decimal(item.get("FixedPrice")),
        hourly=_hourly(item.get("RecurringCharges", ())),
        usage=_decimal(item.get("UsagePrice")),
        currency=item.get("CurrencyCode", USD),
        seconds=int(item.get("Duration", 0)),
    )


def _hourly(charges: Iterable[Mapping[str, Any]]) -> Decimal:
    """What is charged by the hour, the only frequency that there is."""
    amounts = (_decimal(each.get("Amount")) for each in charges if each.get("Frequency") == "Hourly")
    return sum(amounts, Decimal(0))


def _decimal(value: object) -> Decimal:
    """botocore reads amounts as floats: the shortest text of one is what AWS sent."""
    return Decimal(0) if value is None else Decimal(str(value))
