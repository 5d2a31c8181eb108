"""`cost fleet` with savings plans that AWS says are owned, that a file has, and where nobody says."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.screens import check_golden
from tests.cli.watched import Fleet

DAY = 24 * 3600
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "costs.md"


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """Its prices are the sandbox's own."""
    found = Fleet(tmp_path)
    assert found.cron.run("cost prices --update t3.micro").exit == 0
    return found


def buy(fleet: Fleet, commitment: str, plan: str = "Compute", **said: Any) -> str:
    client = fleet.sandbox.client("savingsplans")
    filters = [{"name": "region", "values": ["eu-west-1"]}, {"name": "instanceFamily", "values": ["t3"]}]
    offering = client.describe_savings_plans_offerings(
        planTypes=[plan],
        durations=[31_536_000],
        paymentOptions=["No Upfront"],
        filters=filters if plan == "EC2Instance" else [],
    )["searchResults"][0]["offeringId"]
    bought = client.create_savings_plan(savingsPlanOfferingId=offering, commitment=commitment, **said)
    fleet.sandbox.tick(120)
    return str(bought["savingsPlanId"])


def answer(fleet: Fleet, line: str) -> dict[str, Any]:
    seen = fleet.cron.run(f"{line} -o json")
    assert seen.exit == 0, seen.stderr
    found: dict[str, Any] = json.loads(seen.stdout)
    return found


def test_what_a_plan_covers_is_told_and_not_advised(fleet: Fleet) -> None:
    # Four t3.micro at 0.01, under such a plan 0.0063: three of them for 0.0189 an hour.
    before = answer(fleet, "cost fleet --steady")
    id = buy(fleet, "0.0189", "EC2Instance")
    fleet.sandbox.tick(2 * DAY)
    after = answer(fleet, "cost fleet --steady")
    assert (before["plans"], before["planned_hours"], before["reserve"][0]["count"]) == ([], 0.0, 4)
    (plan,) = after["plans"]
    assert (plan["id"], plan["plan"], plan["for"]) == (id, "instance-savings-plan", "t3 in eu-west-1")
    assert (plan["used"], plan["covered_hours"], plan["net"]["amount"]) == (1.0, 3.0, "0.0111")
    assert (after["planned_hours"], after["reserve"][0]["count"]) == (3.0, 1)
    assert after["reserve"][0]["planned"] == 0.75
    said = [
        each for each in fleet.cron.run("cost fleet --steady").stderr.splitlines() if each[:6] == "plans:"
    ]
    assert len(said) == 2
    assert "\n".join(said) in PAGE.read_text(), "the how-to page shows these two lines"
    assert [float(each["on_demand"]["amount"]) for each in after["use"]] == [0.0, 0.0, 0.01]


def test_each_hour_that_it_was_good_counts(fleet: Fleet) -> None:
    buy(fleet, "0.05", "EC2Instance")
    fleet.sandbox.tick(10 * 3600 - 120)
    (plan,) = answer(fleet, "cost fleet --last 20h")["plans"]
    hours = round(float(plan["committed"]["amount"]) / 0.05)
    assert hours in (10, 11)
    assert plan["covered_hours"] == pytest.approx(4 * hours, abs=8)
    assert plan["used"] == pytest.approx(4 * 0.0063 / 0.05, abs=0.01)
    words = fleet.cron.run("cost fleet --last 20h").stderr
    assert "plans: 1 savings plan, 0.05 USD an hour: " in words
    assert "of what reservations left)" in words


@pytest.mark.parametrize("what", ["reserve", "plans"])
def test_screens(fleet: Fleet, what: str) -> None:
    buy(fleet, "0.01")
    buy(fleet, "0.0063", "EC2Instance")
    buy(fleet, "0.001", purchaseTime=fleet.sandbox.now + timedelta(days=3))
    fleet.sandbox.tick(DAY)
    check_golden(f"cost/fleet_plans_{what}", fleet.cron.run(f"cost fleet --steady --show {what}"))


def test_what_ends_soon_is_told(fleet: Fleet) -> None:
    id = buy(fleet, "0.01")
    fleet.sandbox.tick(320 * DAY)
    assert (
        f"ends soon: savings plan {id} (0.01 USD an hour, any machine)"
        in fleet.cron.run("cost fleet --steady").stderr
    )


def test_where_it_may_not_be_asked_the_rest_is_answered_and_a_file_has_them(fleet: Fleet) -> None:
    buy(fleet, "0.0072")
    told = fleet.sandbox.client("savingsplans").describe_savings_plans()
    (fleet.home / "plans.json").write_text(json.dumps({"savingsPlans": told["savingsPlans"]}))
    fleet.break_("error:AccessDeniedException", "savingsplans:DescribeSavingsPlans")
    seen = fleet.cron.run("cost fleet --steady")
    assert seen.exit == 3
    assert "savings plans that you have are not in it (--plans FILE has them)" in seen.stderr
    assert json.loads(fleet.cron.run("cost fleet --steady -o json").stdout)["plans"] is None
    # The file's plan is applied at the price book's rate, which is the same here.
    (plan,) = answer(fleet, "cost fleet --steady --plans plans.json")["plans"]
    assert (plan["covered_hours"], plan["used"], plan["rates"]) == (1.0, 1.0, "price-book")
    assert "--plans FILE" not in fleet.cron.run("cost fleet --steady --plans plans.json").stderr


def test_without_its_own_rates_the_price_books_are_taken(fleet: Fleet) -> None:
    buy(fleet, "0.0072")
    fleet.break_("error:AccessDeniedException", "savingsplans:DescribeSavingsPlanRates")
    seen = fleet.cron.run("cost fleet --steady")
    assert "savings plans are applied at the price book's rates, not their own" in seen.stderr
    assert answer(fleet, "cost fleet --steady")["plans"][0]["covered_hours"] == 1.0


def test_what_has_no_rate_is_told(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    buy(fleet, "0.01")
    fleet.break_("error:AccessDeniedException", "savingsplans:DescribeSavingsPlanRates")
    words = fleet.cron.run("cost fleet --steady").stderr
    assert "not in it: what savings plans cover of t3.micro, whose rate is not known" in words
    assert "ec2kit cost prices --update t3.micro --region eu-west-1" in words


@pytest.mark.parametrize(
    "line, told",
    [
        ("cost fleet --plans nowhere.json", "there is no file"),
        ("cost fleet --plans wrong.json", "has no savingsPlans"),
    ],
)
def test_wrong_files(fleet: Fleet, line: str, told: str) -> None:
    (fleet.home / "wrong.json").write_text('{"ReservedInstances": []}')
    seen = fleet.cron.run(line)
    assert seen.exit != 0
    assert told in seen.stderr
