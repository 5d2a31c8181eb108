"""`ec2kit cost reserved`: recorded price documents, what is printed of them, and files that are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.screens import Screen, Shell, check_golden

DOCUMENTS = Path(__file__).parents[1] / "costs" / "documents"
BULK = (DOCUMENTS / "ec2-bulk-offer-2017-08-03.json").read_text()
OFFER: dict[str, Any] = json.loads((DOCUMENTS / "ec2-offer-c4.large-us-east-1.json").read_text())["offer"]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    (tmp_path / "page.json").write_text(page(OFFER))
    (tmp_path / "bulk.json").write_text(BULK)
    return Shell(tmp_path)


def page(*offers: dict[str, Any]) -> str:
    """What `aws pricing get-products` prints."""
    return json.dumps({"FormatVersion": "aws_v1", "PriceList": [json.dumps(each) for each in offers]})


def in_region(location: str, sku: str) -> dict[str, Any]:
    """The same offer somewhere else."""
    attributes = {**OFFER["product"]["attributes"], "location": location}
    return {**OFFER, "product": {**OFFER["product"], "sku": sku, "attributes": attributes}}


def rows(screen: Screen) -> list[dict[str, Any]]:
    assert screen.exit == 0, screen.stderr
    found: list[dict[str, Any]] = json.loads(screen.stdout)
    return found


@pytest.mark.parametrize(
    "name, line",
    [
        ("small", "cost reserved t2.small --prices bulk.json"),
        ("four_some_of_the_time", "cost reserved c4.large --prices page.json -n 4 --utilization 60%"),
        ("sql_server", "cost reserved c5.9xlarge --prices bulk.json"),
    ],
)
def test_screen(name: str, line: str, shell: Shell) -> None:
    shell.terminal = True
    check_golden(f"cost/reserved_{name}", shell.run(line))


def test_the_parts_of_a_choice_add_up(shell: Shell) -> None:
    found = {
        each["offer"]: each for each in rows(shell.run("cost reserved c4.large --prices page.json -o json"))
    }

    assert found["on-demand"]["yearly"]["amount"] == "876.00"
    partial = found["1y standard partial-upfront"]
    assert (partial["upfront"]["amount"], partial["monthly"]["amount"]) == ("263.00", "21.90")
    assert partial["total"] == {"amount": "525.80", "currency": "USD"}
    assert partial["saving_yearly"]["amount"] == "350.20"
    assert partial["break_even_hours"] == 5258.0
    assert found["3y convertible partial-upfront"]["total"]["amount"] == "1419.56"
    assert (partial["term"], partial["class"], partial["payment"]) == ("1y", "standard", "partial-upfront")


def test_the_cheapest_year_is_first_and_unused_hours_are_paid(shell: Shell) -> None:
    always = rows(shell.run("cost reserved c4.large --prices page.json -o json"))
    rarely = rows(shell.run("cost reserved c4.large --prices page.json --utilization 40% -o json"))

    assert (always[0]["offer"], always[-1]["offer"]) == ("3y standard partial-upfront", "on-demand")
    assert rarely[0]["offer"] == "on-demand"
    assert rarely[0]["yearly"]["amount"] == "350.40"
    assert all(each["saving"] < 0 for each in rarely[1:])


def test_a_pipe_has_plain_numbers(shell: Shell) -> None:
    screen = shell.run("cost reserved c4.large --prices page.json")

    offer, *numbers, currency = screen.stdout.splitlines()[0].split("\t")
    assert (offer, currency) == ("3y standard partial-upfront", "USD")
    assert numbers[:5] == ["539.00", "15.33", "1090.88", "363.626667", "0.04151"]
    assert numbers[5:] == ["512.373333", "0.584901", "0.415099"]
    assert "of an unknown date" in screen.stderr


def test_several_pages_in_one_file_and_several_regions(shell: Shell) -> None:
    two = page(OFFER) + "\n" + page(in_region("EU (Ireland)", "IRELAND"))
    (shell.home / "two.json").write_text(two)

    asked = shell.run("cost reserved c4.large --prices two.json")
    assert (asked.exit, "c4.large is in 2 regions there" in asked.stderr) == (2, True)
    assert "--region eu-west-1" in asked.stderr
    told = shell.run("cost reserved c4.large --prices two.json --region eu-west-1")
    assert (told.exit, "in eu-west-1" in told.stderr) == (0, True)
    shell.environ["EC2KIT_REGION"] = "us-east-1"
    assert "in us-east-1" in shell.run("cost reserved c4.large --prices two.json").stderr


@pytest.mark.parametrize(
    "words, exit, told",
    [
        ("c4.large", 2, "no region is set"),
        ("c4.large --prices page.json --discount 100%", 2, "too much for a discount"),
        ("c4.large --prices page.json --discount 8", 2, "did you mean 8%?"),
        ("c4.large --prices page.json --interest much", 2, "no year's interest"),
        ("c4.large --prices none.json", 2, "there is no file"),
        ("c4.large --prices .", 2, "cannot be read"),
        ("c4.larg --prices page.json", 4, "did you mean c4.large?"),
        ("x --prices page.json", 4, "it has 1 types"),
        ("c4.large --prices page.json --region eu-west-1", 4, "regionCode is us-east-1"),
        ("c4.large --prices page.json --region eu-west-1 --region us-east-1", 2, "takes one region"),
        ("c4.large --prices page.json --os windows", 4, "operatingSystem is Linux"),
        ("c4.large --prices page.json --os beos", 2, "'beos' is not one of"),
        ("c4.large --prices page.json -n 0", 2, "0 is not in the range"),
        ("c4.large --prices page.json --utilization 0", 2, "what never runs"),
    ],
)
def test_what_is_refused(shell: Shell, words: str, exit: int, told: str) -> None:
    screen = shell.run(f"cost reserved {words}")

    assert (screen.exit, screen.stdout) == (exit, "")
    assert told in screen.stderr


@pytest.mark.parametrize(
    "text, told",
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("x", "is no JSON"),
        ("[]", "neither a PriceList nor products"),
        ("{}", "neither a PriceList nor products"),
        ('{"PriceList": 1}', "is no list"),
        ('{"PriceList": [1]}', "no a product"),
        (page(OFFER)[:-5], "is no JSON, or has no end"),
        (page(OFFER) + "}", "is no JSON, or has no end"),
        (page(OFFER, {**OFFER}), "2 prices for c4.large"),
    ],
)
def test_a_file_that_is_no_price_document(shell: Shell, text: str, told: str) -> None:
    (shell.home / "odd.json").write_text(text)

    screen = shell.run("cost reserved c4.large --prices odd.json")

    assert screen.exit != 0
    assert told in screen.stderr
    assert "Traceback" not in screen.stderr
