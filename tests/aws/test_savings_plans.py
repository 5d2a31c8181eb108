"""Rates of savings plans: one for each plan, term and payment, in pages, and what they come to as offers."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ec2kit.aws.savings_plans import SavingsPlans
from ec2kit.costs.offers import HOURS_A_YEAR, Term
from ec2kit.costs.prices.live import machine_prices, plan_price, with_plans
from ec2kit.costs.prices.price import Machine, OfferingClass, Payment
from ec2kit.costs.reserving import choices
from ec2kit.errors import Ec2kitError
from ec2kit.model.savings_plans import PlanKind
from ec2kit.sandbox import rates
from tests.sandbox.seeded import Seeded
from tests.support.connecting import connected

MICRO = Machine("eu-west-1", "t3.micro")


class Pages:
    """Stands for the client: answers that were prepared."""

    def __init__(self, *pages: list[dict[str, Any]]) -> None:
        self.pages, self.asked = list(pages), list[dict[str, Any]]()

    def __call__(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        rows = self.pages[len(self.asked) - 1]
        return {"searchResults": rows, "nextToken": "more" if len(self.asked) < len(self.pages) else ""}


class Door:
    """Reads by calling what it is given."""

    def __init__(self, method: Pages) -> None:
        self.clients = self
        self.savingsplans = self
        self.describe_savings_plans_offering_rates = method
        self.describe_savings_plans = method

    def read(self, method: Any, **params: Any) -> Any:
        return method(**params)


def row(rate: str, usage: str = "EUC1-BoxUsage:t3.micro", unit: str = "Hrs") -> dict[str, Any]:
    offering = {
        "planType": "Compute",
        "durationSeconds": 31536000,
        "paymentOption": "No Upfront",
        "currency": "USD",
    }
    return {"savingsPlanOffering": offering, "rate": rate, "unit": unit, "usageType": usage}


def asked(*pages: list[dict[str, Any]]) -> tuple[list[Decimal], Pages]:
    method = Pages(*pages)
    found = SavingsPlans(Door(method)).rates("eu-central-1", "t3.micro", "Linux/UNIX")  # type: ignore[arg-type]
    return [each.rate for each in found], method


def test_pages_end_with_an_empty_token_and_unused_boxes_are_passed_over() -> None:
    found, method = asked([row("0.1", "EUC1-UnusedBox:t3.micro")], [row("0.2"), row("9", unit="Lcu")])
    assert found == [Decimal("0.2")]
    assert [each.get("nextToken") for each in method.asked] == [None, "more"]
    assert {"name": "tenancy", "values": ["shared"]} in method.asked[0]["filters"]


def test_two_rates_for_one_plan_are_none() -> None:
    assert asked([row("0.2"), row("0.2")])[0] == [Decimal("0.2")]
    with pytest.raises(Ec2kitError, match="has two rates for t3"):
        asked([row("0.2"), row("0.3")])


def test_every_plan_stands_beside_the_reservations() -> None:
    aws = connected(Seeded())
    prices = with_plans(aws, machine_prices(aws, MICRO))
    plans = [each for each in prices.reserved if each.commitment and each.commitment.offering_class.is_plan]
    assert (len(prices.reserved), len(plans)) == (24, 12)
    by_words = {str(each.commitment): each for each in plans}
    hourly = rates.machine("t3.micro")
    none = by_words["1y compute-savings-plan no-upfront"]
    assert (none.upfront, none.hourly) == (Decimal(0), hourly * Decimal("0.72"))
    partial = by_words["3y instance-savings-plan partial-upfront"]
    assert partial.upfront == hourly * Decimal("0.40") * HOURS_A_YEAR * 3 / 2
    assert partial.hourly == hourly * Decimal("0.20")
    whole = by_words["1y compute-savings-plan all-upfront"]
    assert (whole.upfront, whole.hourly) == (hourly * Decimal("0.69") * HOURS_A_YEAR, Decimal(0))


def test_however_it_is_paid_the_rate_is_what_an_hour_costs() -> None:
    aws = connected(Seeded())
    found = aws.savings_plans.rates("eu-west-1", "t3.micro", "Linux/UNIX")
    for rate in found:
        price = plan_price(rate)
        assert price.offer.effective_hourly == rate.rate
        assert price.commitment
        assert (price.commitment.term is Term.ONE_YEAR) == (rate.seconds == 31_536_000)
        assert (price.commitment.payment is Payment.NO_UPFRONT) == (not price.upfront)
        assert (price.commitment.offering_class is OfferingClass.COMPUTE_PLAN) == (rate.plan == "Compute")
    prices = with_plans(aws, machine_prices(aws, MICRO))
    ways = choices(prices, 1, Decimal(1))
    assert [way.yearly.amount for way in ways] == sorted(way.yearly.amount for way in ways)


def test_types_with_a_dash_have_rates_too() -> None:
    assert asked([row("3", "USE1-BoxUsage:u-6tb1.metal")], [row("3", "BoxUsage:u-6tb1.metal")])[0] == [
        Decimal(3)
    ]
    assert asked([row("3", "DedicatedUsage:t3.micro"), row("3", "EUC1-UnusedBox:c7i.metal-24xl")])[0] == []


def bought(sandbox: Seeded, plan: str, commitment: str, **said: Any) -> str:
    client = sandbox.client("savingsplans")
    filters = [{"name": "region", "values": ["eu-west-1"]}, {"name": "instanceFamily", "values": ["t3"]}]
    offering = client.describe_savings_plans_offerings(
        planTypes=[plan],
        durations=[94_608_000],
        paymentOptions=["No Upfront"],
        filters=filters if plan == "EC2Instance" else [],
    )["searchResults"][0]["offeringId"]
    return str(
        client.create_savings_plan(savingsPlanOfferingId=offering, commitment=commitment, **said)[
            "savingsPlanId"
        ]
    )


def test_plans_that_are_owned_or_will_be_are_told() -> None:
    sandbox = Seeded()
    aws = connected(sandbox)
    assert aws.savings_plans.owned() == ()
    ids = [bought(sandbox, "EC2Instance", "0.05")]
    ids += [bought(sandbox, "Compute", "1.5", purchaseTime=sandbox.now + timedelta(days=1)) for _ in range(2)]
    sandbox.client("savingsplans").delete_queued_savings_plan(savingsPlanId=ids[2])
    sandbox.tick(60)
    first, second = aws.savings_plans.owned()
    assert (first.id, first.kind, first.state, first.what) == (
        ids[0],
        PlanKind.INSTANCE,
        "active",
        "t3 in eu-west-1",
    )
    assert (first.commitment, first.payment, first.seconds) == (Decimal("0.05"), "No Upfront", 94_608_000)
    assert first.end - first.start == timedelta(seconds=first.seconds)
    assert (second.id, second.kind, second.state, second.what) == (
        ids[1],
        PlanKind.COMPUTE,
        "queued",
        "any machine",
    )


def test_a_plan_has_rates_of_its_own_for_what_it_is_good_for() -> None:
    sandbox = Seeded()
    plans = connected(sandbox).savings_plans
    instance, compute = bought(sandbox, "EC2Instance", "0.05"), bought(sandbox, "Compute", "0.05")
    found = plans.rates_of(instance, "eu-west-1", ["t3.micro", "t3.small", "m5.large"])
    assert {type for type, _ in found} == {"t3.micro", "t3.small"}
    assert found["t3.micro", "Linux/UNIX"] == rates.machine("t3.micro") * Decimal("0.43")
    assert found["t3.micro", "Windows"] == found["t3.micro", "Linux/UNIX"] * Decimal("1.5")
    far = plans.rates_of(compute, "us-east-1", ["m5.large"])
    assert far["m5.large", "Linux/UNIX"] == rates.machine("m5.large") * Decimal("0.50")
    # A region whose usage types begin with the region's own name in the sandbox.
    assert plans.rates_of(compute, "eu-central-2", ["m5.large"]) == far


@pytest.mark.parametrize(
    "wrong",
    [
        {"commitment": "0"},
        {"commitment": "much"},
        {"savingsPlanType": ""},
        {"start": "2027-01-01T00:00:00.000Z"},
        {"end": "soon"},
        {"ec2InstanceFamily": ""},
        {"state": None},
    ],
)
def test_an_answer_that_is_none_is_refused(wrong: dict[str, Any]) -> None:
    good = {
        "savingsPlanId": "p",
        "savingsPlanType": "EC2Instance",
        "commitment": "0.1",
        "start": "2026-01-01T00:00:00.000Z",
        "end": "2027-01-01T00:00:00.000Z",
        "state": "active",
        "region": "eu-west-1",
        "ec2InstanceFamily": "t3",
    }

    def told(plan: dict[str, Any]) -> Any:
        def method(**_asked: Any) -> dict[str, Any]:
            return {"savingsPlans": [plan]}

        return SavingsPlans(Door(method)).owned()  # type: ignore[arg-type]

    assert told(good)[0].family == "t3"
    assert not told({**good, "savingsPlanType": "Holiday"})[0].kind.for_machines
    with pytest.raises(Ec2kitError, match="savings plan 1 of AWS's answer"):
        told({**good, **wrong})
