"""`recover`: the whole loop once, and everything that keeps it from beginning."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ec2kit.model.tags import HOLD_FAILED, NAME, PROTECT, REPLACED_BY, STATE
from tests.cli.screens import Screen, check_golden
from tests.cli.watched import ADDRESS, Fleet
from tests.faults.ground import FaultyShell


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


def quiet(screen: Screen) -> bool:
    return (screen.exit, screen.stdout, screen.stderr) == (0, "", "")


def test_the_whole_loop(fleet: Fleet) -> None:
    old = fleet.sandbox.id("web-1")
    assert fleet.cron.run("protect web-1").exit == 0
    assert fleet.cron.run(f"eip assign {ADDRESS} web-1").exit == 0
    fleet.impair(old)
    before = fleet.kept()
    assert fleet.cron.run("check").exit == 2

    check_golden("recover_healed", fleet.cron.run("recover all"))

    new = fleet.sandbox.id("web-1")
    assert new != old
    assert fleet.holder() == new
    assert fleet.described(old)["State"]["Name"] == "stopped"
    tags = fleet.tags(old)
    assert (tags[NAME], tags[STATE], tags[REPLACED_BY]) == ("web-1.failed-1", "quarantined", new)
    assert fleet.tags(new)[PROTECT] == "replace"
    volumes, snapshots = fleet.kept()
    assert before[0] <= volumes
    assert before[1] <= snapshots
    assert "is well again" in fleet.cron.run("check").stdout
    assert quiet(fleet.cron.run("recover all"))
    assert quiet(fleet.cron.run("check"))

    status = {row["id"]: row for row in json.loads(fleet.cron.run("recovery status -o json").stdout)}
    assert status[old]["verdict"] == "quarantined"
    assert status[old]["kept_gib"] == 28
    assert any("28 GiB kept and billed" in reason for reason in status[old]["reasons"])
    assert status[new]["failures"] == 1
    assert "failure 1 was recovered" in status[new]["blocked"][0]

    assert fleet.cron.run("recovery retire web-1").exit == 5
    asked = fleet.cron.run("recovery retire web-1.failed-1 --dry-run -o table")
    assert "28 GiB of gp3" in asked.stdout or "no price known for GiB of gp3" in asked.stdout
    assert fleet.cron.run("recovery retire web-1.failed-1").exit == 5
    retired = fleet.cron.run("recovery retire web-1.failed-1 --yes")
    assert retired.exit == 0, retired.stderr
    assert fleet.described(old)["State"]["Name"] == "terminated"
    assert before[0] <= fleet.kept()[0], "its volumes stay"
    assert [row["name"] for row in json.loads(fleet.cron.run("recovery status -o json").stdout)] == ["web-1"]
    assert quiet(fleet.cron.run("check"))


def test_a_restart_that_helps_loses_nothing_and_the_state_directory_is_not_needed(fleet: Fleet) -> None:
    id = fleet.enrol("web-1", rung="restart")
    fleet.impair(id)
    fleet.mend_when_started(id)
    fleet.cron.environ["EC2KIT_STATE_DIR"] = str(fleet.home / "first")
    assert fleet.cron.run("check").exit == 2
    fleet.cron.environ["EC2KIT_STATE_DIR"] = str(fleet.home / "second")
    healed = fleet.cron.run("recover all")
    assert healed.exit == 0
    assert "restarted with the same disks" in healed.stdout
    assert "lost: nothing, the disks are the same" in healed.stdout
    fleet.cron.environ["EC2KIT_STATE_DIR"] = str(fleet.home / "third")
    assert quiet(fleet.cron.run("recover all"))
    fleet.sandbox.tick(660)
    fleet.impair(id)
    held = fleet.cron.run("recover all")
    assert held.exit == 5
    assert "held: failure 1 was recovered" in held.stdout


def test_a_healthy_fleet_is_never_touched(fleet: Fleet) -> None:
    for name in ("web-1", "web-2"):
        fleet.enrol(name)
    calls: list[str] = []
    fleet.sandbox.before(lambda call: calls.append(call.action))
    assert quiet(fleet.cron.run("recover all"))
    assert not [action for action in calls if not action.startswith(("Describe", "Get"))]
    person = fleet.person.run("recover web-1")
    assert person.exit == 0
    assert "nothing to do: healthy" in person.stdout


def test_a_dry_run_shows_the_first_move_and_what_may_follow(fleet: Fleet) -> None:
    fleet.impair(fleet.enrol("web-1"))
    calls: list[str] = []
    fleet.sandbox.before(lambda call: calls.append(call.action))
    check_golden("recover_dry_run", fleet.person.run("recover web-1 --dry-run"))
    assert not [action for action in calls if not action.startswith(("Describe", "Get"))]
    plan = json.loads(fleet.cron.run("recover web-1 --dry-run -o json").stdout)
    assert [step["key"] for step in plan["steps"]] == ["begin"]


def test_a_storm_holds_everything_back_and_is_said_once(fleet: Fleet) -> None:
    for name in ("web-1", "web-2"):
        fleet.impair(fleet.enrol(name))
    held = fleet.cron.run("recover all")
    assert held.exit == 5
    assert held.stdout.count("2 of 2 watched machines are sick") == 2
    again = fleet.cron.run("recover all")
    assert (again.exit, again.stdout) == (5, "")
    assert "the storm holds automatic recovery back" in fleet.cron.run("check").stdout
    assert "storm: 2 of 2" in fleet.cron.run("recovery status").stdout
    assert fleet.cron.run("recover all --ignore-storm --dry-run").exit == 0
    # Calm again, and the brake holds for ten minutes more.
    fleet.sandbox.app.world.conditions.mend(fleet.sandbox.id("web-2"))
    after = fleet.cron.run("recover web-1 --dry-run")
    assert after.exit == 5
    assert "one ended less than 10m ago" in after.stderr
    fleet.sandbox.tick(600)
    assert fleet.cron.run("recover web-1 --dry-run").exit == 0


def test_several_at_once_when_a_person_says_that_it_is_no_storm(fleet: Fleet) -> None:
    ids = [fleet.enrol(name, rung="restart") for name in ("web-1", "web-2")]
    for id in ids:
        fleet.impair(id)
        fleet.mend_when_started(id)
    fleet.cron.workers = 8
    healed = fleet.cron.run("recover all --ignore-storm -o json")
    assert healed.exit == 0, healed.stdout
    rows = json.loads(healed.stdout)
    assert sorted(row["name"] for row in rows if row["result"] == "healed") == ["web-1", "web-2"]


def test_a_stop_that_stays_stuck_waits_for_a_person(fleet: Fleet) -> None:
    id = fleet.enrol("web-1")
    fleet.impair(id)
    fleet.sandbox.app.world.conditions.stuck_stop.add(id)
    check_golden("recover_blocked", fleet.cron.run("recover all"))
    again = fleet.cron.run("recover all")
    assert (again.exit, again.stdout) == (5, "")
    assert fleet.sandbox.id("web-1") == id, "nothing takes over from a machine that may run"


def test_a_pause_holds_cron_back_and_not_a_person(fleet: Fleet) -> None:
    fleet.impair(fleet.enrol("web-1"))
    assert fleet.cron.run("recovery pause --all --for 2h --reason 'network work'").exit == 0
    held = fleet.cron.run("recover all")
    assert held.exit == 5
    assert "recovery is paused for all: network work" in held.stdout
    assert "paused for all" in fleet.cron.run("recovery status").stderr
    assert fleet.person.run("recover web-1 --dry-run").exit == 0
    assert fleet.cron.run("recovery resume --all").exit == 0
    assert fleet.cron.run("recover all --dry-run").exit == 0
    assert fleet.cron.run("recovery pause web-1 --reason 'kernel upgrade'").exit == 0
    own = fleet.cron.run("recover all")
    assert own.exit == 5
    assert "held: kernel upgrade" in own.stdout
    assert fleet.person.run("recover web-1 --dry-run").exit == 0
    fleet.sandbox.tick(2 * 3600 + 1)
    assert fleet.cron.run("recover all --dry-run").exit == 0, "it ends by itself"


def test_a_recovery_that_failed_stops_hard_until_somebody_acknowledges(fleet: Fleet) -> None:
    id = fleet.enrol("web-1", rung="restart")
    fleet.impair(id)
    failed = fleet.cron.run("recover all")
    assert failed.exit == 1
    assert "was not recovered" in failed.stdout
    assert f"hint: ec2kit recovery ack {id}" in failed.stdout
    held = fleet.cron.run("recover all")
    assert (held.exit, held.stdout) == (5, ""), "it was said"
    assert HOLD_FAILED in fleet.tags(id)
    assert fleet.cron.run("recovery ack web-1").exit == 0
    assert HOLD_FAILED not in fleet.tags(id)
    assert fleet.cron.run("recover all --dry-run").exit == 0
    assert "unchanged" in fleet.cron.run("recovery ack web-1").stdout


def test_a_machine_that_is_not_enrolled_is_asked_about(fleet: Fleet) -> None:
    id = fleet.sandbox.id("web-3")
    fleet.impair(id)
    assert fleet.cron.run("recover web-3").exit == 5
    assert fleet.cron.run("recover web-3 --dry-run").exit == 0
    fleet.person.answers = ["n"]
    assert fleet.person.run("recover web-3").exit == 5
    assert "web-3" in fleet.person.asked[0]
    assert quiet(fleet.cron.run("recover all"))
    fleet.mend_when_started(id)
    assert fleet.cron.run("recover web-3 --yes").exit == 0


def test_a_sick_monitor_recovers_nothing(fleet: Fleet) -> None:
    fleet.impair(fleet.enrol("web-1"))
    fleet.sandbox.app.world.conditions.probe_path_down = True
    check_golden("recover_sick", fleet.cron.run("recover all"))
    again = fleet.cron.run("recover all")
    assert (again.exit, again.stderr) == (5, "")
    assert "the monitor is sick" in fleet.person.run("recover web-1").stderr
    told = json.loads(fleet.cron.run("recover all -o json").stderr)
    assert told["exit"] == 5
    assert told["error"].startswith("the monitor is sick")


def test_a_monitor_that_falls_sick_on_the_way_goes_no_further(fleet: Fleet) -> None:
    id = fleet.enrol("web-1")
    fleet.impair(id)
    fleet.sandbox.after(
        lambda call: (
            setattr(fleet.sandbox.app.world.conditions, "probe_path_down", True)
            if call.action == "StartInstances"
            else None
        )
    )
    stopped = fleet.cron.run("recover all")
    assert stopped.exit == 5
    assert "the monitor is sick" in stopped.stdout
    assert fleet.sandbox.id("web-1") == id


def test_at_a_terminal_the_samples_are_taken_now_and_shown(fleet: Fleet) -> None:
    id = fleet.enrol("web-1", rung="restart")
    fleet.deaden(id, 80, 22)
    fleet.mend_when_started(id)
    healed = fleet.person.run("recover web-1")
    assert "web-1: sample 1 of 5: " in healed.stderr
    assert healed.exit == 0
    assert "was recovered" in healed.stdout
    fleet.deaden(id, 80)
    unsure = fleet.person.run("recover web-1")
    assert unsure.exit == 0
    assert "nothing to do: suspect" in unsure.stdout
    assert "but it replied: banner" in unsure.stdout


def test_what_vanished_is_said_by_name(fleet: Fleet) -> None:
    id = fleet.enrol("web-1")
    assert fleet.cron.run("recovery status").exit == 0
    fleet.sandbox.ec2.terminate_instances(InstanceIds=[id])
    fleet.sandbox.tick(2 * 3600)
    gone = fleet.cron.run("recover web-1")
    assert gone.exit == 4
    assert f"'web-1' ({id}) vanished" in gone.stderr


def test_bad_input(fleet: Fleet) -> None:
    for line, code in (("recover", 2), ("recover nobody", 4), ("recover all -n", 2)):
        seen = fleet.cron.run(line)
        assert seen.exit == code, line
        assert "Traceback" not in seen.stderr, line


@pytest.mark.parametrize(
    "line, fault, where",
    [
        ("recover all", "throttle", "sts:GetCallerIdentity"),
        ("recover all", "error:ExpiredToken", "sts:GetCallerIdentity"),
        ("recover all", "reset", "sts:GetCallerIdentity"),
        ("recover all --except web-2", "error:UnauthorizedOperation", "ec2:DescribeInstances"),
    ],
)
def test_an_aws_that_cannot_be_asked_is_said_once(fleet: Fleet, line: str, fault: str, where: str) -> None:
    fleet.cron = FaultyShell(fleet.home, fleet.sandbox, workers=1)
    fleet.enrol("web-1")
    fleet.break_(fault, where)
    first, second = fleet.cron.run(line), fleet.cron.run(line)
    assert (first.exit, second.exit) == (5, 5)
    assert "the monitor is sick" in first.stderr
    assert (second.stdout, second.stderr) == ("", "")
    fleet.mend()
    well = fleet.cron.run(line)
    assert well.exit == 0
    assert "the monitor is well again" in well.stdout


def test_cron_is_silent_with_an_exception_too(fleet: Fleet) -> None:
    fleet.enrol("web-1")
    spared = fleet.enrol("web-2")
    fleet.impair(spared)
    assert quiet(fleet.cron.run("recover all --except web-2"))
    assert "failed" in fleet.cron.run("check").stdout
    assert quiet(fleet.cron.run("check --except web-2"))
    again = fleet.cron.run("check")
    assert (again.exit, again.stdout) == (2, ""), "the other job has not made it forget"
