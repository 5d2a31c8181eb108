"""What commands tell of costs beside their own work: with a price book, without one, and with a damaged one."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ec2kit.costs.prices.book_files import book_text
from ec2kit.costs.prices.local import keep_book
from ec2kit.costs.prices.price import Machine, Price, PriceList
from ec2kit.costs.prices.units import Kind, Thing, UnitPrice
from ec2kit.sandbox import rates
from tests.cli.screens import Screen, Shell
from tests.sandbox.seeded import Seeded

SOURCE = "the practice AWS"
LAUNCH = "launch shop --image debian-12-amd64 --type t3.micro"


@pytest.fixture
def book(tmp_path: Path, sandbox: Seeded) -> Path:
    """The directory of a book that has the sandbox's own rates."""
    published = sandbox.now - timedelta(days=3)

    def unit(kind: Kind, type: str, amount: Decimal) -> UnitPrice:
        return UnitPrice(Thing("eu-west-1", kind, type), amount, source=SOURCE, published=published)

    micro = PriceList(
        Machine("eu-west-1", "t3.micro"),
        Price(Decimal(0), rates.machine("t3.micro")),
        source=SOURCE,
        published=published,
    )
    units = (
        unit(Kind.VOLUME, "gp3", rates.VOLUMES["gp3"]),
        unit(Kind.SNAPSHOT, "standard", rates.SNAPSHOTS["standard"]),
        unit(Kind.ADDRESS, "in-use", rates.ADDRESS),
    )
    directory = tmp_path / "state" / "prices"
    keep_book(directory, book_text((micro,), units), sandbox.now)
    return directory


def told(screen: Screen) -> Any:
    assert screen.exit == 0, screen.stderr
    return json.loads(screen.stdout)


def usd(text: str) -> dict[str, str]:
    return {"amount": text, "currency": "USD"}


@pytest.mark.usefixtures("book")
def test_a_launch_by_step_and_in_all(shell: Shell) -> None:
    plan = told(shell.run(f"{LAUNCH} -n 2 --volume 100 --eip --dry-run -o json"))
    by_key = {step["key"]: step["cost_month"] for step in plan["steps"]}
    # 730 × 0.01, and 8 and 100 GiB at 0.08; 730 × 0.005 for the address that stays.
    assert by_key["launch/shop-1"] == by_key["launch/shop-2"] == usd("15.94")
    assert by_key["address/shop-1"] == usd("3.65")
    assert by_key["assign/shop-1"] is None
    assert plan["cost"]["month"] == usd("39.18")
    assert plan["cost"]["unpriced"] == []
    assert plan["cost"]["sources"][0].startswith(f"{SOURCE}, published ")
    assert plan["cost"]["sources"][0].endswith(", 3 days old")


@pytest.mark.usefixtures("book")
def test_without_an_elastic_address_the_subnets_is_counted(shell: Shell) -> None:
    plan = told(shell.run(f"{LAUNCH} --dry-run -o json"))
    assert plan["cost"]["month"] == usd("11.59")


@pytest.mark.usefixtures("book")
@pytest.mark.parametrize(
    "line",
    ["image import disk.raw --name moved --no-boot-test", "image build debian-12-minimal --name built"],
)
def test_an_image_is_at_most_what_its_disk_is(shell: Shell, line: str) -> None:
    with (shell.home / "disk.raw").open("wb") as file:
        file.write(b"\xeb" + bytes(509) + b"\x55\xaa")
        file.truncate(2 << 30)
    plan = told(shell.run(f"{line} --dry-run -o json"))
    by_key = {step["key"]: step["cost_month"] for step in plan["steps"]}
    # 2 GiB at 0.05.
    assert by_key == {"upload": usd("0.10"), "verify": None, "register": None}
    assert (plan["cost"]["month"], plan["cost"]["at_most"]) == (usd("0.10"), True)


@pytest.mark.usefixtures("book")
def test_a_set_is_a_bound(shell: Shell) -> None:
    screen = shell.run("snapshot create web-1 --dry-run -o table")
    assert "(at most 1.40 USD a month)" in screen.stdout
    assert "costs: at most 1.40 USD a month (730 h): 28 GiB of snapshots 1.40" in screen.stdout
    plan = told(shell.run("snapshot create web-1 --dry-run -o json"))
    assert (plan["cost"]["month"], plan["cost"]["at_most"]) == (usd("1.40"), True)


