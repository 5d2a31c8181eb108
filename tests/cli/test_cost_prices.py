"""`ec2kit cost prices`, kept, imported, exported, of a past day; and `cost reserved` of what AWS says or is kept."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.screens import Screen, Shell, check_golden
from tests.cli.watched import Fleet

OFFERINGS = "ec2:DescribeReservedInstancesOfferings"
DOCUMENTS = Path(__file__).parents[1] / "costs" / "documents"


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


@pytest.fixture
def shell(fleet: Fleet) -> Shell:
    return fleet.cron


@pytest.fixture
def offline(tmp_path: Path) -> Shell:
    """Nobody's account: prices are known all the same."""
    return Shell(tmp_path, environ={"AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "eu-west-1"})


def rows(screen: Screen, exit: int = 0) -> list[dict[str, Any]]:
    assert screen.exit == exit, screen.stderr
    found: list[dict[str, Any]] = json.loads(screen.stdout)
    return found


def test_without_an_account_the_table_answers_and_says_its_age(offline: Shell) -> None:
    offline.terminal = True
    check_golden("cost/prices_table", offline.run("cost prices t3.micro m5.large"))
    seen = offline.run("cost reserved t3.micro")
    assert seen.exit == 0
    assert "AWS's price list could not be asked" in seen.stderr
    assert "published 2025-03-02" in seen.stderr
    assert "no offer for t3.micro (linux) in eu-west-1 is known there" in seen.stderr


def test_an_update_is_kept_and_goes_before(shell: Shell, fleet: Fleet) -> None:
    seen = shell.run("cost prices --update")
    assert seen.exit == 0
    assert "kept 1 machine with 24 offers, and 15 other prices" in seen.stderr
    (row,) = rows(shell.run("cost prices t3.micro --os linux -o json"))
    assert (row["price"]["amount"], row["offers"]) == ("0.01", 24)
    assert row["source"] == "the practice AWS's price list, which is invented"
    units = rows(shell.run("cost prices -o json"))
    assert {each["kind"] for each in units} == {"volume", "iops", "throughput", "snapshot", "address"}
    fleet.break_("error:AccessDeniedException", "pricing:GetProducts")
    kept = shell.run("cost reserved t3.micro")
    assert kept.exit == 0
    assert "not allowed" in kept.stderr or "could not be asked" in kept.stderr
    assert len(kept.stdout.splitlines()) == 25
    fleet.break_("error:UnauthorizedOperation", OFFERINGS)
    refused = shell.run("cost prices --update")
    assert (refused.exit, refused.stdout) == (7, "")
    assert "allow `ec2:DescribeReservedInstancesOfferings`" in refused.stderr


def test_types_and_systems_are_asked_for_by_name(shell: Shell) -> None:
    seen = shell.run("cost prices --update m5.large m5.large t3.nonsense --os windows")
    assert seen.exit == 4
    assert "there is no price for t3.nonsense (windows)" in seen.stderr
    assert "kept 1 machine" in seen.stderr, "what was found is kept"
    (row,) = rows(shell.run("cost prices m5.large --os windows -o json"))
    assert row["system"] == "windows"


def test_what_aws_says_now(shell: Shell) -> None:
    found = rows(shell.run("cost reserved t3.micro -n 4 -o json"))
    by_offer = {each["offer"]: each for each in found}
    assert len(found) == 25
    assert by_offer["on-demand"]["yearly"]["amount"] == "350.40"
    assert by_offer["1y standard partial-upfront"]["upfront"]["amount"] == "108.00"
    less = {
        each["offer"]: each for each in rows(shell.run("cost reserved t3.micro -n 4 --discount 50% -o json"))
    }
    assert less["on-demand"]["yearly"]["amount"] == "175.20"
    assert "less your 50 %" in shell.run("cost reserved t3.micro --discount 50%").stderr


def test_a_slip_is_answered_with_the_nearest_type(shell: Shell) -> None:
    seen = shell.run("cost reserved t3.mico")
    assert seen.exit == 4
    assert "did you mean t3.micro?" in seen.stderr


def test_on_a_terminal_an_offer_fits_on_its_line(shell: Shell) -> None:
    shell.terminal = True
    seen = shell.run("cost reserved t3.micro")
    assert "3y instance-plan partial-upfront" in seen.stdout
    assert len(seen.stdout.splitlines()) == 26


def test_without_savings_plans_the_rest_is_told(shell: Shell, fleet: Fleet) -> None:
    fleet.break_("error:AccessDeniedException", "savingsplans:DescribeSavingsPlansOfferingRates")
    seen = shell.run("cost reserved t3.micro")
    assert seen.exit == 0
    assert "without savings plans, which could not be asked for" in seen.stderr
    assert len(seen.stdout.splitlines()) == 13


def offered(found: list[dict[str, Any]]) -> dict[str, Any]:
    """What is paid for each offer."""
    return {each["offer"]: (each["upfront"], each["monthly"], each["total"]) for each in found}


def test_where_the_price_list_may_not_be_asked_ec2_itself_is(shell: Shell, fleet: Fleet) -> None:
    listed = offered(rows(shell.run("cost reserved t3.micro -n 4 -o json")))
    calls = fleet.sandbox.app.calls
    assert [each.action for each in calls if "Offerings" in each.action and each.service == "ec2"] == []
    fleet.break_("error:AccessDeniedException", "pricing:GetProducts")
    seen = shell.run("cost reserved t3.micro -n 4 -o json")
    found = rows(seen)
    told = offered(found)
    assert set(told) == set(listed)
    assert {key: told[key] for key in told if key != "on-demand"} == {
        key: listed[key] for key in listed if key != "on-demand"
    }
    day = f"{fleet.sandbox.now:%Y-%m-%d}"
    both = f"the practice EC2's reservations, which are invented, asked {day}; on demand of "
    assert {each["source"].startswith(both) for each in found} == {True}
    assert {each["published"][:10] for each in found} == {"2025-03-02"}, "the table's, and that is old"
    person = shell.run("cost reserved t3.micro").stderr
    assert "AWS's price list could not be asked: GetProducts: not permitted" in person
    assert both in person
    assert "published 2025-03-02" in person
    by_offer = {each["offer"]: each for each in found}
    assert by_offer["on-demand"]["yearly"]["amount"] == "399.456"
    yearly = by_offer["1y standard all-upfront"]["yearly"]["amount"]
    saved = by_offer["1y standard all-upfront"]["saving_yearly"]["amount"]
    assert Decimal(yearly) + Decimal(saved) == Decimal("399.456")


def test_without_a_price_on_demand_offers_are_told_and_no_saving(shell: Shell, fleet: Fleet) -> None:
    listed = offered(rows(shell.run("cost reserved m7i-flex.large --os windows -o json")))
    fleet.break_("error:AccessDeniedException", "pricing:GetProducts")
    seen = shell.run("cost reserved m7i-flex.large --os windows -o json")
    found = rows(seen)
    assert offered(found) == {key: listed[key] for key in listed if key != "on-demand"}
    assert {each["saving"] for each in found} == {each["break_even"] for each in found} == {None}
    assert {each["saving_yearly"] for each in found} == {None}
    shell.terminal = True
    golden = shell.run("cost reserved m7i-flex.large --os windows --discount 10%")
    assert "no price on demand in USD is known, so no saving is told" in golden.stderr
    check_golden("cost/reserved_offers_alone", golden)
    update = shell.run("cost prices --update m7i-flex.large --os windows")
    assert "there is no price on demand for m7i-flex.large (windows)" in update.stderr
    assert ("its 24 offers are not kept" in update.stderr, "kept 0" in update.stderr) == (True, False)
    assert "allow `pricing:GetProducts`" in update.stderr


def test_a_price_on_demand_in_another_currency_is_not_compared(shell: Shell, fleet: Fleet) -> None:
    fleet.break_("error:AccessDeniedException", "pricing:GetProducts")
    machine = {"region": "eu-west-1", "type": "t3.micro", "system": "linux", "currency": "EUR"}
    book = {
        "format": "ec2kit-prices",
        "version": 1,
        "sources": [{"name": "ours"}],
        "machines": [{**machine, "on_demand": "0.0105", "source": 0}],
    }
    (shell.home / "ours.json").write_text(json.dumps(book))
    assert shell.run("cost prices --import ours.json").exit == 0
    seen = shell.run("cost reserved t3.micro")
    assert seen.exit == 0
    assert "no price on demand in USD is known" in seen.stderr
    assert ("on-demand" in seen.stdout, len(seen.stdout.splitlines())) == (False, 24)


def test_what_ec2_sells_is_kept_with_both_sources(shell: Shell, fleet: Fleet) -> None:
    fleet.break_("error:AccessDeniedException", "pricing:GetProducts")
    asked = shell.run("cost reserved t3.micro")
    for _ in range(2):
        seen = shell.run("cost prices --update t3.micro")
        assert seen.exit == 3
        assert "no prices of disks, snapshots and addresses in eu-west-1" in seen.stderr
        assert "allow `pricing:GetProducts`" in seen.stderr
        assert "kept 1 machine with 24 offers, and 0 other prices" in seen.stderr
        fleet.sandbox.tick(5)
    calls = [each.action for each in fleet.sandbox.app.calls if each.action == "GetProducts"]
    assert len(calls) == 3, "what was refused is not asked again for the disks"
    (row,) = rows(shell.run("cost prices t3.micro --os linux -o json"))
    assert row["offers"] == 24
    assert row["source"].count("on demand of") == 1
    kept = shell.run("cost reserved t3.micro --kept")
    assert kept.stdout == asked.stdout


def test_a_slip_is_answered_by_what_ec2_sells_too(shell: Shell, fleet: Fleet) -> None:
    fleet.break_("error:AccessDeniedException", "pricing:GetProducts")
    seen = shell.run("cost reserved t3.mico")
    assert (seen.exit, seen.stdout) == (4, "")
    assert "did you mean t3.micro?" in seen.stderr


def test_where_nobody_may_be_asked_each_refusal_is_told(shell: Shell, fleet: Fleet) -> None:
    fleet.break_("error:AccessDeniedException", "pricing:GetProducts")
    fleet.break_("error:UnauthorizedOperation", OFFERINGS)
    book = shell.run("cost reserved t3.micro")
    assert book.exit == 0
    assert "no offer for t3.micro (linux) in eu-west-1 is known there" in book.stderr
    none = shell.run("cost reserved m7i-flex.large --os windows")
    assert (none.exit, none.stdout) == (4, "")
    (error,) = [line for line in none.stderr.splitlines() if line.startswith("error: ")]
    for word in ("m7i-flex.large", "GetProducts: not permitted", "DescribeReservedInstancesOfferings: not"):
        assert word in error


def test_there_and_back(offline: Shell) -> None:
    (offline.home / "page.json").write_text((DOCUMENTS / "ec2-bulk-offer-2017-08-03.json").read_text())
    seen = offline.run("cost prices --import page.json")
    assert seen.exit == 0
    assert "offers, and 0 other prices" in seen.stderr
    assert offline.run("cost prices --export book.json").exit == 0
    before = offline.run("cost reserved t2.small --kept --region us-east-1")
    assert before.exit == 0
    assert "published 2017-08-03" in before.stderr
    again = offline.run("cost reserved t2.small --prices book.json --region us-east-1")
    assert again.stdout == before.stdout
    elsewhere = Shell(offline.home / "other", environ={"AWS_REGION": "us-east-1"})
    elsewhere.home.mkdir()
    (elsewhere.home / "book.json").write_text((offline.home / "book.json").read_text())
    assert elsewhere.run("cost prices --import book.json").exit == 0
    assert elsewhere.run("cost reserved t2.small --kept").stdout == before.stdout
    assert elsewhere.run("cost prices --export -").stdout == (offline.home / "book.json").read_text()


def test_a_past_day_has_what_was_known_then(shell: Shell, fleet: Fleet) -> None:
    assert shell.run("cost prices --update t3.micro").exit == 0
    day = f"{fleet.sandbox.now:%Y-%m-%d}"
    (row,) = rows(shell.run(f"cost prices t3.micro --os linux --at {day} -o json"))
    assert row["price"]["amount"] == "0.01"
    (old,) = rows(shell.run("cost prices t3.micro --os linux --at 2025-12-31 -o json"))
    assert old["price"]["amount"] == "0.0114", "the table's, of 2025"
    none = shell.run("cost prices t3.micro --at 2020-01-01")
    assert none.exit == 4
    assert "no price for t3.micro in eu-west-1" in none.stderr
    assert rows(shell.run("cost prices --at 2020-01-01 -o json")) == []


@pytest.mark.parametrize(
    "words, exit, told",
    [
        ("--at gestern", 2, "'gestern' is no date"),
        ("--at 2026-13-01", 2, "is no date"),
        ("--update --import x", 2, "one of --update, --import and --export"),
        ("--update --at 2026-01-01", 2, "--at looks at what was kept"),
        ("--import none.json", 2, "there is no file"),
        ("--import odd.json", 2, "has neither a PriceList nor products"),
        ("--import dedicated.json", 2, "has no price of an ordinary machine"),
        ("--os beos", 2, "'beos' is not one of"),
        ("t9.huge", 4, "there is no price for t9.huge in eu-west-1"),
    ],
)
def test_what_is_refused(offline: Shell, words: str, exit: int, told: str) -> None:
    (offline.home / "odd.json").write_text("{}")
    page = (DOCUMENTS / "pricing-get-products-page-2019-03-29.json").read_text()
    (offline.home / "dedicated.json").write_text(page)
    seen = offline.run(f"cost prices {words}")
    assert (seen.exit, seen.stdout) == (exit, "")
    assert told in seen.stderr


@pytest.mark.parametrize(
    "environ, name",
    [
        ({}, "prices"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566/"}, "prices-http-127.0.0.1-4566"),
        ({"EC2KIT_SANDBOX": "lab"}, "prices-sandbox-lab"),
    ],
)
def test_what_is_no_aws_keeps_its_prices_apart(offline: Shell, environ: dict[str, str], name: str) -> None:
    (offline.home / "bulk.json").write_text((DOCUMENTS / "ec2-bulk-offer-2017-08-03.json").read_text())
    offline.environ.update(environ)
    assert offline.run("cost prices --import bulk.json").exit == 0
    assert [each.name for each in offline.home.rglob("prices*") if each.is_dir()] == [name]
