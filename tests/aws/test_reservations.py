"""What the account owns, as AWS recorded it and as the sandbox sells it; and what is sold."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ec2kit.aws.reservations import MOST_PAGES, Reservations, parse_reservation
from ec2kit.costs.prices.live import machine_offers, machine_prices
from ec2kit.costs.prices.price import Machine, System
from ec2kit.errors import Ec2kitError
from ec2kit.model.periods import parse_time
from ec2kit.model.reservations import OnSale, Owned
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


@pytest.mark.parametrize("type", ["t3.micro", "m5.large"])
@pytest.mark.parametrize("system", list(System))
def test_what_ec2_sells_costs_what_the_price_list_says(type: str, system: System) -> None:
    sandbox = InProcess()
    aws = connected(sandbox)
    machine = Machine("eu-west-1", type, system)
    offers, told = machine_offers(aws, machine)
    listed = machine_prices(aws, machine)
    assert {each.commitment: (each.upfront, each.hourly) for each in offers.reserved} == {
        each.commitment: (each.upfront, each.hourly) for each in listed.reserved
    }
    assert (len(offers.reserved), told.left_out) == (12, ())
    assert (
        offers.source == f"the practice EC2's reservations, which are invented, asked {sandbox.now:%Y-%m-%d}"
    )


def test_a_type_that_is_not_sold_has_no_offers() -> None:
    assert connected(InProcess()).reservations.on_sale("t3.nonsense", "Linux/UNIX") == ()


ITEM: dict[str, Any] = {
    "ReservedInstancesOfferingId": "438012d3-4967-4ba9-aa40-cbb1a13aa72f",
    "InstanceType": "t2.micro",
    "ProductDescription": "Linux/UNIX (Amazon VPC)",
    "Duration": 31536000,
    "FixedPrice": 51.0,
    "UsagePrice": 0.0,
    "RecurringCharges": [],
    "OfferingType": "All Upfront",
    "OfferingClass": "standard",
    "InstanceTenancy": "default",
    "CurrencyCode": "USD",
    "Scope": "Region",
    "Marketplace": False,
    "PricingDetails": [],
}


class Paged:
    """A door behind which there are pages of EC2's answer; it keeps what it was asked."""

    def __init__(self, *pages: list[dict[str, Any]], endless: bool = False) -> None:
        self.pages = pages
        self.endless = endless
        self.asked: list[dict[str, Any]] = []
        ec2 = SimpleNamespace(describe_reserved_instances_offerings=None)
        self.clients = SimpleNamespace(ec2=ec2)

    def read(self, _method: object, **asked: Any) -> dict[str, Any]:
        at = int(asked.pop("NextToken", "0"))
        self.asked.append(asked)
        more = self.endless or at + 1 < len(self.pages)
        page = self.pages[min(at, len(self.pages) - 1)]
        return {
            "ReservedInstancesOfferings": page,
            **({"NextToken": str(at + 1)} if more else {"NextToken": ""}),
        }


def on_sale(door: Paged) -> tuple[OnSale, ...]:
    return Reservations(door).on_sale("t2.micro", "Linux/UNIX")  # type: ignore[arg-type]


def test_all_pages_are_read_the_empty_ones_too() -> None:
    hourly = {"RecurringCharges": [{"Amount": 0.0064, "Frequency": "Hourly"}], "FixedPrice": 0.0}
    door = Paged([ITEM], [], [{**ITEM, "OfferingType": "No Upfront", **hourly}])
    first, second = on_sale(door)
    assert (first.upfront, first.hourly, first.platform) == (Decimal("51.0"), Decimal(0), "Linux/UNIX")
    assert (second.upfront, second.hourly) == (Decimal("0.0"), Decimal("0.0064"))
    assert door.asked == [door.asked[0]] * 3
    assert (door.asked[0]["InstanceTenancy"], door.asked[0]["IncludeMarketplace"]) == ("default", False)
    by_name = {each["Name"]: each["Values"] for each in door.asked[0]["Filters"]}
    assert by_name["product-description"] == ["Linux/UNIX", "Linux/UNIX (Amazon VPC)"]
    assert (by_name["instance-type"], by_name["scope"]) == (["t2.micro"], ["Region"])


def test_what_others_sell_and_what_is_for_a_zone_is_passed_over() -> None:
    others = {**ITEM, "Marketplace": True, "FixedPrice": 7.0, "PricingDetails": [{"Count": 1, "Price": 7.0}]}
    zonal = {**ITEM, "Scope": "Availability Zone", "AvailabilityZone": "us-east-1a"}
    assert [each.upfront for each in on_sale(Paged([others, ITEM, zonal]))] == [Decimal("51.0")]


def test_pages_without_an_end_are_an_error() -> None:
    door = Paged([ITEM], endless=True)
    with pytest.raises(Ec2kitError, match=f"more than {MOST_PAGES} pages"):
        on_sale(door)
