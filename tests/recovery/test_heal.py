"""Whole recoveries in the in-process sandbox: what is done, in which order, and how it ends."""

from __future__ import annotations

import pytest

from ec2kit.errors import Busy
from ec2kit.model.instances import State
from ec2kit.model.tags import (
    FAILURE,
    HOLD_COOLDOWN,
    HOLD_FAILED,
    HOLDER,
    HOSTNAME,
    NAME,
    REPLACED_BY,
    REPLACES,
    STATE,
)
from ec2kit.recovery.judge import Condition
from ec2kit.sandbox.rules.lifecycle import fail
from tests.recovery.rig import Station
from tests.sandbox.seeded import Seeded


@pytest.fixture
def station() -> Station:
    sandbox = Seeded()
    sandbox.tick(600)
    return Station(sandbox)


def impair(station: Station, id: str, check: str = "instance", minutes: int = 4) -> None:
    station.sandbox.app.world.conditions.impair(id, check, station.clock.now())  # type: ignore[arg-type]
    station.clock.sleep(60 * minutes)


def test_a_healthy_machine_is_never_touched(station: Station) -> None:
    id = station.enrol("web-1")
    calls = len(station.journal.runs())
    before = station.instance(id)
    healed = station.heal(id)
    assert (healed.result, healed.moves) == ("nothing", [])
    assert station.instance(id) == before
    assert len(station.journal.runs()) == calls


def test_an_impaired_machine_is_restarted_and_keeps_everything(station: Station) -> None:
    id = station.enrol("web-1")
    disks = station.instance(id).disks
    impair(station, id)
    station.sandbox.after(lambda call: _mend_when_started(station, id, call.action))
    healed = station.heal(id)
    assert (healed.result, healed.why) == ("healed", "restarted with the same disks")
    assert healed.moves == ["begin", "fence", "restart", "finish"]
    after = station.instance(id)
    assert after.state is State.RUNNING
    assert after.disks == disks
    assert station.address().instance == id
    assert after.tags[FAILURE] == "1:done"
    assert STATE not in after.tags
    assert HOLD_COOLDOWN in after.tags


def test_a_machine_that_replies_before_it_is_stopped_is_left_alone_for_some_minutes(station: Station) -> None:
    id = station.enrol("web-1")
    launched = station.instance(id).launched
    for minutes in (5, 10):
        impair(station, id)
        station.sandbox.after(lambda call: _mend_when_marked(station, id, call.action))
        assert station.heal(id).moves == ["begin", "call off"]
        after = station.instance(id)
        assert (after.state, after.launched) == (State.RUNNING, launched)
        assert STATE not in after.tags
        assert f"for={minutes}m; " in after.tags[HOLD_COOLDOWN]
        impair(station, id)
        again = station.heal(id)
        assert (again.result, again.moves) == ("blocked", [])
        assert "was called off" in again.why
        station.sandbox.app.world.conditions.mend(id)
        station.clock.sleep(60 * minutes)


def _mend_when_marked(station: Station, id: str, action: str) -> None:
    """It was only slow: it replies just when its recovery begins."""
    if action == "CreateTags":
        station.sandbox.app.world.conditions.mend(id)


def _mend_when_started(station: Station, id: str, action: str) -> None:
    """A stop and start moves the machine to another host, which is what heals an impaired one."""
    if action == "StartInstances":
        station.sandbox.app.world.conditions.mend(id)


def test_a_machine_that_a_restart_does_not_help_is_replaced(station: Station) -> None:
    id = station.enrol("web-1")
    impair(station, id)
    healed = station.heal(id)
    assert healed.result == "healed", station.said
    assert healed.moves == ["begin", "fence", "restart", "escalate", "replace", "address", "finish"]
    assert healed.lost.startswith("what was written after web-1@")
    old = station.instance(id)
    assert old.state is State.STOPPED
    assert old.tags[STATE] == "quarantined"
    assert old.tags[REPLACED_BY] == healed.successor
    assert old.tags[NAME] == "web-1.failed-1"
    assert all(not disk.delete_on_termination for disk in old.disks)
    (new,) = station.named("web-1")
    assert new.id == healed.successor
    assert new.tags[REPLACES] == id
    assert STATE not in new.tags
    assert new.tags[FAILURE] == "1:done"
    assert new.groups == old.groups
    assert [disk.device for disk in new.disks] == ["/dev/xvda", "/dev/sdf"]
    address = station.address()
    assert address.instance == new.id
    assert address.tags[HOLDER] == new.id


def test_the_replacement_has_the_tags_that_the_machine_had_last(station: Station) -> None:
    id = station.enrol("web-1")
    station.aws.tags.set([id], {HOSTNAME: "web-1.shop.example.com", "team": "shop"})
    station.take_set(id)
    station.aws.tags.delete([id], [HOSTNAME])
    station.aws.tags.set([id], {"team": "blog"})
    impair(station, id)

    healed = station.heal(id)

    (new,) = station.named("web-1")
    assert healed.successor == new.id
    assert HOSTNAME not in new.tags
    assert new.tags["team"] == "blog"


