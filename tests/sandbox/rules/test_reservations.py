"""Reserved instances in the sandbox, asked with boto3: offers of its price list, bought, active, retired."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.inprocess import InProcess

YEAR = 31_536_000
REGIONAL = {"Name": "scope", "Values": ["Region"]}


@pytest.fixture
def sandbox() -> InProcess:
    return InProcess()


def offers(sandbox: InProcess, **asked: Any) -> list[dict[str, Any]]:
    found = sandbox.client("ec2").describe_reserved_instances_offerings(
        **{"InstanceType": "t3.micro", **asked}
    )
    return list(found["ReservedInstancesOfferings"])


def buy(sandbox: InProcess, count: int = 1, **asked: Any) -> str:
    wanted = {"ProductDescription": "Linux/UNIX", "OfferingClass": "standard", "MaxDuration": YEAR, **asked}
    offer = offers(sandbox, OfferingType="Partial Upfront", **wanted)[0]
    bought = sandbox.client("ec2").purchase_reserved_instances_offering(
        ReservedInstancesOfferingId=offer["ReservedInstancesOfferingId"], InstanceCount=count
    )
    return str(bought["ReservedInstancesId"])


def owned(sandbox: InProcess, **asked: Any) -> list[dict[str, Any]]:
    return list(sandbox.client("ec2").describe_reserved_instances(**asked)["ReservedInstances"])


def test_offers_cost_what_the_price_list_says(sandbox: InProcess) -> None:
    filters = [
        {"Type": "TERM_MATCH", "Field": key, "Value": value}
        for key, value in {
            "instanceType": "t3.micro",
            "regionCode": "eu-west-1",
            "operation": "RunInstances",
            "capacitystatus": "Used",
            "tenancy": "Shared",
        }.items()
    ]
    pricing = sandbox.client("pricing", region="us-east-1")
    (text,) = pricing.get_products(ServiceCode="AmazonEC2", Filters=filters)["PriceList"]
    listed = set()
    for term in json.loads(text)["terms"]["Reserved"].values():
        by_unit = {
            each["unit"]: float(each["pricePerUnit"]["USD"]) for each in term["priceDimensions"].values()
        }
        said = term["termAttributes"]
        years = {"1yr": 1, "3yr": 3}[said["LeaseContractLength"]]
        words = (years * YEAR, said["OfferingClass"], said["PurchaseOption"])
        listed.add((*words, by_unit.get("Quantity", 0.0), by_unit["Hrs"]))
    told = {
        (
            each["Duration"],
            each["OfferingClass"],
            each["OfferingType"],
            each["FixedPrice"],
            sum(charge["Amount"] for charge in each["RecurringCharges"]),
        )
        for each in offers(sandbox, ProductDescription="Linux/UNIX")
    }
    assert told == listed, "and those of zones cost what those of the region do"
    assert len(told) == 12


def test_one_is_bought_and_ends_with_its_term(sandbox: InProcess) -> None:
    id = buy(sandbox, count=3)
    (pending,) = owned(sandbox)
    assert (pending["ReservedInstancesId"], pending["State"], pending["InstanceCount"]) == (
        id,
        "payment-pending",
        3,
    )
    sandbox.tick(60)
    (active,) = owned(sandbox, ReservedInstancesIds=[id])
    assert (active["State"], active["Scope"]) == ("active", "Region")
    assert active["End"] - active["Start"] == timedelta(days=365)
    sandbox.tick(YEAR)
    (retired,) = owned(sandbox)
    assert retired["State"] == "retired"
    assert owned(sandbox, Filters=[{"Name": "state", "Values": ["active"]}]) == []


def test_each_purchase_is_one(sandbox: InProcess) -> None:
    assert len({buy(sandbox), buy(sandbox), buy(sandbox, AvailabilityZone="eu-west-1a")}) == 3
    zonal = [each for each in owned(sandbox) if each["Scope"] == "Availability Zone"]
    assert [each["AvailabilityZone"] for each in zonal] == ["eu-west-1a"]
    assert sandbox.client("ec2", region="us-east-1").describe_reserved_instances()["ReservedInstances"] == []


def test_an_offer_is_found_by_its_id_and_by_what_it_is_for(sandbox: InProcess) -> None:
    zonal = offers(sandbox, AvailabilityZone="eu-west-1b", ProductDescription="Windows")[0]
    (found,) = offers(sandbox, ReservedInstancesOfferingIds=[zonal["ReservedInstancesOfferingId"]])
    assert found == zonal
    assert len(offers(sandbox, ProductDescription="Linux/UNIX (Amazon VPC)", Filters=[REGIONAL])) == 12
    assert offers(sandbox, InstanceTenancy="dedicated") == []
    assert offers(sandbox, OfferingType="Heavy Utilization") == [], "which is not sold any more"


def test_of_the_region_and_of_each_zone_unless_one_is_asked_for(sandbox: InProcess) -> None:
    everything = offers(sandbox, ProductDescription="Windows")
    places = Counter(each.get("AvailabilityZone", each["Scope"]) for each in everything)
    assert places == {"Region": 12, "eu-west-1a": 12, "eu-west-1b": 12, "eu-west-1c": 12}
    by_name = offers(sandbox, ProductDescription="Windows", AvailabilityZone="eu-west-1b")
    (zone_id,) = {each["AvailabilityZoneId"] for each in by_name}
    assert offers(sandbox, ProductDescription="Windows", AvailabilityZoneId=zone_id) == by_name
    for name, value in (("availability-zone", "eu-west-1b"), ("availability-zone-id", zone_id)):
        wanted = [{"Name": name, "Values": [value]}]
        assert offers(sandbox, ProductDescription="Windows", Filters=wanted) == by_name
    assert {each["Scope"] for each in by_name} == {"Availability Zone"}


@pytest.mark.parametrize(
    "name, values, count",
    [
        ("instance-type", ["t3.micro"], 12),
        ("instance-type", ["t3.mi*", "m5.large"], 12),
        ("instance-type", ["m5.large"], 0),
        ("product-description", ["Linux/UNIX", "Windows"], 12),
        ("product-description", ["Red*"], 0),
        ("duration", [str(YEAR)], 6),
        ("fixed-price", ["0.0"], 4),
        ("usage-price", ["0.0"], 12),
        ("usage-price", ["0.84"], 0),
        ("marketplace", ["false"], 12),
        ("marketplace", ["true"], 0),
        ("scope", ["Availability Zone"], 0),
    ],
)
def test_filters(sandbox: InProcess, name: str, values: list[str], count: int) -> None:
    filters = [REGIONAL, {"Name": name, "Values": values}]
    assert len(offers(sandbox, ProductDescription="Linux/UNIX", Filters=filters)) == count


def test_nobody_pays_more_than_they_said(sandbox: InProcess) -> None:
    (offer,) = offers(
        sandbox,
        ProductDescription="Linux/UNIX",
        OfferingClass="standard",
        OfferingType="All Upfront",
        MaxDuration=YEAR,
        Filters=[REGIONAL],
    )
    client = sandbox.client("ec2")
    wanted = {"ReservedInstancesOfferingId": offer["ReservedInstancesOfferingId"], "InstanceCount": 2}
    with pytest.raises(ClientError, match="LimitPrice"):
        client.purchase_reserved_instances_offering(
            **wanted, LimitPrice={"Amount": 105, "CurrencyCode": "USD"}
        )
    client.purchase_reserved_instances_offering(**wanted, LimitPrice={"Amount": 106, "CurrencyCode": "USD"})
    assert len(owned(sandbox)) == 1


def test_pages(sandbox: InProcess) -> None:
    asked: dict[str, Any] = {"InstanceType": "t3.micro", "Filters": [REGIONAL], "MaxResults": 40}
    first = sandbox.client("ec2").describe_reserved_instances_offerings(**asked)
    rest = sandbox.client("ec2").describe_reserved_instances_offerings(**asked, NextToken=first["NextToken"])
    ids = [
        each["ReservedInstancesOfferingId"]
        for answer in (first, rest)
        for each in answer["ReservedInstancesOfferings"]
    ]
    assert len(ids) == len(set(ids)) == 48
    assert "NextToken" not in rest


@pytest.mark.parametrize(
    "call, asked, code",
    [
        ("describe_reserved_instances_offerings", {"InstanceType": "t3.nonsense"}, "InvalidParameterValue"),
        (
            "describe_reserved_instances_offerings",
            {"ReservedInstancesOfferingIds": ["x"], "InstanceType": "t3.micro"},
            "InvalidReservedInstancesOfferingId",
        ),
        (
            "purchase_reserved_instances_offering",
            {"ReservedInstancesOfferingId": "x", "InstanceCount": 1},
            "InvalidReservedInstancesOfferingId",
        ),
        (
            "purchase_reserved_instances_offering",
            {"ReservedInstancesOfferingId": "x", "InstanceCount": 0},
            "InvalidParameterValue",
        ),
        (
            "describe_reserved_instances_offerings",
            {"AvailabilityZone": "mars-1a", "InstanceType": "t3.micro"},
            "InvalidParameterValue",
        ),
        ("describe_reserved_instances_offerings", {"MaxResults": 101}, "InvalidParameterValue"),
        ("describe_reserved_instances_offerings", {"InstanceTenancy": "host"}, "InvalidParameterValue"),
        ("describe_reserved_instances_offerings", {"OfferingType": "Some Upfront"}, "InvalidParameterValue"),
        ("describe_reserved_instances_offerings", {"OfferingClass": "other"}, "InvalidParameterValue"),
        ("describe_reserved_instances_offerings", {"AvailabilityZoneId": "x"}, "InvalidParameterValue"),
        ("describe_reserved_instances_offerings", {"NextToken": "x"}, "InvalidNextToken"),
        (
            "describe_reserved_instances_offerings",
            {"AvailabilityZoneId": "euw1-az1", "AvailabilityZone": "eu-west-1a"},
            "InvalidParameterCombination",
        ),
        (
            "describe_reserved_instances_offerings",
            {"Filters": [{"Name": "x", "Values": ["y"]}]},
            "InvalidParameterValue",
        ),
        ("describe_reserved_instances", {"ReservedInstancesIds": ["x"]}, "InvalidReservedInstancesId"),
        (
            "describe_reserved_instances",
            {"Filters": [{"Name": "x", "Values": ["y"]}]},
            "InvalidParameterValue",
        ),
        ("describe_reserved_instances", {"DryRun": True}, "DryRunOperation"),
    ],
)
def test_refusals(sandbox: InProcess, call: str, asked: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(sandbox.client("ec2"), call)(**asked)
    assert refused.value.response["Error"]["Code"] == code
