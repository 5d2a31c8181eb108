"""What the account owns, as AWS recorded it and as the sandbox sells it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from ec2kit.aws.reservations import parse_reservation
from ec2kit.model.periods import parse_time
from ec2kit.model.reservations import Owned
from tests.support.connecting import connected
from tests.support.inprocess import InProcess

DOCUMENTS = Path(__file__).parents[1] / "costs" / "documents"


def test_a_recorded_answer() -> None:
    document = json.loads((DOCUMENTS / "describe-reserved-instances.json").read_text())
    items = document["data"]["ReservedInstances"]
    for item in items:
        item["Start"], item["End"] = (_moment(item[name]) for name in ("Start", "End"))
    found = [parse_reservation(item, "us-east-1") for item in items]
    assert [each.type for each in found] == [item["InstanceType"] for item in items]
    first, item = found[0], items[0]
    assert (first.count, first.state, first.platform) == (
        item["InstanceCount"],
        item["State"],
        item["ProductDescription"].removesuffix(" (Amazon VPC)"),
    )
    assert first.upfront == Decimal(str(item["FixedPrice"]))
    assert first.hourly == sum(Decimal(str(each["Amount"])) for each in item["RecurringCharges"])


def _moment(value: object) -> datetime:
    """As placebo records times, or as text."""
    if isinstance(value, dict):
        parts = [int(value[name]) for name in ("year", "month", "day", "hour", "minute", "second")]
        return datetime(*parts[:6], tzinfo=UTC)  # type: ignore[misc, arg-type]
    return parse_time(str(value))


def test_what_was_bought_is_owned() -> None:
    sandbox = InProcess()
    aws = connected(sandbox)
    assert aws.reservations.owned() == ()
    client = sandbox.client("ec2")
    offer = next(
        each
        for each in client.describe_reserved_instances_offerings(
            InstanceType="m5.large", AvailabilityZone="eu-west-1b", OfferingType="Partial Upfront"
        )["ReservedInstancesOfferings"]
        if each["ProductDescription"] == "Windows" and each["OfferingClass"] == "convertible"
    )
    client.purchase_reserved_instances_offering(
        ReservedInstancesOfferingId=offer["ReservedInstancesOfferingId"], InstanceCount=2
    )
    (found,) = aws.reservations.owned()
    assert found == Owned(
        id=found.id,
        region="eu-west-1",
        type="m5.large",
        count=2,
        start=found.start,
        end=found.end,
        zone="eu-west-1b",
        platform="Windows",
        state="payment-pending",
        offering_class="convertible",
        offering_type="Partial Upfront",
        upfront=Decimal(str(offer["FixedPrice"])),
        hourly=Decimal(str(offer["RecurringCharges"][0]["Amount"])),
        seconds=offer["Duration"],
    )
    assert found.term_hours in (8760, 26280)
