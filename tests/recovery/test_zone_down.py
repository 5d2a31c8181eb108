"""A zone that is disturbed: AWS tells nothing of its machines, and that is no evidence of anybody's death."""

from __future__ import annotations

import pytest

from ec2kit.errors import Unavailable
from ec2kit.model.tags import PROTECT
from ec2kit.recovery.judge import Condition
from tests.recovery.rig import Station
from tests.sandbox.seeded import Seeded


@pytest.fixture
def station() -> Station:
    sandbox = Seeded()
    sandbox.tick(600)
    station = Station(sandbox)
    station.aws.tags.set([sandbox.id(f"web-{n}") for n in (1, 2, 3, 4)], {PROTECT: "replace"})
    station.sandbox.tick(10)
    return station


def test_the_other_zones_are_judged_and_its_own_are_unknown(station: Station) -> None:
    station.watch()
    station.sandbox.app.world.conditions.zones_down.add("eu-west-1a")
    found = {each.instance.name: each.judgement.condition for each in station.watch().machines}
    assert found == {
        "web-1": Condition.UNKNOWN,
        "web-2": Condition.HEALTHY,
        "web-3": Condition.HEALTHY,
        "web-4": Condition.UNKNOWN,
    }


def test_nobody_has_vanished_with_the_zone(station: Station) -> None:
    station.watch()
    station.sandbox.app.world.conditions.zones_down.add("eu-west-1a")
    assert station.watch().vanished == ()
    station.sandbox.app.world.conditions.zones_down.clear()
    assert {each.judgement.condition for each in station.watch().machines} == {Condition.HEALTHY}


def test_when_every_zone_is_dark_the_monitor_says_that_it_cannot_tell(station: Station) -> None:
    station.sandbox.app.world.conditions.zones_down |= {"eu-west-1a", "eu-west-1b", "eu-west-1c"}
    with pytest.raises(Unavailable):
        station.watch()
