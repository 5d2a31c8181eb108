"""`check`: its codes, and that it speaks on a change, hourly, and at the end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.screens import Shell, check_golden
from tests.cli.watched import Fleet
from tests.faults.ground import FaultyShell


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


def test_silence_while_all_is_well(fleet: Fleet) -> None:
    fleet.enrol("web-1")
    fleet.enrol("web-2", check="")
    for seen in fleet.check_for(2):
        assert (seen.exit, seen.stdout, seen.stderr) == (0, "", "")
    plugin = fleet.cron.run("check --plugin")
    assert plugin.exit == 0
    assert plugin.stdout.startswith("EC2KIT OK - 2 of 2 | failed=0;")
    assert fleet.person.run("check").stderr == "2 watched: 2 healthy\n"


def test_nothing_enrolled_is_well(fleet: Fleet) -> None:
    seen = fleet.cron.run("check")
    assert (seen.exit, seen.stdout, seen.stderr) == (0, "", "")


def test_a_suspect_is_silent_and_shown_with_v(fleet: Fleet) -> None:
    id = fleet.enrol("web-1")
    fleet.deaden(id, 80)
    silent = fleet.cron.run("check")
    assert (silent.exit, silent.stdout) == (1, "")
    check_golden("check_suspect", fleet.cron.run("check -v"))


def test_one_kind_alone_never_fails_a_machine(fleet: Fleet) -> None:
    fleet.deaden(fleet.enrol("web-1"), 80)
    assert {seen.exit for seen in fleet.check_for(6)} == {1}


def test_two_kinds_fail_a_machine_that_ec2_calls_well(fleet: Fleet) -> None:
    fleet.deaden(fleet.enrol("web-1"), 80, 22)
    seen = fleet.check_for(4)
    assert [screen.exit for screen in seen] == [1, 1, 1, 2, 2]
    assert "it may only be unreachable from here" in seen[3].stdout
    assert seen[4].stdout == "", "what was said is not said again a minute later"


def test_a_failure_is_said_reminded_of_and_ended(fleet: Fleet) -> None:
    id = fleet.enrol("web-1")
    fleet.impair(id)
    check_golden("check_failed", fleet.cron.run("check"))
    fleet.sandbox.tick(59 * 60)
    assert fleet.cron.run("check").stdout == ""
    fleet.sandbox.tick(60)
    assert fleet.cron.run("check").stdout.startswith("still, for 1h: web-1")
    fleet.sandbox.app.world.conditions.mend(id)
    over = fleet.cron.run("check")
    assert over.exit == 0
    assert "is well again after 1h" in over.stdout
    assert fleet.cron.run("check").stdout == ""


def test_a_person_sees_what_is_wrong_each_time_and_cron_is_told_all_the_same(fleet: Fleet) -> None:
    fleet.impair(fleet.enrol("web-1"))
    first, second = fleet.person.run("check"), fleet.person.run("check")
    assert first.stdout == second.stdout
    assert "failed" in first.stdout
    assert "failed" in fleet.cron.run("check").stdout


def test_without_its_memory_it_says_everything_once_more(fleet: Fleet) -> None:
    fleet.impair(fleet.enrol("web-1"))
    assert fleet.cron.run("check").stdout
    fleet.cron.environ["EC2KIT_STATE_DIR"] = str(fleet.home / "other")
    assert fleet.cron.run("check").stdout


def test_json_has_every_verdict_and_its_reasons(fleet: Fleet) -> None:
    fleet.impair(fleet.enrol("web-1"))
    fleet.enrol("web-2")
    seen = fleet.cron.run("check -o json")
    rows = {row["name"]: row for row in json.loads(seen.stdout)}
    assert seen.exit == 2
    assert rows["web-1"]["verdict"] == "failed"
    assert rows["web-1"]["level"] == "critical"
    assert rows["web-2"]["reasons"][0] == "http: replied 200"


def test_a_machine_that_is_named_counts_alone(fleet: Fleet) -> None:
    fleet.impair(fleet.enrol("web-1"))
    fleet.enrol("web-2")
    assert fleet.cron.run("check web-2").exit == 0
    assert fleet.cron.run("check web-3").exit == 0, "it is judged though it is not enrolled"
    assert fleet.cron.run("check role=web --except web-1").exit == 0
    assert fleet.cron.run("check web-1").exit == 2


def test_a_sick_monitor_cannot_tell(fleet: Fleet) -> None:
    fleet.impair(fleet.enrol("web-1"))
    fleet.sandbox.app.world.conditions.probe_path_down = True
    check_golden("check_sick", fleet.cron.run("check"))
    again = fleet.cron.run("check")
    assert (again.exit, again.stdout) == (3, "")
    assert fleet.cron.run("check --plugin").stdout.startswith("EC2KIT UNKNOWN - 0 of 1: the monitor is sick")
    fleet.sandbox.app.world.conditions.probe_path_down = False
    well = fleet.cron.run("check")
    assert well.exit == 2
    assert "the monitor is well again" in well.stdout
    assert "web-1" in well.stdout


def test_what_is_no_verdict_is_unknown(fleet: Fleet) -> None:
    for line in ("check nobody", "check --sideways", "check -o xml", "check i-0123456789abcdef0"):
        seen = fleet.cron.run(line)
        assert seen.exit == 3
        assert seen.stderr.startswith("error: ")
        assert "Traceback" not in seen.stderr


def test_an_aws_that_does_not_answer_is_unknown_and_said_once(fleet: Fleet) -> None:
    fleet.impair(fleet.enrol("web-1"))
    assert fleet.cron.run("check").exit == 2
    fleet.break_("error:UnauthorizedOperation", "ec2:DescribeInstances")
    first, second = fleet.cron.run("check"), fleet.cron.run("check")
    assert (first.exit, second.exit) == (3, 3)
    assert "the monitor is sick" in first.stdout
    assert second.stdout == ""
    assert fleet.cron.run("check --plugin").stdout.startswith("EC2KIT UNKNOWN")
    fleet.mend()
    assert "the monitor is well again" in fleet.cron.run("check").stdout


@pytest.mark.parametrize("fault", ["throttle", "error:UnauthorizedOperation", "reset"])
def test_machines_that_are_named_do_not_make_it_say_so_each_minute(fleet: Fleet, fault: str) -> None:
    fleet.cron = FaultyShell(fleet.home, fleet.sandbox, workers=1)
    fleet.enrol("web-1")
    fleet.break_(fault, "ec2:DescribeInstances")
    first, second = fleet.cron.run("check role=web"), fleet.cron.run("check role=web")
    assert (first.exit, second.exit) == (3, 3)
    assert "the monitor is sick" in first.stdout
    assert (second.stdout, second.stderr) == ("", "")
    fleet.mend()
    assert "the monitor is well again" in fleet.cron.run("check role=web").stdout


def test_no_credentials_is_unknown(tmp_path: Path) -> None:
    bare = Shell(tmp_path, environ={"AWS_EC2_METADATA_DISABLED": "true"})
    assert bare.run("check").exit == 3
    plugin = bare.run("check --plugin")
    assert plugin.exit == 3
    assert plugin.stdout.startswith("EC2KIT UNKNOWN - 0 of 0")


def test_a_machine_that_vanished_is_told_once(fleet: Fleet) -> None:
    id = fleet.enrol("web-1")
    assert fleet.cron.run("check").exit == 0
    fleet.sandbox.ec2.terminate_instances(InstanceIds=[id])
    fleet.sandbox.tick(2 * 3600)
    gone = fleet.cron.run("check")
    assert gone.exit == 2
    assert f"web-1 ({id}) vanished" in gone.stdout
    assert fleet.cron.run("check").exit == 0


def test_a_machine_stopped_by_order_is_no_failure(fleet: Fleet) -> None:
    fleet.sandbox.ec2.stop_instances(InstanceIds=[fleet.enrol("web-1")])
    fleet.sandbox.tick(60)
    seen = fleet.cron.run("check -v")
    assert seen.exit == 0
    assert seen.stdout == "1 watched: 1 stopped by order\n"


def test_a_quarantined_machine_that_runs_again_is_told(fleet: Fleet) -> None:
    id = fleet.sandbox.id("web-4")
    fleet.sandbox.ec2.create_tags(Resources=[id], Tags=[{"Key": "ec2kit:state", "Value": "quarantined"}])
    fleet.sandbox.tick(10)
    seen = fleet.cron.run("check")
    assert seen.exit == 2
    assert "runs although it is quarantined" in seen.stdout
    assert f"hint: ec2kit stop {id}" in seen.stdout


def test_several_regions_are_looked_at(fleet: Fleet) -> None:
    fleet.impair(fleet.enrol("web-1"))
    seen = fleet.cron.run("check --region eu-west-1 --region eu-central-1 -v")
    assert seen.exit == 2
    assert "nothing is enrolled" in seen.stdout


def test_its_page_has_its_own_exit_codes(fleet: Fleet) -> None:
    assert "3 the monitor itself cannot tell" in " ".join(fleet.cron.run("check --help").stdout.split())


@pytest.mark.parametrize("fault", ["throttle", "error:ExpiredToken", "reset"])
def test_an_account_that_cannot_be_asked_for_is_said_once(fleet: Fleet, fault: str) -> None:
    fleet.cron = FaultyShell(fleet.home, fleet.sandbox, workers=1)
    fleet.enrol("web-1")
    fleet.break_(fault, "sts:GetCallerIdentity")
    first, second = fleet.cron.run("check"), fleet.cron.run("check")
    assert (first.exit, second.exit) == (3, 3)
    assert "the monitor is sick" in first.stdout
    assert (second.stdout, second.stderr) == ("", "")
    fleet.sandbox.tick(3600)
    assert fleet.cron.run("check").stdout.startswith("still, for 1h")
    fleet.mend()
    well = fleet.cron.run("check")
    assert well.exit == 0
    assert "the monitor is well again" in well.stdout
    assert fleet.cron.run("check").stdout == ""


def test_it_tells_without_a_state_directory_too(fleet: Fleet) -> None:
    fleet.break_("error:ExpiredToken", "sts:GetCallerIdentity")
    (fleet.home / "file").write_text("")
    fleet.cron.environ["EC2KIT_STATE_DIR"] = str(fleet.home / "file/below")
    for _ in range(2):
        seen = fleet.cron.run("check")
        assert seen.exit == 3
        assert "the monitor is sick" in seen.stdout


@pytest.mark.slow
def test_regions_that_cannot_be_listed_are_said_once(fleet: Fleet) -> None:
    fleet.break_("error:UnauthorizedOperation", "ec2:DescribeRegions")
    first, second = (fleet.cron.run("check --region all") for _ in range(2))
    assert (first.exit, second.exit) == (3, 3)
    assert "the monitor is sick" in first.stdout
    assert (second.stdout, second.stderr) == ("", "")
    fleet.mend()
    assert "the monitor is well again" in fleet.cron.run("check --region all").stdout


def test_an_endpoint_that_is_not_there_is_said_once(fleet: Fleet) -> None:
    fleet.cron = cron = FaultyShell(fleet.home, fleet.sandbox, workers=1)
    cron.cut_off = True
    first, second = cron.run("check"), cron.run("check")
    assert (first.exit, second.exit) == (3, 3)
    assert "the monitor is sick" in first.stdout
    assert (second.stdout, second.stderr) == ("", "")
    cron.cut_off = False
    assert "the monitor is well again" in cron.run("check").stdout
