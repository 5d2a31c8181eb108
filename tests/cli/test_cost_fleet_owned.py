"""`cost fleet` with reservations that AWS says are owned, and where it does not say."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.watched import Fleet


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


def buy(fleet: Fleet, type_: str, count: int, **asked: Any) -> None:
    ec2 = fleet.sandbox.client("ec2")
    found = ec2.describe_reserved_instances_offerings(
        InstanceType=type_, ProductDescription="Linux/UNIX", OfferingClass="standard", **asked
    )["ReservedInstancesOfferings"]
    ec2.purchase_reserved_instances_offering(
        ReservedInstancesOfferingId=found[0]["ReservedInstancesOfferingId"], InstanceCount=count
    )
    fleet.sandbox.tick(120)


def test_what_is_owned_comes_off_first(fleet: Fleet) -> None:
    before = json.loads(fleet.cron.run("cost fleet --last 2d --show owned -o json").stdout)
    buy(fleet, "t3.micro", 2)
    fleet.sandbox.tick(24 * 3600)
    seen = fleet.cron.run("cost fleet --last 12h --show owned -o json")
    assert seen.exit == 0, seen.stderr
    after = json.loads(seen.stdout)
    assert (before["owned"], before["covered_hours"]) == ([], 0.0)
    (held,) = after["owned"]
    assert (held["type"], held["count"]) == ("t3.micro", 2)
    assert after["coverage"] > 0.4
    rows = fleet.cron.run("cost fleet --last 12h --show owned")
    assert "t3.micro" in rows.stdout
    assert "--owned FILE" not in rows.stderr


def test_where_it_may_not_be_asked_the_rest_is_answered(fleet: Fleet) -> None:
    fleet.break_("error:UnauthorizedOperation", "ec2:DescribeReservedInstances")
    seen = fleet.cron.run("cost fleet --last 2d --show use")
    assert seen.exit == 0
    assert "what is reserved already is not in it (--owned FILE has it)" in seen.stderr
    assert "machines ran" in seen.stderr


def test_hours_in_which_nothing_ran_count_when_the_history_saw_them(fleet: Fleet) -> None:
    there = "--region eu-central-1"
    assert fleet.cron.run(f"eip allocate {there}").exit == 0
    fleet.sandbox.tick(5 * 24 * 3600)
    client = fleet.sandbox.client("ec2", region="eu-central-1")
    source = fleet.sandbox.client("ec2").describe_images(Owners=["self"])["Images"][0]["ImageId"]
    image = client.copy_image(SourceImageId=source, SourceRegion="eu-west-1", Name="copy")["ImageId"]
    fleet.sandbox.tick(24 * 3600)
    client.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1)
    fleet.sandbox.tick(24 * 3600)
    found = json.loads(fleet.cron.run(f"cost fleet --last 20d {there} -o json").stdout)
    assert 7 * 24 <= found["hours"] <= 7 * 24 + 1
    assert found["eligible_hours"] < 26


def test_what_usage_reports_have_counts_in_their_days(fleet: Fleet) -> None:
    day = (fleet.sandbox.now - timedelta(days=20)).replace(hour=0, minute=0, second=0, microsecond=0)
    header = (
        "line_item_line_item_type,line_item_usage_start_date,line_item_usage_end_date,line_item_usage_type"
    )
    more = "line_item_operation,line_item_resource_id,line_item_usage_amount,line_item_unblended_cost"
    lines = [f"{header},{more},line_item_currency_code,line_item_product_code,product_region_code"]
    for hour in range(240):
        start, end = (day + timedelta(hours=each) for each in (hour, hour + 1))
        times = f"{start:%Y-%m-%dT%H:%M:%SZ},{end:%Y-%m-%dT%H:%M:%SZ}"
        for machine in ("i-1", "i-2", "i-3"):
            what = f"EU-BoxUsage:t3.micro,RunInstances,{machine},1,0.01,USD,AmazonEC2,eu-west-1"
            lines.append(f"Usage,{times},{what}")
    (fleet.home / "cur.csv").write_text("\n".join(lines) + "\n")
    seen = fleet.cron.run("cost fleet --usage cur.csv --last 25d --show use -o json")
    assert seen.exit == 0, seen.stderr
    assert f"from {day:%Y-%m-%d}T00:00:00Z" in fleet.cron.run("cost fleet --usage cur.csv").stderr
    found = json.loads(seen.stdout)
    alone = json.loads(fleet.cron.run("cost fleet --last 25d -o json").stdout)
    assert abs(found["eligible_hours"] - alone["eligible_hours"] - 3 * 240) < 1
    assert found["from"] < alone["from"]
    assert fleet.cron.run("cost fleet --usage none.csv").exit == 4
    assert "--owned" not in seen.stdout
    assert found["reports"] == [{"from": f"{day:%Y-%m-%d}T00:00:00Z", "to": found["reports"][0]["to"]}]
    assert any("what usage reports have" in note for note in found["notes"])
    assert fleet.cron.run("cost fleet --usage cur.csv --steady").exit == 2
