"""`recover az:… --to … --fenced-by-hand`: what a person says of a zone, counted and typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ec2kit.model.tags import PROTECT, STATE
from tests.cli.watched import ADDRESS, Fleet

pytestmark = pytest.mark.slow

WORDS = "recover az:eu-west-1a --to eu-west-1b --fenced-by-hand"


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """web-1 and web-4 are in eu-west-1a, web-2 is not; the zone is gone."""
    fleet = Fleet(tmp_path)
    for name in ("web-1", "web-4", "web-2"):
        assert fleet.cron.run(f"protect {name} --check 'http:80/ banner:22'").exit == 0
    assert fleet.cron.run(f"eip assign {ADDRESS} web-1").exit == 0
    fleet.sandbox.tick(600)
    fleet.sandbox.app.world.conditions.zones_down.add("eu-west-1a")
    return fleet


def test_its_machines_come_up_in_the_other_zone(fleet: Fleet) -> None:
    old = _ids(fleet)
    rehearsed = fleet.cron.run(f"{WORDS} --dry-run")
    assert rehearsed.exit == 0, rehearsed
    assert "by-hand=eu-west-1b" in rehearsed.stdout
    done = fleet.cron.run(f"{WORDS} --confirm 2 -o json")
    assert done.exit == 0, done
    fleet.sandbox.app.world.conditions.zones_down.clear()
    fleet.sandbox.tick(60)
    new = _ids(fleet)
    assert new["web-2"] == old["web-2"]
    for name in ("web-1", "web-4"):
        assert new[name] != old[name]
        assert fleet.described(new[name])["Placement"]["AvailabilityZone"] == "eu-west-1b"
        assert fleet.tags(old[name])[STATE] == "quarantined"
    assert fleet.holder() == new["web-1"]
    again = fleet.cron.run(f"{WORDS} --confirm 0")
    assert "no enrolled machine is known to be in eu-west-1a" in again.stderr


REFUSED = (
    (f"{WORDS} --yes", 5, "wants the number of machines typed"),
    (f"{WORDS} --confirm 3", 5, "2 machines of eu-west-1a are enrolled"),
    ("recover az:eu-west-1a --fenced-by-hand --confirm 2", 2, "wants the zone to go to"),
    ("recover web-1 --to eu-west-1b --fenced-by-hand", 2, "wants one zone"),
    ("recover az:eu-west-1a --to eu-west-1a --fenced-by-hand", 2, "is the zone that is gone"),
    ("recover az:eu-west-1a --to eu-west-9z --fenced-by-hand", 4, "does not exist"),
    ("recover all --to eu-west-1b", 2, "go with --fenced-by-hand"),
)
"""What is typed, how it ends, and what it says."""


def test_what_is_refused_changes_nothing(fleet: Fleet) -> None:
    before, ids = len(fleet.sandbox.app.calls.changes()), _ids(fleet)
    for words, exit, told in REFUSED:
        screen = fleet.cron.run(words)
        assert (screen.exit, told in screen.stderr) == (exit, True), (words, screen)
    # Without these words nobody touches a zone that is gone.
    fleet.cron.run("recover all")
    assert len(fleet.sandbox.app.calls.changes()) == before
    assert _ids(fleet) == ids


def _ids(fleet: Fleet) -> dict[str, str]:
    """Who bears which name and is enrolled, by name; read from the tags, which a zone does not take along."""
    found = fleet.sandbox.ec2.describe_tags(Filters=[{"Name": "resource-type", "Values": ["instance"]}])[
        "Tags"
    ]
    tags: dict[str, dict[str, str]] = {}
    for each in found:
        tags.setdefault(each["ResourceId"], {})[each["Key"]] = each["Value"]
    return {
        every["Name"]: id
        for id, every in tags.items()
        if PROTECT in every and every.get(STATE) != "quarantined"
    }
