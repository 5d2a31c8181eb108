"""A zone that is disturbed: AWS tells nothing of its machines, and that is no evidence of anybody's death."""

from __future__ import annotations

import pytest

from ec2kit.errors import Unavailable
from ec2kit.model.ids import InstanceId, Zone
from ec2kit.model.instances import State
from ec2kit.model.tags import PROTECT, REPLACED_BY, STATE
from ec2kit.recovery.heal import Healed, heal
from ec2kit.recovery.judge import Condition
from ec2kit.recovery.observe import Context
from ec2kit.recovery.policy import Policy
from ec2kit.recovery.watch import UNTOLD
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


def by_hand(station: Station, id: str, *objections: str) -> Healed:
    """A person says that the machine's zone is gone."""
    context = Context(InstanceId(id), Policy(), UNTOLD, objections, by_hand=Zone("eu-west-1b"))
    return heal(station.healer(), context)


def test_a_person_may_say_that_a_zone_is_gone(station: Station) -> None:
    id = station.enrol("web-1")
    station.sandbox.app.world.conditions.zones_down.add("eu-west-1a")
    healed = by_hand(station, id)
    assert healed.result == "healed", (healed.why, station.said)
    assert healed.moves == ["begin", "replace", "address", "finish"]
    new = station.aws.instances.told([str(healed.successor)]).instances[0]
    assert new.zone == "eu-west-1b"
    assert new.type == "t3.micro"
    assert station.address().instance == new.id
    old = station.aws.tags.of([id])[id]
    assert (old[STATE], old[REPLACED_BY]) == ("quarantined", new.id)
    station.sandbox.app.world.conditions.zones_down.clear()
    station.sandbox.tick(60)
    assert station.instance(id).state is State.RUNNING
    assert station.address().instance == new.id
    assert [each.instance.id for each in station.watch().machines if each.instance.name == "web-1"] == [
        new.id
    ]


def test_what_a_person_may_not_override_still_forbids(station: Station) -> None:
    id = station.enrol("web-1")
    station.sandbox.app.world.conditions.zones_down.add("eu-west-1a")
    assert by_hand(station, id, "it belongs to an Auto Scaling group").result == "blocked"


def test_without_a_set_there_is_nothing_to_go_to_the_other_zone_with(station: Station) -> None:
    id = station.sandbox.id("web-4")
    station.sandbox.app.world.conditions.zones_down.add("eu-west-1a")
    healed = by_hand(station, id)
    assert healed.result == "blocked"
    assert "there is no snapshot set of it" in healed.why
