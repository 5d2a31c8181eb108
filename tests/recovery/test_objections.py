"""What forbids to begin, what a person overrides, and how the caps are shared out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ec2kit.model.ids import InstanceId
from ec2kit.model.tags import FAILURE, HOLD_COOLDOWN
from ec2kit.probes.control import Control
from ec2kit.recovery.holds import Hold, format_hold
from ec2kit.recovery.judge import Condition, Judgement
from ec2kit.recovery.objections import Scene, allot, calm_after, objections
from ec2kit.recovery.policy import Brake
from ec2kit.recovery.storm import Watched
from ec2kit.recovery.watch import Watch
from tests.recovery.making import MINUTE, NOW, instance
from tests.support.evidence import MemoryEvidence

BRAKE = Brake()
CALM = Watch(NOW, (), {}, {}, Control(True))
PAUSED = replace(CALM, pause=Hold("ops", "network work", NOW + timedelta(hours=1)))
STORMY = replace(CALM, storm="3 of 4 watched machines are sick")


def failed(number: int, **tags: str) -> Watched:
    return Watched(instance(f"i-{number:08}", tags=tags), Judgement(Condition.FAILED))


def test_nothing_forbids_on_a_calm_day() -> None:
    assert objections(instance(), Scene(CALM)) == ()


def test_each_thing_that_forbids_is_named() -> None:
    machine = instance(tags={"aws:autoscaling:groupName": "web"})
    look = replace(PAUSED, storm=STORMY.storm)
    found = objections(machine, Scene(look, ours=InstanceId(machine.id)))
    assert [word.split()[0] for word in found] == ["it", "its", "recovery", "storm:"]
    assert "network work (ops" in found[2]


def test_a_person_overrides_a_pause_and_not_a_storm() -> None:
    assert objections(instance(), Scene(PAUSED, a_person=True)) == ()
    assert objections(instance(), Scene(STORMY, a_person=True))
    assert objections(instance(), Scene(STORMY, ignore_storm=True)) == ()


def test_nobody_overrides_ourselves() -> None:
    scene = Scene(CALM, ours=InstanceId("i-00000001"), ignore_storm=True, a_person=True)
    assert objections(instance(), scene) == ("it is the machine that this runs on",)


def test_five_begin_and_the_sixth_waits() -> None:
    machines = [failed(number) for number in range(7)]
    assert set(allot(machines, machines, BRAKE, NOW)) == {"i-00000005", "i-00000006"}


def test_what_is_under_way_counts_and_is_never_refused() -> None:
    going = [failed(number, **{FAILURE: "1:recovering:restart:20260102T030000Z"}) for number in range(5)]
    new = failed(9)
    assert list(allot([*going, new], [*going, new], BRAKE, NOW)) == ["i-00000009"]


def test_an_hour_old_recovery_does_not_count_any_more() -> None:
    def cooled(until_minutes: int) -> list[Watched]:
        hold = format_hold(Hold("ec2kit", "recovered", NOW + until_minutes * MINUTE))
        return [
            Watched(instance(f"i-1{n:07}", tags={HOLD_COOLDOWN: hold}), Judgement(Condition.HEALTHY))
            for n in range(20)
        ]

    new = failed(9)
    assert allot([new], [new, *cooled(5)], BRAKE, NOW)
    assert not allot([new], [new, *cooled(-5)], BRAKE, NOW)


def test_a_storm_leaves_a_calm_of_ten_minutes() -> None:
    store = MemoryEvidence()
    assert calm_after(store, CALM, BRAKE) == ""
    assert calm_after(store, STORMY, BRAKE) == ""
    assert "calm from 2026-01-02T03:14:05Z on" in calm_after(store, replace(CALM, at=NOW + 9 * MINUTE), BRAKE)
    assert calm_after(store, replace(CALM, at=NOW + 10 * MINUTE), BRAKE) == ""
    assert calm_after(store, replace(CALM, at=NOW + 9 * MINUTE), BRAKE) == "", "it is forgotten"
