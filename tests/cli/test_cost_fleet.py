"""`ec2kit cost fleet` on the practice AWS: what it says of what ran, of what is owned, and of what it could not see."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ec2kit.costs.offers import Term
from ec2kit.costs.prices.book_files import book_text
from ec2kit.costs.prices.price import Commitment, Machine, OfferingClass, Payment, Price, PriceList
from ec2kit.model.periods import parse_time
from tests.cli.screens import Screen, Shell, changing, check_golden
from tests.cli.watched import Fleet
from tests.sandbox.seeded import Seeded

DOCUMENTS = Path(__file__).parents[1] / "costs" / "documents"
IRELAND = "eu-west-1"
HOUR = 3600


@pytest.fixture
def shell(sandbox: Seeded, tmp_path: Path) -> Shell:
    (tmp_path / "book.json").write_text(book_text([prices("t3.micro"), prices("t3.nano", "0.5")], ()))
    (tmp_path / "owned.json").write_text(json.dumps({"ReservedInstances": [reservation(sandbox)]}))
    return Shell(tmp_path, sandbox)


def prices(type: str, share: str = "1") -> PriceList:
    """0.01 an hour on demand; reserved 0.006 for a year without upfront, 105.12 at once for three."""

    def of(amount: str) -> Decimal:
        return Decimal(amount) * Decimal(share)

    standard = OfferingClass.STANDARD
    return PriceList(
        Machine(IRELAND, type),
        Price(Decimal(0), of("0.01")),
        (
            Price(Decimal(0), of("0.006"), Commitment(Term.ONE_YEAR, standard, Payment.NO_UPFRONT)),
            Price(of("105.12"), Decimal(0), Commitment(Term.THREE_YEARS, standard, Payment.ALL_UPFRONT)),
        ),
        "a test",
        parse_time("2026-01-01T00:00:00Z"),
    )


def reservation(sandbox: Seeded, count: int = 5) -> dict[str, Any]:
    """Of t3.micro, ending in 30 days; 0.005 an hour."""

    def at(days: float) -> str:
        return (sandbox.now + timedelta(days=days)).isoformat()

    return {
        "ReservedInstancesId": "3f2a1b00",
        "InstanceType": "t3.micro",
        "InstanceCount": count,
        "Start": at(-335),
        "End": at(30),
        "State": "active",
        "FixedPrice": 0.0,
        "RecurringCharges": [{"Amount": 0.005, "Frequency": "Hourly"}],
        "Scope": "Region",
    }


def answer(screen: Screen) -> dict[str, Any]:
    assert screen.exit == 0, screen.stderr
    found: dict[str, Any] = json.loads(screen.stdout)
    return found


@pytest.mark.parametrize(
    "name, line",
    [
        ("without_prices", "cost fleet --last 2d"),
        ("reserve", "cost fleet --last 2d --prices book.json"),
        ("steady", "cost fleet --prices book.json --steady --term 1y"),
        ("offers", "cost fleet --prices book.json --steady --show offers"),
        ("marginal", "cost fleet --prices book.json --steady --show marginal"),
        ("owned", "cost fleet --last 2d --prices book.json --owned owned.json --show owned"),
        ("use", "cost fleet --last 2d --prices book.json --show use"),
        ("with", "cost fleet --prices book.json --steady --with 't3.micro x2' --add t3.nano"),
        ("add", "cost fleet --prices book.json --steady --add 't3.micro x2' --add t3.nano --show owned"),
    ],
)
def test_screen(name: str, line: str, shell: Shell) -> None:
    shell.terminal = True
    check_golden(f"cost/fleet_{name}", shell.run(line))


def test_a_machine_of_the_history_is_counted_after_it_has_gone(shell: Shell, sandbox: Seeded) -> None:
    before = answer(shell.run("cost fleet --prices book.json -o json"))
    assert shell.run("launch brief --like web-1 --type t3.small -y").exit == 0
    sandbox.tick(5 * HOUR)
    assert shell.run("terminate brief -y").exit == 0
    sandbox.tick(3 * HOUR)
    after = answer(shell.run("cost fleet --prices book.json -o json"))

    assert "t3.small" not in {row["type"] for row in before["use"]}
    (small,) = (row for row in after["use"] if row["type"] == "t3.small")
    assert 5 <= small["hours"] < 5.1
    assert small["on_demand"] is not None, "the table that comes with ec2kit has its price on demand"
    (assumed,) = (each for each in after["unseen"] if each["why"] == "taken-for-linux")
    assert assumed["counted"]
    assert assumed["hours"] == small["hours"]


def test_hours_of_a_stop_are_not_counted(shell: Shell, sandbox: Seeded) -> None:
    assert shell.run("launch idle --like web-1 --type t3.nano -y").exit == 0
    sandbox.tick(4 * HOUR)
    assert shell.run("stop idle -y").exit == 0
    sandbox.tick(20 * HOUR)
    found = answer(shell.run("cost fleet --prices book.json -o json"))
    (nano,) = (row for row in found["use"] if row["type"] == "t3.nano")
    assert 4 <= nano["hours"] < 4.2


def test_the_smallest_size_is_advised_and_a_filter_is_kept(shell: Shell) -> None:
    found = answer(shell.run("cost fleet --prices book.json --steady --payment no-upfront -o json"))
    (row,) = found["reserve"]
    running = found["machines"]
    assert (row["what"], row["type"], row["count"]) == ("t3", "t3.nano", running * 2)
    assert row["offer"] == "1y standard no-upfront"
    assert row["used"] == 1.0
    yearly = Decimal("0.004") * running * 8760
    assert Decimal(row["saving_yearly"]["amount"]) == yearly
    assert found["steady"] is True


def test_what_is_owned_comes_off_first(shell: Shell, sandbox: Seeded, tmp_path: Path) -> None:
    found = answer(shell.run("cost fleet --prices book.json --owned owned.json -o json"))
    (mine,) = found["owned"]
    running = found["machines"]
    assert running < 5
    assert found["coverage"] == 1.0
    assert found["reserve"][0]["why"] == "covered already"
    assert (mine["days_left"], mine["ends_soon"]) == (29, True) or mine["days_left"] == 30
    paid, unused = Decimal(mine["fee"]["amount"]), Decimal(mine["unused_cost"]["amount"])
    assert unused > 0
    assert paid - unused == pytest.approx(Decimal(mine["on_demand"]["amount"]) / 2)
    screen = shell.run("cost fleet --prices book.json --owned owned.json")
    assert "ends soon: 3f2a1b00 (5 × t3.micro)" in screen.stderr
    assert "h unused, which cost" in screen.stderr


def test_every_offer_is_shown_with_its_own_count(shell: Shell) -> None:
    found = answer(shell.run("cost fleet --prices book.json --steady -o json"))
    count = 2 * found["machines"]
    upfront, none = found["offers"]
    assert (upfront["offer"], upfront["advised"]) == ("3y standard all-upfront", True)
    assert (none["offer"], none["advised"]) == ("1y standard no-upfront", False)
    assert (upfront["count"], none["count"]) == (count, count)
    # 0.005 an hour on demand each; 52.56 for three years at once, or 0.003 an hour.
    assert Decimal(upfront["upfront"]["amount"]) == Decimal("52.56") * count
    assert (upfront["break_even"], none["break_even"]) == (0.4, 0.6)
    assert upfront["paid_back_days"] == pytest.approx(52.56 / 0.005 / 24)
    assert none["paid_back_days"] == 0
    assert Decimal(upfront["monthly"]["amount"]) == 0
    assert Decimal(none["monthly"]["amount"]) == Decimal("0.003") * 730 * count
    assert Decimal(none["saving_yearly"]["amount"]) == Decimal("0.002") * 8760 * count
    said = shell.run("cost fleet --prices book.json --steady").stderr
    saves = Decimal(none["saving_yearly"]["amount"]).quantize(Decimal("0.01"))
    assert f"with nothing paid at once it saves {saves} USD" in said


def test_a_price_that_is_missing_is_an_error_and_the_rest_is_answered(shell: Shell, sandbox: Seeded) -> None:
    none = shell.run("cost fleet --steady")
    assert none.exit == 4
    assert "error: nothing can be advised: prices of t3 in eu-west-1 are missing" in none.stderr
    assert "hint: ec2kit cost prices --update t3.micro --region eu-west-1" in none.stderr
    assert shell.run("cost fleet --steady --show use").exit == 0
    assert shell.run("launch other --like web-1 --type m5.large -y").exit == 0
    sandbox.tick(HOUR)
    some = shell.run("cost fleet --steady --prices book.json")
    assert some.exit == 3
    assert "error: not all could be answered: prices of m5 in eu-west-1 are missing" in some.stderr
    assert "× t3.nano" in some.stdout
    assert shell.run("cost fleet --steady --prices book.json --class convertible").exit == 3
    filtered = shell.run("cost fleet --steady --prices book.json --class convertible")
    assert "there are offers, but none of those that were asked for" in filtered.stdout
    assert shell.run("terminate other -y").exit == 0


def test_what_is_owned_is_asked_of_aws(shell: Shell, sandbox: Seeded) -> None:
    wanted = {"InstanceType": "t3.micro", "OfferingClass": "standard", "OfferingType": "No Upfront"}
    offers = sandbox.ec2.describe_reserved_instances_offerings(**wanted, MaxDuration=31536000)
    offer = next(
        each
        for each in offers["ReservedInstancesOfferings"]
        if each["ProductDescription"] == "Linux/UNIX" and "AvailabilityZone" not in each
    )
    id = sandbox.ec2.purchase_reserved_instances_offering(
        ReservedInstancesOfferingId=offer["ReservedInstancesOfferingId"], InstanceCount=2
    )["ReservedInstancesId"]
    sandbox.tick(10 * HOUR)
    found = answer(shell.run("cost fleet --prices book.json -o json"))
    (mine,) = found["owned"]
    assert (mine["id"], mine["type"], mine["count"], mine["ends_soon"]) == (id, "t3.micro", 2, False)
    assert mine["bought_hours"] in (20, 22), "two in each hour since, the one that is not over too"
    assert mine["used"] == 1.0
    # What was bought a moment ago is not advised again: of four machines two are left, of two nano each.
    assert found["reserve"][0]["count"] == 2 * (found["machines"] - 2)


def test_who_may_not_ask_what_is_owned_is_told_and_answered(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    fleet.break_("error:UnauthorizedOperation", "ec2:DescribeReservedInstances")
    (tmp_path / "book.json").write_text(book_text([prices("t3.micro")], ()))
    screen = fleet.cron.run("cost fleet --steady --prices book.json")
    assert screen.exit == 3
    assert "what is reserved already is not in it (--owned FILE has it)" in screen.stderr
    assert "t3" in screen.stdout
    # What ran is whole, and so is the answer when a file says what is owned.
    assert fleet.cron.run("cost fleet --steady --prices book.json --show use").exit == 0
    (tmp_path / "owned.json").write_text('{"ReservedInstances": []}')
    assert fleet.cron.run("cost fleet --steady --prices book.json --owned owned.json").exit == 0


def test_nothing_runs_in_one_region_of_two(shell: Shell) -> None:
    empty = answer(shell.run("cost fleet --region us-east-1 -o json"))
    assert (empty["machines"], empty["reserve"], empty["use"]) == (0, [], [])
    both = answer(shell.run("cost fleet --region us-east-1 --region eu-west-1 --prices book.json -o json"))
    assert {row["region"] for row in both["reserve"]} == {IRELAND}
    assert "nothing ran that a reservation could cover" in shell.run("cost fleet --region us-east-1").stderr


def test_all_regions_are_told_in_one_line_and_nothing_is_made_for_them(shell: Shell) -> None:
    screen = shell.run("cost fleet --region all --prices book.json")
    assert screen.exit == 0
    (line,) = (each for each in screen.stderr.splitlines() if "before the history" in each)
    assert " regions, before" in line
    assert not list((shell.home / "state").glob("**/journal.sqlite"))


def test_a_pipe_has_plain_numbers_and_named_columns(shell: Shell) -> None:
    line = "cost fleet --prices book.json --steady --term 1y --columns what,count,saving_yearly,break_even"
    screen = shell.run(line)
    what, count, saving, break_even = screen.stdout.rstrip("\n").split("\t")
    assert (what, count, break_even) == ("t3", str(int(count)), "0.6")
    assert Decimal(saving) == Decimal("0.004") * (int(count) // 2) * 8760
    assert json.loads(shell.run(f"{line} -o json").stdout)[0]["break_even"] == 0.6


def test_a_document_of_getproducts_will_do(shell: Shell) -> None:
    (shell.home / "bulk.json").write_text((DOCUMENTS / "ec2-bulk-offer-2017-08-03.json").read_text())
    assert shell.run("cost fleet --prices bulk.json --show use").exit == 0


@pytest.mark.parametrize(
    "line, says",
    [
        ("cost fleet --last 30", "without a unit"),
        ("cost fleet --last 5m", "not between an hour and three years"),
        ("cost fleet --last 9999d", "not between an hour and three years"),
        ("cost fleet --target-utilization 180%", "more than the whole term"),
        ("cost fleet --add m5", "is no reservation"),
        ("cost fleet --with m5", "is no machine"),
        ("cost fleet --add 'm5.large x2' --region eu-west-1 --region us-east-1", "does not say in which"),
        ("cost fleet --prices nowhere.json", "there is no file"),
        ("cost fleet --owned nowhere.json", "there is no file"),
        ("cost fleet --owned book.json", "has no ReservedInstances"),
        ("cost fleet --owned owned.json --region eu-west-1 --region us-east-1", "what one region owns"),
        ("cost fleet --term 2y", "2y"),
        ("cost fleet --show nothing", "nothing"),
        ("cost fleet --columns nothing", "no column"),
    ],
)
def test_what_is_wrong_is_told(line: str, says: str, shell: Shell) -> None:
    screen = shell.run(line)
    assert screen.exit == 2
    assert says in screen.stderr


def test_nothing_of_it_changes_anything(shell: Shell, sandbox: Seeded) -> None:
    changed = changing(sandbox)
    assert shell.run("cost fleet --region all --prices book.json").exit == 0
    assert changed == []
