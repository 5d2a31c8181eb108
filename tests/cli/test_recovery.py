"""`recovery status`, `pause`, `resume`, `ack`, `retire`: what a person types and sees."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ec2kit.model.tags import HOLD_PAUSE
from tests.cli.screens import check_golden
from tests.cli.watched import Fleet


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


def test_status_shows_each_machine_and_what_is_in_the_way(fleet: Fleet) -> None:
    fleet.enrol("web-1")
    fleet.enrol("web-2", rung="watch")
    assert fleet.cron.run("recovery pause web-1 --for 1d --reason upgrade").exit == 0
    check_golden("recovery_status", fleet.cron.run("recovery status"))
    rows = json.loads(fleet.cron.run("recovery status web-2 -o json").stdout)
    assert [(row["name"], row["last_rung"]) for row in rows] == [("web-2", "watch")]
    assert json.loads(fleet.cron.run("recovery status role=db -o json").stdout) == []


def test_pause_and_resume_of_machines(fleet: Fleet) -> None:
    id = fleet.enrol("web-1")
    assert fleet.cron.run("recovery pause web-1 --for 30m --reason 'disk work' --dry-run").exit == 0
    assert HOLD_PAUSE not in fleet.tags(id)
    assert fleet.cron.run("recovery pause web-1 --for 30m --reason 'disk work'").exit == 0
    assert "why=disk work" in fleet.tags(id)[HOLD_PAUSE]
    assert fleet.cron.run("recovery resume web-1").exit == 0
    assert HOLD_PAUSE not in fleet.tags(id)
    assert "unchanged" in fleet.cron.run("recovery resume web-1").stdout
    assert fleet.cron.run("recovery pause web-3 --reason x").exit == 5, "it is not enrolled"


def test_the_pause_for_all_reads_back_and_goes(fleet: Fleet) -> None:
    assert "unchanged" in fleet.cron.run("recovery resume --all").stdout
    assert fleet.cron.run("recovery pause --all --reason 'network work'").exit == 0
    assert "network work" in fleet.cron.run("recovery status").stderr
    assert fleet.cron.run("recovery resume --all").exit == 0
    assert "network work" not in fleet.cron.run("recovery status").stderr


BAD = (
    ("recovery pause --reason x", 2),
    ("recovery pause web-1 --all --reason x", 2),
    ("recovery pause web-1", 2),
    ("recovery pause web-1 --for soon --reason x", 2),
    ("recovery resume", 2),
    ("recovery ack nobody", 4),
    ("recovery retire", 2),
    ("recovery retire web-1 --yes", 5),
    ("recovery status nobody", 4),
)


def test_bad_input(fleet: Fleet) -> None:
    for line, code in BAD:
        seen = fleet.cron.run(line)
        assert seen.exit == code, line
        assert "Traceback" not in seen.stderr


def test_a_quarantined_machine_without_a_replacement_is_not_retired(fleet: Fleet) -> None:
    id = fleet.sandbox.id("web-4")
    tags = [
        {"Key": "ec2kit:state", "Value": "quarantined"},
        {"Key": "ec2kit:replaced-by", "Value": "i-0123456789abcdef0"},
    ]
    fleet.sandbox.ec2.create_tags(Resources=[id], Tags=tags)
    fleet.sandbox.tick(10)
    seen = fleet.cron.run(f"recovery retire {id} --yes")
    assert seen.exit == 5
    assert "its replacement is not there to be judged" in seen.stderr
    assert fleet.described(id)["State"]["Name"] == "running"


def test_a_pair_that_was_given_up_is_told_until_it_is_acknowledged(fleet: Fleet) -> None:
    new, old = fleet.enrol("web-3"), fleet.enrol("web-4")
    fleet.sandbox.ec2.stop_instances(InstanceIds=[old])
    hold = {
        "ec2kit:hold.failed": "until=-; by=ec2kit; why=recovery 1 failed: no reply",
        "ec2kit:failure": "1:failed",
    }
    fleet.tag(
        old, {"Name": "web-3.failed-1", "ec2kit:state": "quarantined", "ec2kit:replaced-by": new, **hold}
    )
    fleet.tag(new, {"ec2kit:state": "twin", "ec2kit:replaces": old, **hold})
    fleet.sandbox.tick(60)

    told = fleet.cron.run("check")
    assert told.exit == 2
    assert "was not recovered: recovery 1 failed: no reply" in told.stdout
    assert fleet.cron.run("recover all").exit == 5
    assert fleet.cron.run("recovery ack web-3 --yes").exit == 0
    assert "ec2kit:state" not in fleet.tags(new)
    assert fleet.tags(old)["ec2kit:state"] == "quarantined"
    well = fleet.cron.run("check -v")
    assert well.exit == 0
    assert "is well again" in well.stdout
    assert well.stdout.endswith("1 watched: 1 healthy\n")
