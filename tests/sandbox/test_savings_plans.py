"""Savings plans in the sandbox, asked with boto3: sold, bought, queued, refused, and what outlives a restart."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ec2kit.model.periods import parse_time
from ec2kit.sandbox import rates, store
from ec2kit.sandbox.direct import direct_client
from tests.support.inprocess import InProcess

YEAR = 31_536_000
HOURS = 8760


@pytest.fixture
def sandbox() -> InProcess:
    return InProcess(empty=True)


def plans(sandbox: InProcess) -> Any:
    return sandbox.client("savingsplans")


def offers(sandbox: InProcess, **asked: Any) -> list[dict[str, Any]]:
    return list(plans(sandbox).describe_savings_plans_offerings(**asked)["searchResults"])


def offer(sandbox: InProcess, payment: str = "No Upfront", plan: str = "Compute", **asked: Any) -> str:
    found = offers(sandbox, planTypes=[plan], paymentOptions=[payment], durations=[YEAR], **asked)
    assert len(found) == 1, found
    return str(found[0]["offeringId"])


def family(region: str, name: str) -> dict[str, Any]:
    return {
        "plan": "EC2Instance",
        "filters": [{"name": "region", "values": [region]}, {"name": "instanceFamily", "values": [name]}],
    }


def buy(sandbox: InProcess, offering: str, commitment: str = "0.5", **said: Any) -> str:
    answer = plans(sandbox).create_savings_plan(savingsPlanOfferingId=offering, commitment=commitment, **said)
    return str(answer["savingsPlanId"])


def owned(sandbox: InProcess, **asked: Any) -> list[dict[str, Any]]:
    return list(plans(sandbox).describe_savings_plans(**asked)["savingsPlans"])


def code_of(call: Any, **asked: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**asked)
    return str(refused.value.response["Error"]["Code"])


def test_each_way_to_commit_oneself_is_sold(sandbox: InProcess) -> None:
    compute = offers(sandbox, planTypes=["Compute"])
    assert len({each["offeringId"] for each in compute}) == len(compute) == 6
    assert {tuple(each["productTypes"]) for each in compute} == {("EC2", "Fargate", "Lambda")}
    (one,) = offers(sandbox, usageTypes=["EU-EC2SP:t3.3yrAllUpfront"])
    assert (one["planType"], one["durationSeconds"], one["paymentOption"]) == (
        "EC2Instance",
        3 * YEAR,
        "All Upfront",
    )
    assert {each["name"]: each["value"] for each in one["properties"]} == {
        "region": "eu-west-1",
        "instanceFamily": "t3",
    }
    assert "invented" in one["description"]
    assert offers(sandbox, offeringIds=[one["offeringId"]]) == [one]
    assert offers(sandbox, productType="Lambda") == compute
    assert offers(sandbox, productType="SageMaker") == offers(sandbox, currencies=["CNY"]) == []


def test_offerings_come_in_pages_with_everything_once(sandbox: InProcess) -> None:
    here: dict[str, Any] = {"filters": [{"name": "region", "values": ["eu-west-1"]}]}
    whole = [each["offeringId"] for each in offers(sandbox, maxResults=1000, **here)]
    parts: list[str] = []
    answer = plans(sandbox).describe_savings_plans_offerings(maxResults=400, **here)
    while True:
        parts += [each["offeringId"] for each in answer["searchResults"]]
        if not answer["nextToken"]:
            break
        more = {"maxResults": 400, "nextToken": answer["nextToken"], **here}
        answer = plans(sandbox).describe_savings_plans_offerings(**more)
    assert parts[: len(whole)] == whole
    assert len(parts) == len(set(parts)) > 1000
    wrong = {"nextToken": "OTk5OS8x", **here}
    assert code_of(plans(sandbox).describe_savings_plans_offerings, **wrong) == "ValidationException"


def test_rates_name_the_offering_that_can_be_bought(sandbox: InProcess) -> None:
    asked = {"region": "eu-west-1", "instanceType": "t3.micro", "productDescription": "Linux/UNIX"}
    rows = plans(sandbox).describe_savings_plans_offering_rates(
        filters=[{"name": name, "values": [value]} for name, value in asked.items()],
        savingsPlanTypes=["EC2Instance"],
    )["searchResults"]
    sold = {
        each["offeringId"]
        for each in offers(sandbox, planTypes=["EC2Instance"], filters=family("eu-west-1", "t3")["filters"])
    }
    assert {each["savingsPlanOffering"]["offeringId"] for each in rows} == sold
    assert {each["usageType"] for each in rows} == {"EU-BoxUsage:t3.micro", "EU-UnusedBox:t3.micro"}


def test_a_plan_is_bought_and_ends_with_its_term(sandbox: InProcess) -> None:
    offering = offer(sandbox, **family("eu-west-1", "t3"))
    id = buy(sandbox, offering, "0.125", tags={"team": "ops"})
    (told,) = owned(sandbox)
    assert told["savingsPlanId"] == id
    assert told["savingsPlanArn"] == f"arn:aws:savingsplans::123456789012:savingsplan/{id}"
    assert (told["state"], told["region"], told["ec2InstanceFamily"]) == (
        "payment-pending",
        "eu-west-1",
        "t3",
    )
    assert (told["commitment"], told["recurringPaymentAmount"], told["upfrontPaymentAmount"]) == (
        "0.125",
        "0.125",
        "0",
    )
    assert (told["offeringId"], told["tags"], told["termDurationInSeconds"]) == (
        offering,
        {"team": "ops"},
        YEAR,
    )
    start, end = parse_time(told["start"]), parse_time(told["end"])
    assert end - start == timedelta(days=365)
    sandbox.tick(60)
    assert [each["state"] for each in owned(sandbox, states=["active"])] == ["active"]
    sandbox.tick(YEAR)
    assert [each["state"] for each in owned(sandbox)] == ["retired"]
    assert owned(sandbox, states=["active"]) == []


def test_how_it_is_paid(sandbox: InProcess) -> None:
    total = 2 * HOURS
    buy(sandbox, offer(sandbox, "All Upfront"), "2")
    buy(sandbox, offer(sandbox, "Partial Upfront"), "2")
    buy(sandbox, offer(sandbox, "Partial Upfront"), "2", upfrontPaymentAmount="13140")
    paid = [(each["upfrontPaymentAmount"], each["recurringPaymentAmount"]) for each in owned(sandbox)]
    assert paid == [(str(total), "0"), (str(total // 2), "1"), ("13140", "0.5")]


@pytest.mark.parametrize(
    "payment, said",
    [
        ("No Upfront", {"commitment": "0.0009"}),
        ("No Upfront", {"commitment": "1000000.1"}),
        ("No Upfront", {"commitment": "0.123456"}),
        ("No Upfront", {"commitment": "much"}),
        ("No Upfront", {"commitment": "NaN"}),
        ("No Upfront", {"commitment": "1", "upfrontPaymentAmount": "4380"}),
        ("All Upfront", {"commitment": "1", "upfrontPaymentAmount": "8760"}),
        ("Partial Upfront", {"commitment": "1", "upfrontPaymentAmount": "4379"}),
        ("Partial Upfront", {"commitment": "1", "upfrontPaymentAmount": "8673"}),
        ("Partial Upfront", {"commitment": "1", "upfrontPaymentAmount": "5000.5"}),
    ],
)
def test_purchases_that_are_refused_buy_nothing(
    sandbox: InProcess, payment: str, said: dict[str, str]
) -> None:
    wanted = {"savingsPlanOfferingId": offer(sandbox, payment), **said}
    assert code_of(plans(sandbox).create_savings_plan, **wanted) == "ValidationException"
    assert owned(sandbox) == []


def test_what_is_not_there_is_not_found(sandbox: InProcess) -> None:
    client = plans(sandbox)
    unknown = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(client.exceptions.ResourceNotFoundException) as refused:
        client.create_savings_plan(savingsPlanOfferingId=unknown, commitment="1")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert code_of(client.describe_savings_plan_rates, savingsPlanId=unknown) == "ResourceNotFoundException"
    assert code_of(client.delete_queued_savings_plan, savingsPlanId=unknown) == "ResourceNotFoundException"
    assert owned(sandbox, savingsPlanIds=[unknown]) == []
    filters = [{"name": "colour", "values": ["red"]}]
    assert code_of(client.describe_savings_plans, filters=filters) == "ValidationException"
    assert code_of(client.describe_savings_plans, maxResults=1001) == "ValidationException"


def test_a_client_token_buys_once(sandbox: InProcess) -> None:
    offering = offer(sandbox)
    first = buy(sandbox, offering, clientToken="a")
    assert buy(sandbox, offering, clientToken="a") == first
    assert buy(sandbox, offering, clientToken="b") != first
    again = {"savingsPlanOfferingId": offering, "commitment": "9", "clientToken": "a"}
    assert code_of(plans(sandbox).create_savings_plan, **again) == "ValidationException"
    assert len(owned(sandbox)) == 2


def test_a_queued_purchase_waits_for_its_time_and_can_be_taken_back(sandbox: InProcess) -> None:
    later = sandbox.now + timedelta(days=2)
    kept, gone = (buy(sandbox, offer(sandbox), purchaseTime=later) for _ in range(2))
    plans(sandbox).delete_queued_savings_plan(savingsPlanId=gone)
    states = {each["savingsPlanId"]: each["state"] for each in owned(sandbox)}
    assert states == {kept: "queued", gone: "queued-deleted"}
    sandbox.tick(2 * 24 * 3600 + 60)
    (active,) = owned(sandbox, states=["active"])
    assert active["savingsPlanId"] == kept
    assert abs(parse_time(active["start"]) - later) < timedelta(seconds=1)
    late = {"savingsPlanId": kept}
    assert code_of(plans(sandbox).delete_queued_savings_plan, **late) == "ValidationException"
    past = {"savingsPlanOfferingId": offer(sandbox), "commitment": "1", "purchaseTime": later}
    assert code_of(plans(sandbox).create_savings_plan, **past) == "ValidationException"


def test_plans_are_found_by_what_they_are(sandbox: InProcess) -> None:
    compute = buy(sandbox, offer(sandbox), "0.25")
    instance = buy(sandbox, offer(sandbox, **family("eu-west-1", "m5")), "1")

    def found(name: str, *values: str) -> list[str]:
        filters = [{"name": name, "values": list(values)}]
        return [each["savingsPlanId"] for each in owned(sandbox, filters=filters)]

    assert found("ec2-instance-family", "m5", "c5") == found("region", "eu-west-1") == [instance]
    assert found("commitment", "0.25") == found("savings-plan-type", "Compute") == [compute]
    assert found("term", str(YEAR)) == [compute, instance]
    answer = plans(sandbox).describe_savings_plans(maxResults=1)
    rest = plans(sandbox).describe_savings_plans(maxResults=1, nextToken=answer["nextToken"])
    ids = [each["savingsPlanId"] for page in (answer, rest) for each in page["savingsPlans"]]
    assert (ids, rest["nextToken"]) == ([compute, instance], "")


def test_a_plan_has_rates_for_what_it_is_good_for(sandbox: InProcess) -> None:
    compute = buy(sandbox, offer(sandbox))
    instance = buy(sandbox, offer(sandbox, **family("eu-west-1", "t3")))

    def rate(plan: str, type_: str, region: str = "eu-west-1") -> list[str]:
        asked = {"region": region, "instanceType": type_, "productDescription": "Linux/UNIX"}
        rows = plans(sandbox).describe_savings_plan_rates(
            savingsPlanId=plan, filters=[{"name": name, "values": [value]} for name, value in asked.items()]
        )["searchResults"]
        return [each["rate"] for each in rows if "BoxUsage" in each["usageType"]]

    assert [Decimal(each) for each in rate(compute, "m5.large", "us-east-1")] == [
        rates.machine("m5.large") * Decimal("0.72")
    ]
    assert [Decimal(each) for each in rate(instance, "t3.micro")] == [
        rates.machine("t3.micro") * Decimal("0.63")
    ]
    assert rate(instance, "m5.large") == rate(instance, "t3.micro", "us-east-1") == []


def test_what_was_bought_outlives_restarts(sandbox: InProcess, tmp_path: Path) -> None:
    queued = sandbox.now + timedelta(days=400)
    first = buy(sandbox, offer(sandbox), "0.5", clientToken="once", tags={"a": "b"})
    buy(sandbox, offer(sandbox), "0.25", purchaseTime=queued)
    ec2 = sandbox.client("ec2")
    reserved = ec2.describe_reserved_instances_offerings(InstanceType="t3.micro")[
        "ReservedInstancesOfferings"
    ]
    ec2.purchase_reserved_instances_offering(
        ReservedInstancesOfferingId=reserved[0]["ReservedInstancesOfferingId"], InstanceCount=3
    )
    sandbox.tick(120)
    plans_before, reserved_before = (
        owned(sandbox),
        ec2.describe_reserved_instances()["ReservedInstances"],
    )
    assert [each["state"] for each in plans_before] == ["active", "queued"]
    path = tmp_path / "sandbox-default.state"
    app = sandbox.app
    for _ in range(2):
        store.save(app, path)
        app = store.load(path)
        client = direct_client(app, "savingsplans")
        assert client.describe_savings_plans()["savingsPlans"] == plans_before
        again = direct_client(app, "ec2").describe_reserved_instances()["ReservedInstances"]
        assert again == reserved_before
        same = client.create_savings_plan(
            savingsPlanOfferingId=plans_before[0]["offeringId"],
            commitment="0.5",
            clientToken="once",
            tags={"a": "b"},
        )
        assert same["savingsPlanId"] == first
