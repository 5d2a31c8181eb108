"""Where each machine stands, as `recovery status` shows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from ec2kit.costs.standing import Cost, instance_cost
from ec2kit.model.disks import Volume
from ec2kit.model.ids import InstanceId, VolumeId, Zone
from ec2kit.model.instances import State
from ec2kit.model.money import Money
from ec2kit.model.tags import CHECK, FAILURE, HOLD_PAUSE, NAME, REPLACED_BY, REPLACES, STATE
from ec2kit.probes.control import Control
from ec2kit.recovery.enrolled import Vanished
from ec2kit.recovery.holds import Hold, format_hold
from ec2kit.recovery.judge import Condition, Judgement
from ec2kit.recovery.objections import Scene
from ec2kit.recovery.status import Aside, asides, standings, vanished
from ec2kit.recovery.storm import Watched
from ec2kit.recovery.watch import Watch
from ec2kit.screen.recovery import STANDING_COLUMNS
from tests.costs.rates import RoundRates
from tests.recovery.making import NOW, instance, snapshot_set

SCENE = Scene(Watch(NOW, (), {}, {}, Control(True)))
HEALTHY = Judgement(Condition.HEALTHY, ("http: replied 200",))


def test_a_machine_that_nothing_keeps_from_being_recovered() -> None:
    machine = instance(tags={CHECK: "http:80/", FAILURE: "2:done"})
    (row,) = standings([Watched(machine, HEALTHY)], SCENE, [snapshot_set(3, "completed")], NOW)
    assert row.blocked == ()
    assert (row.verdict, row.failures, row.course, row.set_age) == ("healthy", 2, "done", "3h")
    assert row.probes == "http:80/"
    assert row.policy.startswith("up to replace; 3 bad of 5 over 3m")


def test_all_that_is_in_the_way_is_listed() -> None:
    hold = Hold("ops", "upgrade", NOW + timedelta(hours=1))
    machine = instance(tags={HOLD_PAUSE: format_hold(hold)})
    scene = replace(SCENE, look=replace(SCENE.look, storm="3 of 4 are sick"))
    (row,) = standings([Watched(machine, HEALTHY)], scene, [snapshot_set(30, "completed")], NOW)
    assert [word.split(":")[0] for word in row.blocked] == ["held", "storm", "cannot be replaced"]
    assert row.holds == (str(hold),)


def test_a_replacement_lives_on_its_predecessor_s_sets() -> None:
    heir = instance("i-2", tags={REPLACES: "i-00000001"})
    (row,) = standings([Watched(heir, HEALTHY)], SCENE, [snapshot_set(3, "completed")], NOW)
    assert row.set_age == "3h"
    assert row.blocked == ()


def test_a_machine_that_is_only_watched_is_not_touched() -> None:
    watched = instance(tags={"ec2kit:protect": "watch"})
    (row,) = standings([Watched(watched, HEALTHY)], SCENE, (), NOW)
    assert row.blocked == ("it is protected up to 'watch': told, and not touched",)


def test_a_policy_that_cannot_be_read_is_told() -> None:
    odd = instance(tags={"ec2kit:policy": "bad=none"})
    (row,) = standings([Watched(odd, HEALTHY)], SCENE, [snapshot_set(3, "completed")], NOW)
    assert row.blocked == ("'bad=none' wants a whole number above 0",)


def test_what_is_set_aside_and_what_it_keeps() -> None:
    tags = {STATE: "quarantined", NAME: "web-1.failed-1", REPLACED_BY: "i-2", FAILURE: "1:done"}
    old = instance(state=State.STOPPED, tags=tags)
    volume = Volume(VolumeId("vol-1"), "in-use", 8, Zone("eu-west-1a"))
    (row,) = asides([Aside(old, (volume, replace(volume, size_gib=20)))])
    assert row.verdict == "quarantined"
    assert row.reasons == ("stopped", "2 volumes, 28 GiB kept and billed")
    assert (row.kept_gib, row.replaced_by) == (28, "i-2")
    assert row.blocked == ("ec2kit recovery retire i-00000001",)


def test_a_quarantined_machine_that_runs_and_a_twin_are_told() -> None:
    old = instance(tags={STATE: "quarantined"})
    twin = instance("i-2", tags={STATE: "twin", FAILURE: "1:failed"})
    running, waiting = asides([Aside(old), Aside(twin)])
    assert "it runs although it is quarantined: stop it" in running.reasons
    assert waiting.blocked == ("ec2kit recovery ack i-2",)


def test_the_vanished_are_there() -> None:
    (row,) = vanished([Vanished(InstanceId("i-9"), "web-9")])
    assert (row.id, row.verdict) == ("i-9", "vanished")


def test_one_volume_is_one_and_reasons_are_told_apart() -> None:
    old = instance(state=State.STOPPED, tags={STATE: "quarantined"})
    (row,) = asides([Aside(old, (Volume(VolumeId("vol-1"), "in-use", 8, Zone("eu-west-1a")),))])
    (reasons,) = [column for column in STANDING_COLUMNS if column.name == "reasons"]
    assert reasons.shown is not None
    assert reasons.shown(row) == "stopped; 1 volume, 8 GiB kept and billed"


def test_what_a_quarantined_machine_keeps_costs_something() -> None:
    old = instance(state=State.STOPPED, tags={STATE: "quarantined"})
    disks = (Volume(VolumeId("vol-1"), "in-use", 28, Zone("eu-west-1a"), instance=old.id),)
    cost = instance_cost(RoundRates(), "eu-west-1", old, disks)
    (row,) = asides([Aside(old, disks, cost)])
    assert row.reasons[1] == "1 volume, 28 GiB kept and billed, 2.80 USD a month"
    assert row.kept_month == Money(Decimal("2.80"))


def test_without_a_price_it_says_so() -> None:
    old = instance(state=State.STOPPED, tags={STATE: "quarantined"})
    disks = (Volume(VolumeId("vol-1"), "in-use", 28, Zone("eu-west-1a"), "sc1", instance=old.id),)
    cost = instance_cost(RoundRates(), "eu-west-1", old, disks)
    (row,) = asides([Aside(old, disks, cost)])
    assert row.reasons[1] == "1 volume, 28 GiB kept and billed, no price known for GiB of sc1"
    assert row.kept_month is None
    assert [each.reasons[1] for each in asides([Aside(old, disks), Aside(old, disks, Cost())])] == [
        "1 volume, 28 GiB kept and billed"
    ] * 2
