"""`protect`: enrolled, a first set taken, a probe found, the cron lines and the promise printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ec2kit.cli.surroundings import Surroundings
from ec2kit.model.tags import CHECK, HOLDER, PROTECT
from tests.cli.screens import check_golden
from tests.cli.watched import Fleet


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


def test_a_machine_is_enrolled_with_its_first_set_and_the_probes_it_answers(fleet: Fleet) -> None:
    check_golden("protect", fleet.cron.run("protect web-1"))
    id = fleet.sandbox.id("web-1")
    assert fleet.tags(id)[PROTECT] == "replace"
    assert fleet.tags(id)[CHECK] == "http:80/ banner:22"
    _, snapshots = fleet.kept()
    again = fleet.cron.run("protect web-1")
    assert again.exit == 0
    assert "unchanged" in again.stdout
    assert fleet.kept()[1] == snapshots
    assert "web-1@" in fleet.cron.run("snapshot ls web-1").stdout


def test_an_address_from_the_console_is_the_machines_from_now_on(fleet: Fleet) -> None:
    id, ec2 = fleet.sandbox.id("web-1"), fleet.sandbox.client("ec2")
    ec2.associate_address(PublicIp="203.0.113.9", InstanceId=id)
    assert fleet.cron.run("protect web-1 --no-snapshot").exit == 0
    (address,) = ec2.describe_addresses(PublicIps=["203.0.113.9"])["Addresses"]
    assert {"Key": HOLDER, "Value": id} in address["Tags"]
    assert "unchanged" in fleet.cron.run("protect web-1 --no-snapshot").stdout


def test_a_dry_run_changes_nothing(fleet: Fleet) -> None:
    before = fleet.kept()
    seen = fleet.cron.run("protect web-1 --dry-run")
    assert seen.exit == 0
    assert "create-snapshot-set" in seen.stdout
    assert PROTECT not in fleet.tags(fleet.sandbox.id("web-1"))
    assert fleet.kept() == before


def test_without_a_terminal_and_without_a_reply_it_asks_for_a_probe(fleet: Fleet) -> None:
    fleet.deaden(fleet.sandbox.id("web-1"), 80, 22)
    seen = fleet.cron.run("protect web-1 --no-snapshot")
    assert seen.exit == 0
    assert "no probe" in seen.stderr
    assert "--check http:80/" in seen.stderr
    assert CHECK not in fleet.tags(fleet.sandbox.id("web-1"))


def test_at_a_terminal_it_asks_what_the_machine_answers_on(fleet: Fleet) -> None:
    id = fleet.sandbox.id("web-1")
    fleet.deaden(id, 80, 22)
    fleet.person.answers = ["banner:25"]
    assert fleet.person.run("protect web-1 --no-snapshot").exit == 0
    assert len(fleet.person.asked) == 1
    assert fleet.tags(id)[CHECK] == "banner:25"


def test_a_probe_that_is_typed_is_taken_and_tried(fleet: Fleet) -> None:
    seen = fleet.cron.run("protect web-1 --no-snapshot --last restart --check 'http:8080/health banner:22'")
    id = fleet.sandbox.id("web-1")
    assert fleet.tags(id)[CHECK] == "http:8080/health banner:22"
    assert fleet.tags(id)[PROTECT] == "restart"
    assert seen.exit == 0


def test_off_ends_it_without_asking(fleet: Fleet) -> None:
    id = fleet.enrol("web-1")
    assert fleet.cron.run("check").exit == 0
    assert fleet.cron.run("protect web-1 --off").exit == 0
    assert PROTECT not in fleet.tags(id)
    fleet.impair(id)
    assert fleet.cron.run("check").exit == 0
    assert "unchanged" in fleet.cron.run("protect web-1 --off").stdout


BAD = (
    ("protect nobody", 4),
    ("protect web-1 --check smoke:80", 2),
    ("protect web-1 --check ' '", 2),
    ("protect web-1 --last heaven", 2),
    ("protect web-1 --off --last watch", 2),
    ("protect", 2),
)


def test_bad_input(fleet: Fleet) -> None:
    for line, code in BAD:
        seen = fleet.cron.run(line)
        assert seen.exit == code, line
        assert "hint: " in seen.stderr
        assert "Traceback" not in seen.stderr


def test_cron_finds_a_program_that_is_on_no_path(fleet: Fleet) -> None:
    own = Surroundings.of_this_process().program
    assert Path(own).is_absolute()
    assert Path(own).name == "ec2kit"
    fleet.cron.program = own
    seen = fleet.cron.run("protect web-1 --no-snapshot")
    assert f"* * * * * {own} check " in seen.stderr
