"""The storm brake, the caps, and the choice of a set."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.model.ids import Zone
from ec2kit.model.periods import compact_time
from ec2kit.model.tags import BAD, DRILLED, FAILURE, HOLD_COOLDOWN, HOLD_FAILED
from ec2kit.recovery.candidates import NoCandidate, choose
from ec2kit.recovery.judge import Condition, Judgement
from ec2kit.recovery.policy import Brake
from ec2kit.recovery.storm import Watched, cap, storm
from ec2kit.snapshots.sets import SnapshotSet
from tests.recovery.making import NOW, instance, snapshot_set

BRAKE = Brake()
DAY = timedelta(hours=24)


def fleet(*zones_and_sick: tuple[str, int, int]) -> list[Watched]:
    """For each (zone, machines, sick): that many machines."""
    return [
        Watched(
            instance(f"i-{zone}{n}", zone=Zone(zone)),
            Judgement(Condition.FAILED if n < sick else Condition.HEALTHY),
        )
        for zone, count, sick in zones_and_sick
        for n in range(count)
    ]


@pytest.mark.parametrize(
    "zones, brakes",
    [
        ([("a", 1, 1)], False),
        ([("a", 2, 1)], False),
        ([("a", 2, 2)], True),
        ([("a", 5, 2), ("b", 5, 0)], False),
        ([("a", 5, 2), ("b", 5, 1)], True),
        ([("a", 3, 3), ("b", 97, 0)], True),
        ([("a", 2, 2), ("b", 98, 0)], False),
        ([("a", 50, 15), ("b", 50, 14)], False),
        ([("a", 50, 15), ("b", 50, 15)], True),
    ],
)
def test_when_the_storm_brake_holds(zones: list[tuple[str, int, int]], brakes: bool) -> None:
    assert bool(storm(fleet(*zones), BRAKE, NOW)) is brakes


def test_what_is_being_recovered_already_is_no_new_storm() -> None:
    machines = fleet(("a", 4, 1))
    under_way = instance("i-z", zone=Zone("a"), tags={FAILURE: "1:recovering:restart:20260102T030000Z"})
    assert storm([*machines, Watched(under_way, Judgement(Condition.FAILED))], BRAKE, NOW) == ""


def given_up(id: str, hours_ago: float) -> Watched:
    """A machine whose recovery failed so long ago, and that nobody has acknowledged."""
    since = compact_time(NOW - timedelta(hours=hours_ago))
    tags = {HOLD_FAILED: "until=-; by=ec2kit; why=x", FAILURE: f"1:failed:restart:{since}"}
    return Watched(instance(id, zone=Zone("a"), tags=tags), Judgement(Condition.FAILED))


def test_what_was_given_up_long_ago_blocks_no_recovery_of_others() -> None:
    old = [given_up("i-x", 5), given_up("i-y", 2)]
    assert storm([*old, *fleet(("a", 6, 1))], BRAKE, NOW) == ""
    assert storm([*old, *fleet(("a", 1, 1))], BRAKE, NOW) == "", "two of three known: the third is no storm"
    assert "2 of 6 watched" in storm([*old, *fleet(("a", 6, 2))], BRAKE, NOW)


def test_what_was_given_up_just_now_belongs_to_the_storm() -> None:
    assert "2 of 6 watched" in storm([given_up("i-x", 0.5), *fleet(("a", 5, 1))], BRAKE, NOW)


def test_a_zone_is_sick_as_a_whole_when_all_that_is_not_known_of_it_is() -> None:
    old = [given_up(f"i-x{n}", 5) for n in range(2)]
    assert "all 3 watched machines of a" in storm([*old, *fleet(("a", 3, 3), ("b", 97, 0))], BRAKE, NOW)
    assert storm([*old, *fleet(("a", 3, 2), ("b", 97, 0))], BRAKE, NOW) == ""


@given(st.integers(1, 200), st.data())
def test_more_sick_machines_never_release_the_brake(count: int, data: st.DataObject) -> None:
    sick = data.draw(st.integers(0, count - 1))
    if storm(fleet(("a", count, sick)), BRAKE, NOW):
        assert storm(fleet(("a", count, sick + 1)), BRAKE, NOW)


def test_five_recoveries_at_once() -> None:
    recovering = [instance(f"i-{n}", tags={FAILURE: "1:recovering"}) for n in range(5)]
    assert cap(recovering[:4], BRAKE) == ""
    assert "at most 5 at once" in cap(recovering, BRAKE)


def test_twenty_recoveries_an_hour() -> None:
    lately = [instance(f"i-{n}", tags={HOLD_COOLDOWN: "until=-; by=ec2kit; why=x"}) for n in range(20)]
    assert cap(lately[:19], BRAKE) == ""
    assert "at most 20" in cap(lately, BRAKE)


def chosen(*sets: SnapshotSet) -> SnapshotSet | str:
    found = choose(sets, DAY, NOW)
    return found.reason if isinstance(found, NoCandidate) else found


def test_the_newest_complete_set() -> None:
    old, new = snapshot_set(5, "completed"), snapshot_set(2, "completed", "completed")
    assert chosen(old, new) == new
    assert chosen(new, old) == new


@pytest.mark.parametrize(
    "states", [("pending",), ("error",), ("completed", "pending"), ("completed", "error")]
)
def test_an_incomplete_set_is_passed_over(states: tuple[str, ...]) -> None:
    whole = snapshot_set(5, "completed")
    assert chosen(snapshot_set(1, *states), whole) == whole


def test_a_set_that_lacks_a_snapshot_is_incomplete() -> None:
    whole = snapshot_set(5, "completed")
    assert chosen(snapshot_set(1, "completed", count=2), whole) == whole


def test_a_set_without_its_count_is_incomplete() -> None:
    assert not snapshot_set(1, "completed", tags={"ec2kit:volumes": "two"}).complete


def test_a_set_marked_bad_is_passed_over() -> None:
    whole = snapshot_set(5, "completed")
    assert chosen(snapshot_set(1, "completed", tags={BAD: "does not boot"}), whole) == whole


def test_a_drilled_set_goes_before_an_undrilled_one_of_the_same_hour() -> None:
    drilled = snapshot_set(1.9, "completed", tags={DRILLED: "2026-01-02T02:00:00Z 41"})
    assert chosen(drilled, snapshot_set(1, "completed")) == drilled
    assert chosen(drilled, snapshot_set(0.5, "completed")) == snapshot_set(0.5, "completed")


def test_why_there_is_no_set() -> None:
    assert chosen() == "there is no snapshot set of it"
    assert "is 1d1h old, and the policy allows 1d" in str(chosen(snapshot_set(25, "completed")))
    assert "marked bad: broken" in str(chosen(snapshot_set(1, "completed", tags={BAD: "broken"})))
    assert "has 1 of 1 snapshots, pending" in str(chosen(snapshot_set(1, "pending")))
