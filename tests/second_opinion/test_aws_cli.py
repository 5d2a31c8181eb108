"""What ec2kit says it did, the AWS CLI sees: instances, tags, snapshots, who holds an address."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.second_opinion.practice import Practice

YEARS = {31_536_000: "1y", 94_608_000: "3y"}
HOURS = {"1y": 8760, "3y": 26280}
KINDS = {"Compute": "compute-savings-plan", "EC2Instance": "instance-savings-plan"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """One for the module: starting takes longer than any of the tests."""
    found = Practice(tmp_path_factory.mktemp("home"), f"opinion-{os.getpid()}")
    try:
        found.start()
        yield found
    finally:
        found.end()


@pytest.fixture(scope="module")
def shop(practice: Practice) -> str:
    """The id of a machine that ec2kit launched."""
    launched = practice.ec2kit("launch shop --like web-1 --tag role=shop --volume 30")
    return launched.split()[0]


def instance(practice: Practice, id: str) -> dict[str, Any]:
    """An instance as the AWS CLI shows it."""
    found = practice.aws(f"ec2 describe-instances --instance-ids {id}")
    result: dict[str, Any] = found["Reservations"][0]["Instances"][0]
    return result


def tags(item: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in item.get("Tags", [])}


def test_what_was_launched_runs_with_its_name_its_tags_and_its_disks(practice: Practice, shop: str) -> None:
    found = instance(practice, shop)

    assert found["State"]["Name"] == "running"
    assert tags(found)["Name"] == "shop"
    assert tags(found)["role"] == "shop"
    assert len(found["BlockDeviceMappings"]) >= 2


def test_a_tag_that_was_set_is_there_and_the_others_still_are(practice: Practice, shop: str) -> None:
    practice.ec2kit("tag set shop tier=front 'note=a, b'")

    found = tags(instance(practice, shop))

    assert found["tier"] == "front"
    assert found["note"] == "a, b"
    assert found["role"] == "shop"


def test_a_snapshot_set_has_one_completed_snapshot_for_each_disk(practice: Practice, shop: str) -> None:
    made = practice.ec2kit("snapshot create shop").split()[0]

    found = practice.aws(
        f"ec2 describe-snapshots --owner-ids self --filters Name=tag:ec2kit:set,Values={made}"
    )
    disks = [each["Ebs"]["VolumeId"] for each in instance(practice, shop)["BlockDeviceMappings"]]

    assert sorted(each["VolumeId"] for each in found["Snapshots"]) == sorted(disks)
    assert {each["State"] for each in found["Snapshots"]} == {"completed"}
    assert {tags(each)["ec2kit:of"] for each in found["Snapshots"]} == {shop}


def test_an_assigned_address_is_held_by_that_instance_alone(practice: Practice, shop: str) -> None:
    practice.ec2kit("eip assign 203.0.113.9 shop")

    (address,) = practice.aws("ec2 describe-addresses --public-ips 203.0.113.9")["Addresses"]

    assert address["InstanceId"] == shop
    assert tags(address)["ec2kit:holder"] == shop
    assert instance(practice, shop)["PublicIpAddress"] == "203.0.113.9"


def test_what_was_stopped_is_stopped_and_keeps_its_address(practice: Practice, shop: str) -> None:
    practice.ec2kit("eip assign 203.0.113.9 shop")
    practice.ec2kit("stop shop --yes")

    (address,) = practice.aws("ec2 describe-addresses --public-ips 203.0.113.9")["Addresses"]

    assert instance(practice, shop)["State"]["Name"] == "stopped"
    assert address["InstanceId"] == shop


def test_the_month_that_ec2kit_tells_is_the_one_that_the_bill_has(practice: Practice) -> None:
    """Between the two questions some of the sandbox's minutes pass: a cent or so."""
    told = json.loads(practice.ec2kit("cost --fresh -o json"))
    first = told["month"] + "-01"
    year, month = map(int, told["month"].split("-"))
    end = date(year + month // 12, month % 12 + 1, 1).isoformat()
    period = f"--time-period Start={first},End={end} --granularity MONTHLY --metrics UnblendedCost"

    (whole,) = practice.aws(f"ce get-cost-and-usage {period}")["ResultsByTime"]
    grouped = practice.aws(f"ce get-cost-and-usage {period} --group-by Type=DIMENSION,Key=USAGE_TYPE")
    amounts = {
        group["Keys"][0]: float(group["Metrics"]["UnblendedCost"]["Amount"])
        for group in grouped["ResultsByTime"][0]["Groups"]
    }

    so_far = float(told["so_far"]["cash"]["amount"])
    assert so_far == pytest.approx(float(whole["Total"]["UnblendedCost"]["Amount"]), abs=0.1)
    biggest = sorted(amounts, key=lambda name: -amounts[name])[:2]
    assert [driver["usage"] for driver in told["drivers"]][:2] == biggest
    for driver in told["drivers"]:
        assert float(driver["cash"]["amount"]) == pytest.approx(amounts[driver["usage"]], abs=0.1)


def test_each_offer_costs_what_each_of_aws_three_answers_says(practice: Practice) -> None:
    """The price list, what EC2 sells, and the rates of savings plans, each asked by the AWS CLI."""
    told = {each["offer"]: each for each in json.loads(practice.ec2kit("cost reserved m5.large -o json"))}
    paid = {
        offer: (Decimal(each["upfront"]["amount"]), Decimal(each["hourly"]["amount"]))
        for offer, each in told.items()
    }
    pinned = {
        "instanceType": "m5.large",
        "regionCode": "eu-west-1",
        "operatingSystem": "Linux",
        "tenancy": "Shared",
        "capacitystatus": "Used",
        "preInstalledSw": "NA",
    }
    filters = " ".join(f"Type=TERM_MATCH,Field={name},Value={value}" for name, value in pinned.items())
    (text,) = practice.aws(
        f"pricing get-products --region us-east-1 --service-code AmazonEC2 --filters {filters}"
    )["PriceList"]
    listed = listed_terms(json.loads(text)["terms"])
    sold = {
        f"{YEARS[each['Duration']]} {each['OfferingClass']} {payment(each['OfferingType'])}": (
            Decimal(str(each["FixedPrice"])),
            sum((Decimal(str(charge["Amount"])) for charge in each["RecurringCharges"]), Decimal(0)),
        )
        for each in practice.aws(
            "ec2 describe-reserved-instances-offerings --product-description Linux/UNIX --instance-type m5.large"
            " --filters Name=scope,Values=Region"
        )["ReservedInstancesOfferings"]
    }
    plans = plan_rates(
        practice.aws(
            "savingsplans describe-savings-plans-offering-rates --filters name=instanceType,values=m5.large"
            " name=region,values=eu-west-1 name=productDescription,values=Linux/UNIX name=tenancy,values=shared"
        )["searchResults"]
    )

    assert (len(listed), len(sold), len(plans)) == (13, 12, 12)
    assert {offer: paid[offer] for offer in listed} == listed
    assert {offer: paid[offer] for offer in sold} == sold
    # A plan's rate is the whole of an hour, whatever of it is paid at once.
    assert {offer: Decimal(told[offer]["total"]["amount"]) / HOURS[offer[:2]] for offer in plans} == plans
    assert paid.keys() == {*listed, *plans}

    practice.ec2kit("sandbox break error:AccessDeniedException pricing:GetProducts")
    try:
        asked = json.loads(practice.ec2kit("cost reserved m5.large -o json"))
    finally:
        practice.ec2kit("sandbox mend all")
    by_offer = {each["offer"]: each for each in asked}
    assert {offer: Decimal(by_offer[offer]["upfront"]["amount"]) for offer in sold} == {
        offer: upfront for offer, (upfront, _) in sold.items()
    }
    assert {offer: Decimal(by_offer[offer]["hourly"]["amount"]) for offer in sold} == {
        offer: hourly for offer, (_, hourly) in sold.items()
    }


def listed_terms(terms: dict[str, Any]) -> dict[str, tuple[Decimal, Decimal]]:
    """What a product of the price list costs, at once and an hour, by offer."""
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for kind, by_code in terms.items():
        for term in by_code.values():
            amounts = {
                each["unit"]: Decimal(each["pricePerUnit"]["USD"])
                for each in term["priceDimensions"].values()
            }
            said = term["termAttributes"]
            offer = (
                "on-demand"
                if kind == "OnDemand"
                else f"{said['LeaseContractLength'][:2]} {said['OfferingClass']} {payment(said['PurchaseOption'])}"
            )
            found[offer] = (amounts.get("Quantity", Decimal(0)), amounts.get("Hrs", Decimal(0)))
    return found


def plan_rates(rows: list[dict[str, Any]]) -> dict[str, Decimal]:
    """The rates of machines that run, by plan."""
    return {
        f"{YEARS[plan['durationSeconds']]} {KINDS[plan['planType']]} {payment(plan['paymentOption'])}": Decimal(
            row["rate"]
        )
        for row in rows
        if "BoxUsage:" in row["usageType"]
        for plan in (row["savingsPlanOffering"],)
    }


def payment(words: str) -> str:
    """`No Upfront` as ec2kit writes it."""
    return words.lower().replace(" ", "-")


def test_what_the_aws_cli_buys_is_owned_after_a_restart_and_known_to_ec2kit(practice: Practice) -> None:
    (plan,) = practice.aws(
        "savingsplans describe-savings-plans-offerings --plan-types EC2Instance --payment-options 'Partial Upfront'"
        " --durations 31536000 --filters name=region,values=eu-west-1 name=instanceFamily,values=t3"
    )["searchResults"]
    bought = practice.aws(
        f"savingsplans create-savings-plan --savings-plan-offering-id {plan['offeringId']} --commitment 0.01"
        " --upfront-payment-amount 50 --client-token once"
    )
    (offer,) = practice.aws(
        "ec2 describe-reserved-instances-offerings --instance-type t3.micro --product-description Linux/UNIX"
        " --offering-class standard --offering-type 'No Upfront' --max-duration 31536000"
        " --filters Name=scope,Values=Region"
    )["ReservedInstancesOfferings"]
    practice.aws(
        "ec2 purchase-reserved-instances-offering --instance-count 1"
        f" --reserved-instances-offering-id {offer['ReservedInstancesOfferingId']}"
    )

    practice.ec2kit("sandbox stop")
    practice.start()

    (owned,) = practice.aws("savingsplans describe-savings-plans")["savingsPlans"]
    assert owned["savingsPlanId"] == bought["savingsPlanId"]
    assert (owned["commitment"], owned["upfrontPaymentAmount"]) == ("0.01", "50")
    (held,) = practice.aws("ec2 describe-reserved-instances")["ReservedInstances"]
    assert (held["InstanceType"], held["InstanceCount"]) == ("t3.micro", 1)
    practice.ec2kit("cost prices --update t3.micro")
    told = json.loads(practice.ec2kit("cost fleet --last 2d -o json"))
    assert [plan["id"] for plan in told["plans"]] == [bought["savingsPlanId"]]
    assert [each["id"] for each in told["owned"]] == [held["ReservedInstancesId"]]
