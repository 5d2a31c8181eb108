"""`gc`: the broken sets of runs that were given up go, when somebody says so; what may become good stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from ec2kit.model.tags import OF
from tests.cli.watched import Fleet


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


def sets_of(fleet: Fleet, id: str) -> list[str]:
    """The states of the snapshots of this machine's sets."""
    filters = [{"Name": f"tag:{OF}", "Values": [id]}]
    found = fleet.sandbox.client("ec2").describe_snapshots(Filters=filters)["Snapshots"]
    return [each["State"] for each in found]


def test_a_broken_set_of_a_run_that_was_given_up_goes(fleet: Fleet) -> None:
    id = fleet.sandbox.id("web-1")
    assert fleet.cron.run("snapshot create web-1").exit == 0
    fleet.break_("fail-snapshot", "web-1")
    assert fleet.cron.run("snapshot create web-1").exit != 0
    fleet.mend()
    fleet.sandbox.tick(3600)
    states = sets_of(fleet, id)
    assert "error" in states
    assert "delete-snapshot" not in fleet.cron.run("gc --dry-run").stdout

    assert fleet.cron.run("resume --abandon").exit == 0
    asked = fleet.cron.run("gc")
    assert (asked.exit, sets_of(fleet, id)) == (5, states)
    done = fleet.cron.run("gc -y")
    fleet.sandbox.tick(60)

    assert done.exit == 0
    assert sets_of(fleet, id) == ["completed"] * len(sets_of(fleet, id))
    assert len(sets_of(fleet, id)) == len(states) // 2
    assert fleet.cron.run("gc -y").stdout == ""
