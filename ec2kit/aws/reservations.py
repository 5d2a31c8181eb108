"""Reserved instances that the account owns (DescribeReservedInstances)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ec2kit.aws.door import Door
from ec2kit.model.money import USD
from ec2kit.model.reservations import Owned, platform_of


@dataclass(frozen=True)
class Reservations:
    """What is reserved in a region."""

    door: Door

    def owned(self) -> tuple[Owned, ...]:
        """All of them, the retired ones of the last days too. AWS answers in one page."""
        answer = self.door.read(self.door.clients.ec2.describe_reserved_instances)
        region = str(self.door.clients.ec2.meta.region_name)
        return tuple(parse_reservation(item, region) for item in answer.get("ReservedInstances", ()))


def parse_reservation(item: Mapping[str, Any], region: str) -> Owned:
    """Given an item of an answer and the region that gave it, return the reservation."""
    charges = item.get("RecurringCharges", ())
    hourly = sum(
        (_decimal(each.get("Amount")) for each in charges if each.get("Frequency") == "Hourly"), Decimal(0)
    )
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
        hourly=hourly,
        usage=_decimal(item.get("UsagePrice")),
        currency=item.get("CurrencyCode", USD),
        seconds=int(item.get("Duration", 0)),
    )


def _decimal(value: object) -> Decimal:
    """botocore reads amounts as floats: the shortest text of one is what AWS sent."""
    return Decimal(0) if value is None else Decimal(str(value))
