"""The storm brake, the caps, and the choice of a set."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.model.ids import Zone
from ec2kit.model.tags import BAD, DRILLED, FAILURE, HOLD_COOLDOWN
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
    assert bool(storm(fleet(*zones), BRAKE)) is brakes


def test_what_is_being_recovered_already_is_no_new_storm() -> None:
    machines = fleet(("a", 4, 1))
    under_way = instance("i-z", zone=Zone("a"), tags={FAILURE: "1:recovering:restart:20260102T030000Z"})
    assert storm([*machines, Watched(under_way, Judgement(Condition.FAILED))], BRAKE) == ""


@given(st.integers(1, 200), st.data())
def test_more_sick_machines_never_release_the_brake(count: int, data: st.DataObject) -> None:
    sick = data.draw(st.integers(0, count - 1))
    if storm(fleet(("a", count, sick)), BRAKE):
        assert storm(fleet(("a", count, sick + 1)), BRAKE)


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
