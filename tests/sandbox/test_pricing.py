"""The sandbox's price list, asked with boto3: every row that AWS has, invented figures, filters, pages, refusals."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ec2kit.sandbox import rates
from ec2kit.sandbox.price_list import INVENTED, OFFERS
from tests.support.inprocess import InProcess

MICRO = {"instanceType": "t3.micro", "regionCode": "eu-west-1"}


@pytest.fixture(scope="module")
def sandbox() -> InProcess:
    return InProcess(empty=True)


def ask(sandbox: InProcess, wanted: dict[str, str], **more: Any) -> dict[str, Any]:
    filters = [{"Type": "TERM_MATCH", "Field": key, "Value": value} for key, value in wanted.items()]
    asked = {"ServiceCode": "AmazonEC2", "Filters": filters, **more}
    return dict(sandbox.client("pricing", region="us-east-1").get_products(**asked))


def products(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [json.loads(each) for each in answer["PriceList"]]


def test_a_type_has_the_rows_that_a_query_must_refuse(sandbox: InProcess) -> None:
    found = products(ask(sandbox, MICRO))
    told = [each["product"]["attributes"] for each in found]
    assert {each["capacitystatus"] for each in told} == {
        "Used",
        "UnusedCapacityReservation",
        "AllocatedCapacityReservation",
    }
    assert {each["tenancy"] for each in told} == {"Shared", "Dedicated"}
    assert {each["preInstalledSw"] for each in told} == {"NA", "SQL Std"}
    assert len({each["product"]["sku"] for each in found}) == len(found)
    assert all(each["description"] == INVENTED for each in found)


def test_prices_are_those_that_its_bill_has(sandbox: InProcess) -> None:
    (linux,) = products(
        ask(sandbox, {**MICRO, "operation": "RunInstances", "capacitystatus": "Used", "tenancy": "Shared"})
    )
    (term,) = linux["terms"]["OnDemand"].values()
    (price,) = term["priceDimensions"].values()
    assert Decimal(price["pricePerUnit"]["USD"]) == rates.machine("t3.micro")
    assert len(linux["terms"]["Reserved"]) == len(OFFERS) == 12
    assert linux["publicationDate"] == term["effectiveDate"] == f"{sandbox.now:%Y-%m}-01T00:00:00Z"


def test_filters_hold_whatever_their_case(sandbox: InProcess) -> None:
    assert products(ask(sandbox, {"volumeApiName": "GP3", "location": "Nowhere"})) == []
    storage = {"volumeApiName": "GP3", "location": "europe (ireland)", "productFamily": "Storage"}
    (gp3,) = products(ask(sandbox, storage))
    assert gp3["product"]["attributes"]["usagetype"] == "EBS:VolumeUsage.gp3"
    assert ask(sandbox, {"instanceType": "t3.nonsense"})["PriceList"] == []


def test_pages_have_everything_once(sandbox: InProcess) -> None:
    whole = [json.dumps(each, sort_keys=True) for each in products(ask(sandbox, MICRO))]
    parts: list[str] = []
    more: dict[str, Any] = {}
    while True:
        page = ask(sandbox, MICRO, MaxResults=5, **more)
        parts += [json.dumps(each, sort_keys=True) for each in products(page)]
        if "NextToken" not in page:
            break
        more = {"NextToken": page["NextToken"]}
    assert parts == whole


@pytest.mark.parametrize(
    "asked, code",
    [
        ({"ServiceCode": "AmazonNothing"}, "NotFoundException"),
        ({"ServiceCode": "AmazonEC2", "FormatVersion": "aws_v2"}, "InvalidParameterException"),
        ({"NextToken": "!!"}, "InvalidNextTokenException"),
        ({"NextToken": "OTk5OS8x"}, "InvalidNextTokenException"),
    ],
)
def test_refusals(sandbox: InProcess, asked: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        ask(sandbox, MICRO, **asked)
    assert refused.value.response["Error"]["Code"] == code


def test_what_is_sold_can_be_asked_for(sandbox: InProcess) -> None:
    client = sandbox.client("pricing", region="us-east-1")
    services = client.describe_services()["Services"]
    assert {each["ServiceCode"] for each in services} == {"AmazonEC2", "AmazonVPC"}
    values = client.get_attribute_values(ServiceCode="AmazonEC2", AttributeName="regionCode")
    assert {"Value": "eu-west-1"} in values["AttributeValues"]