def test_a_finished_recovery_run_again_does_nothing(station: Station) -> None:
    id = station.enrol("web-1")
    impair(station, id)
    new = station.heal(id).successor
    assert new is not None
    volumes, snapshots = station.aws.volumes.describe(), station.aws.snapshots.describe()
    again = station.watch()
    assert [watched.instance.id for watched in again.machines] == [new]
    assert again.machines[0].judgement.condition is Condition.HEALTHY
    assert station.heal(new).result == "nothing"
    assert station.aws.volumes.describe() == volumes
    assert station.aws.snapshots.describe() == snapshots


def test_the_replacement_fails_in_its_turn(station: Station) -> None:
    id = station.enrol("web-1")
    impair(station, id)
    second = station.heal(id).successor
    assert second is not None
    impair(station, second)
    blocked = station.heal(second)
    assert blocked.result == "blocked"
    assert "failure 1 was recovered" in blocked.why
    assert blocked.hint == "", "nobody can lift a cool-down"
    station.clock.sleep(3600)
    third = station.heal(second)
    assert third.result == "healed", (third.why, station.said)
    assert station.address().instance == third.successor
    assert station.instance(str(third.successor)).tags[FAILURE] == "2:done"


@pytest.mark.parametrize("terminated", [False, True])
def test_a_machine_that_aws_itself_ended_is_brought_back_with_its_address(
    station: Station, terminated: bool
) -> None:
    id = station.enrol("web-1")
    fail(id, terminated=terminated)
    assert station.watch().machines[0].judgement.condition is Condition.FAILED
    healed = station.heal(id)
    assert healed.result == "healed", (healed, station.said)
    assert ("replace" in healed.moves) is terminated
    assert station.address().instance == (healed.successor if terminated else id)


def test_a_machine_stopped_by_order_is_left_alone(station: Station) -> None:
    id = station.enrol("web-1")
    station.aws.instances.stop(id)
    station.clock.sleep(120)
    assert station.heal(id).result == "nothing"
    assert station.instance(id).state is State.STOPPED


def test_an_objection_blocks_only_the_beginning(station: Station) -> None:
    id = station.enrol("web-1")
    impair(station, id)
    blocked = station.heal(id, objections=("a storm",))
    assert (blocked.result, blocked.why) == ("blocked", "a storm")
    assert FAILURE not in station.instance(id).tags


def test_a_stuck_stop_is_pressed_and_then_waits_for_a_person(station: Station) -> None:
    id = station.enrol("web-1")
    impair(station, id)
    station.sandbox.app.world.conditions.stuck_stop.add(id)
    blocked = station.heal(id)
    assert blocked.result == "blocked"
    assert "stuck in 'stopping'" in blocked.why
    assert len(station.aws.instances.describe(filters={"tag:Name": ["web-1"]})) == 1
    assert station.address().instance == id
    station.sandbox.app.world.conditions.mend(id)
    station.clock.sleep(60)
    healed = station.heal(id)
    assert healed.result == "healed", (healed.why, station.said)


def test_no_set_and_a_restart_that_does_not_help_ends_in_a_hard_stop(station: Station) -> None:
    id = station.enrol("web-1")
    for snapshot in station.aws.snapshots.describe(filters={"tag:ec2kit:of": [id]}):
        station.aws.snapshots.delete(snapshot.id)
    impair(station, id)
    failed = station.heal(id)
    assert failed.result == "failed"
    assert HOLD_FAILED in station.instance(id).tags
    station.clock.sleep(120)
    again = station.heal(id)
    assert again.result == "blocked"
    assert again.hint == "ec2kit recovery ack web-1"


def test_an_address_that_a_stranger_took_is_not_taken_back(station: Station) -> None:
    id = station.enrol("web-1")
    stranger = station.sandbox.id("web-2")
    impair(station, id)
    address = station.address()
    station.aws.addresses.associate(address.allocation, stranger, reassociate=True)
    healed = station.heal(id)
    assert healed.result == "blocked"
    assert f"is held by {stranger}" in healed.why
    assert station.address().instance == stranger


def test_a_second_monitor_with_the_same_leases_is_busy(station: Station) -> None:
    id = station.enrol("web-1")
    impair(station, id)
    other = Station(station.sandbox, leases=station.leases)
    taken: list[str] = []

    def meanwhile(call: object) -> None:
        if not taken:
            taken.append("once")
            with pytest.raises(Busy):
                other.heal(id)

    station.sandbox.after(lambda call: meanwhile(call) if call.action == "StopInstances" else None)
    assert station.heal(id).result == "healed"
    assert taken


def test_deleting_the_state_in_between_changes_nothing(station: Station) -> None:
    id = station.enrol("web-1")
    impair(station, id)
    station.heal(id)
    fresh = Station(station.sandbox)
    watched = fresh.watch()
    assert [each.instance.name for each in watched.machines] == ["web-1"]
    assert watched.machines[0].judgement.condition is Condition.HEALTHY
