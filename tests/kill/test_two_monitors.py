"""Two monitors recover the same machine at once, each with leases of its own: there is one replacement.

In process the monitors take turns at calls, by chance that repeats itself. As processes they run side by side
against one sandbox, with different state directories.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ec2kit.recovery.heal import heal
from ec2kit.sandbox import store
from tests.kill.children import ended, practice
from tests.kill.moments import WORLD, Copied
from tests.kill.stories import RECOVER, impair
from tests.kill.sweep import CALM
from tests.kill.turns import Passes, Turns, by_chance, held_at
from tests.kill.world import World, difference, read_world
from tests.recovery.rig import Station
from tests.sandbox.seeded import Seeded

LAST_SET = "web-1@failure-1"
CHANGES, CALLS = 17, 180
"""About how many calls a recovery makes."""


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world in which web-1 is protected, has the address, and has failed."""
    left = tmp_path_factory.mktemp("failed")
    sandbox = Seeded()
    sandbox.tick(600)
    station = Station(sandbox)
    machine = station.enrol("web-1")
    station.aws.tags.set([machine], {"ec2kit:policy": "restart=80s"})
    sandbox.tick(CALM)
    impair(sandbox)
    store.save(sandbox.app, left / WORLD)
    return left


@pytest.fixture(scope="module")
def alone(failed: Path) -> World:
    """How it ends when one monitor does it."""
    sandbox = Copied(failed)
    healed = Station(sandbox).heal(sandbox.id("web-1"))
    assert (healed.result, "replace" in healed.moves) == ("healed", True), healed
    sandbox.tick(CALM)
    return read_world(sandbox.client)


def less(world: World) -> World:
    """The world without the disks' last set. CreateSnapshots has neither a client token nor a name that may be there
    only once, so two monitors that act in the same second both take one: it costs little, it is marked as bad, and
    no recovery ever uses it."""
    return {**world, "sets": [each for each in world["sets"] if each["set"] != LAST_SET]}


def same_as_one(world: World, alone: World, said: object) -> None:
    """What two monitors made is what one makes."""
    assert difference(less(world), less(alone)) == [], said
    (last,) = [each["of"] for each in world["sets"] if each["set"] == LAST_SET]
    assert len(last) in (2, 4)
    assert all("ec2kit:bad" in each["tags"] and each["state"] == "completed" for each in last)


def both(failed: Path, alone: World, passes: Passes) -> None:
    """Two monitors with nothing in common but AWS end as one does."""
    sandbox = Copied(failed)
    machine = sandbox.id("web-1")
    turns = Turns(passes)
    stations = [Station(sandbox), Station(sandbox)]
    contexts = [station.context(machine) for station in stations]
    works = [lambda n=n: heal(stations[n].healer(), contexts[n]) for n in range(2)]
    sandbox.before(turns.call)
    ended = turns.run(works)
    sandbox.app.hooks.before.clear()
    said = [station.said for station in stations]
    assert {getattr(each, "result", each) for each in ended} <= {"healed", "nothing"}, (ended, said)
    sandbox.tick(CALM)
    same_as_one(read_world(sandbox.client), alone, said)


@pytest.mark.kill
@pytest.mark.parametrize("seed", range(4))
def test_in_turns_they_make_one_replacement(failed: Path, alone: World, seed: int) -> None:
    both(failed, alone, by_chance(seed))


@pytest.mark.kill
@pytest.mark.parametrize("number", range(1, CHANGES + 1))
def test_one_that_is_held_at_a_change_makes_no_second_replacement(
    failed: Path, alone: World, number: int
) -> None:
    both(failed, alone, held_at(number, changing=True))


@pytest.mark.deep
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("share", range(4))
def test_one_that_is_held_at_any_call_makes_no_second_replacement(
    failed: Path, alone: World, share: int
) -> None:
    for number in range(1 + share, CALLS, 4):
        both(failed, alone, held_at(number, changing=False))


@pytest.mark.deep
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("share", range(4))
def test_in_many_turns_they_make_one_replacement(failed: Path, alone: World, share: int) -> None:
    for seed in range(100 + share, 300, 4):
        both(failed, alone, by_chance(seed))


@pytest.mark.kill
@pytest.mark.parametrize("time", range(3))
def test_two_processes_at_once_make_one_replacement(
    failed: Path, alone: World, tmp_path: Path, time: int
) -> None:
    homes = [tmp_path / "one", tmp_path / "two"]
    for home in homes:
        home.mkdir()
    with practice(failed, RECOVER.speed) as aws:
        monitors = [aws.start(list(RECOVER.argv), home) for home in homes]
        said = [ended(monitor) for monitor in monitors]
        assert [each.exit for each in said] == [0, 0], said
        assert not any("Traceback" in each.stderr for each in said), said
        same_as_one(read_world(aws.calm(CALM).client), alone, said)
