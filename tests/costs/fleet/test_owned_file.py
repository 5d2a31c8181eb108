"""What `aws ec2 describe-reserved-instances` printed: the recorded answer, and files that are none."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from ec2kit.costs.fleet.owned_file import parse_owned
from ec2kit.errors import UsageError

RECORDED: dict[str, Any] = {
    "Duration": 31536000,
    "End": "2020-02-23T11:25:02+00:00",
    "FixedPrice": 30.0,
    "InstanceCount": 1,
    "InstanceType": "t2.micro",
    "ProductDescription": "Linux/UNIX",
    "ReservedInstancesId": "32881ecb-6734-4b79-94a0-26c759c2da38",
    "Start": "2019-02-23T11:25:03.340000+00:00",
    "State": "active",
    "UsagePrice": 0.0,
    "CurrencyCode": "USD",
    "InstanceTenancy": "default",
    "OfferingClass": "standard",
    "OfferingType": "Partial Upfront",
    "RecurringCharges": [{"Amount": 0.0034, "Frequency": "Hourly"}],
    "Scope": "Region",
}
"""As cloud-custodian recorded it (tests/data/placebo, Apache-2.0), with its times as the AWS CLI writes them."""


def parsed(**changes: Any) -> Any:
    text = json.dumps({"ReservedInstances": [{**RECORDED, **changes}]})
    return parse_owned(text, "us-east-1", "owned.json")


def test_the_recorded_answer() -> None:
    (found,) = parsed()
    assert (found.type, found.count, found.region, found.is_regional) == ("t2.micro", 1, "us-east-1", True)
    assert (found.upfront, found.hourly, found.state) == (Decimal(30), Decimal("0.0034"), "active")
    assert round(found.term_hours, 2) == 8760


def test_a_zonal_one_of_the_old_sort() -> None:
    (found,) = parsed(
        AvailabilityZone="us-east-1a", UsagePrice=0.01, RecurringCharges=[], OfferingType="Light Utilization"
    )
    assert (found.zone, found.usage, found.hourly) == ("us-east-1a", Decimal("0.01"), 0)


def test_an_old_description_is_the_platform() -> None:
    (found,) = parsed(ProductDescription="Linux/UNIX (Amazon VPC)")
    assert found.platform == "Linux/UNIX"


def test_nothing_owned_is_nothing() -> None:
    assert parse_owned('{"ReservedInstances": []}', "us-east-1", "x") == ()


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"ReservedInstances": {}}', '{"ReservedInstances": [1]}', "[" * 100_000, "\x00"],
)
def test_what_is_no_answer_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="x"):
        parse_owned(text, "us-east-1", "x")


@pytest.mark.parametrize(
    "changes",
    [
        {"End": "soon"},
        {"InstanceCount": 1.5},
        {"AvailabilityZone": "eu-west-1a"},
        {"Start": None},
        {"End": "2018-01-01T00:00:00+00:00"},
        {"InstanceType": ""},
        {"State": 7},
        {"FixedPrice": "much"},
        {"FixedPrice": -1},
        {"FixedPrice": "NaN"},
        {"InstanceCount": [1]},
        {"RecurringCharges": 3},
        {"RecurringCharges": [{"Amount": 1, "Frequency": "Daily"}]},
        {"AvailabilityZone": 3},
    ],
)
def test_a_damaged_row_is_named(changes: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"reservation 1 in 'owned\.json'"):
        parsed(**changes)
