"""`cost fleet` over several regions of which some do not answer: the others are answered, and it is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ec2kit.sandbox import breaks
from ec2kit.sandbox.fault_words import parse_order
from ec2kit.sandbox.faults import Spell
from tests.cli.watched import Fleet

BOTH = "--region us-east-1 --region eu-west-1"


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


def refuse(fleet: Fleet, code: str, times: int = 1, action: str = "ec2:DescribeInstances") -> None:
    """The first regions that are asked: they are asked in the order in which they were typed."""
    with fleet.sandbox.app.settled() as world:
        breaks.make(world, parse_order(f"error:{code}", action, Spell(times=times)))


@pytest.mark.parametrize("code", ["UnauthorizedOperation", "AuthFailure", "OptInRequired"])
def test_one_region_that_refuses_is_told_and_the_others_are_answered(fleet: Fleet, code: str) -> None:
    refuse(fleet, code)
    seen = fleet.cron.run(f"cost fleet --steady {BOTH}")
    assert seen.exit == 3
    assert "error: us-east-1 is not in it: " in seen.stderr
    assert "as if 4 machines" in seen.stderr
    assert seen.stdout.startswith("t3\teu-west-1")


def test_a_program_is_told_the_same(fleet: Fleet) -> None:
    refuse(fleet, "UnauthorizedOperation")
    seen = fleet.cron.run(f"cost fleet --steady {BOTH} --add 't3.micro x2 us-east-1' --show use -o json")
    found = json.loads(seen.stdout)
    assert [(each["what"], each["region"]) for each in found["not_in_it"]] == [
        ("machines", "us-east-1"),
        ("added", "us-east-1"),
    ]
    assert found["not_in_it"][0]["why"] in json.loads(seen.stderr)["error"]
    assert json.loads(seen.stderr)["exit"] == 7
    assert found["notes"][0].startswith("us-east-1 is not in it: ")
    assert "what would be there too in us-east-1 is not in it, nor is what runs there" in found["notes"]
    assert found["what_if"] is None


def test_all_regions_refuse(fleet: Fleet) -> None:
    fleet.break_("error:UnauthorizedOperation", "ec2:DescribeInstances")
    seen = fleet.cron.run(f"cost fleet --steady {BOTH}")
    assert (seen.exit, seen.stdout) == (7, "")


def test_one_region_that_refuses_is_an_error(fleet: Fleet) -> None:
    refuse(fleet, "UnauthorizedOperation")
    seen = fleet.cron.run("cost fleet --steady")
    assert (seen.exit, seen.stdout) == (7, "")
    assert "is not in it" not in seen.stderr


def test_what_is_owned_is_not_told_in_one_of_two(fleet: Fleet) -> None:
    refuse(fleet, "UnauthorizedOperation", action="ec2:DescribeReservedInstances")
    seen = fleet.cron.run(f"cost fleet --steady {BOTH}")
    assert "what is reserved already in us-east-1 is not in it (--owned FILE has it): " in seen.stderr
    found = json.loads(fleet.cron.run(f"cost fleet --steady {BOTH} -o json").stdout)
    assert found["not_in_it"] == []


def test_a_program_is_told_every_sentence_that_a_person_is(fleet: Fleet) -> None:
    line = "cost fleet --last 2d"
    said = fleet.cron.run(line).stderr.splitlines()
    found = json.loads(fleet.cron.run(f"{line} -o json").stdout)
    others = ("sandbox ", "error: ", "hint: ")
    assert [each for each in said if not each.startswith(others)] == found["notes"]
    assert {each["source"] for each in found["prices"]} == {
        "AWS's price list as apache-libcloud 3.9.1 has it"
    }
    assert all(each["age_days"] > 600 for each in found["prices"])


def test_what_runs_now_and_what_ran_are_two_questions(fleet: Fleet) -> None:
    seen = fleet.cron.run("cost fleet --steady --last 90d")
    assert seen.exit == 2
    assert "--steady is what runs now, and --last what ran before" in seen.stderr