@pytest.mark.usefixtures("book")
def test_show_tells_a_machine_as_it_stands(shell: Shell, sandbox: Seeded) -> None:
    assert told(shell.run("show web-1 -o json"))["cost"]["month"] == usd("13.19")
    sandbox.ec2.stop_instances(InstanceIds=[sandbox.id("web-1")])
    sandbox.tick(60)
    stopped = told(shell.run("show web-1 -o json"))["cost"]
    assert stopped["month"] == usd("2.24")
    assert [part["kind"] for part in stopped["parts"]] == ["disk", "disk"]


@pytest.mark.usefixtures("book")
def test_terminate_says_what_ends_and_what_goes_on(shell: Shell) -> None:
    screen = shell.run("terminate web-1 web-2 --snapshot --dry-run -o table")
    ends = "no longer billed: 24.78 USD a month: 2 × t3.micro 14.60, 36 GiB of gp3 2.88, 2 × public IPv4 address 7.30"
    assert ends in screen.stdout
    assert "goes on to be billed: at most 1.80 USD a month: 36 GiB of snapshots 1.80" in screen.stdout


@pytest.mark.usefixtures("book")
def test_lists_are_added_up_for_a_person_and_not_for_a_pipe(shell: Shell) -> None:
    assert f"1 Elastic IP: 3.65 USD a month (prices: {SOURCE}" in shell.run("eip ls -o table").stderr
    assert "USD" not in shell.run("eip ls").stderr
    assert "USD" not in shell.run("snapshot ls -o table").stderr
    assert shell.run("snapshot create web-2").exit == 0
    assert "1 set: at most 0.40 USD a month" in shell.run("snapshot ls -o table").stderr


@pytest.mark.usefixtures("book")
def test_what_runs_and_the_bill_agree(shell: Shell) -> None:
    """The same prices, by two ways: but for the free address, of which AWS does not tell since when it is there."""
    bill = told(shell.run("cost -o json"))
    running = told(shell.run("cost --running -o json"))

    def amounts(found: Any) -> list[Decimal]:
        return sorted(
            Decimal(each["cash"]["amount"]) for each in found["drivers"] if "IPv4" not in each["usage"]
        )

    for by_bill, by_running in zip(amounts(bill), amounts(running), strict=True):
        assert abs(by_bill - by_running) < Decimal("0.01")


@pytest.mark.parametrize(
    "line",
    [f"{LAUNCH} --dry-run", "snapshot create web-1 --dry-run", "show web-1", "terminate web-1 --dry-run"],
)
def test_a_damaged_book_is_one_line_and_no_failure(shell: Shell, book: Path, line: str) -> None:
    for path in book.iterdir():
        path.write_text('{"format": "ec2kit-prices", "version": 1, "machines": 7}')
    screen = shell.run(line)
    assert screen.exit == 0
    said = [each for each in screen.stderr.splitlines() if "what it costs cannot be told" in each]
    assert len(said) == 1
    assert "Traceback" not in screen.stderr


def test_a_launch_does_not_ask_for_prices_or_read_them(shell: Shell, book: Path, sandbox: Seeded) -> None:
    for path in book.iterdir():
        path.write_text("no book")
    screen = shell.run(LAUNCH)
    assert screen.exit == 0, screen.stderr
    assert "costs" not in screen.stderr
    assert not [name for name in sandbox.app.calls.names() if name.startswith(("pricing:", "ce:"))]
    assert shell.run("terminate shop -y").exit == 0


@pytest.mark.usefixtures("book")
def test_telling_costs_asks_aws_for_nothing(shell: Shell, sandbox: Seeded) -> None:
    for line in (f"{LAUNCH} --dry-run", "show web-1", "terminate web-1 --dry-run", "eip ls -o table"):
        assert shell.run(line).exit == 0
    assert not [name for name in sandbox.app.calls.names() if name.startswith(("pricing:", "ce:"))]
