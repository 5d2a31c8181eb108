"""A monitor that comes late, or finds that somebody had a hand in it: what lives is not replaced, what was done by
halves is finished, and nobody asks AWS in circles."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ec2kit.errors import Exit
from ec2kit.model.instances import State
from ec2kit.model.tags import FAILURE, HOLD_COOLDOWN, HOLD_FAILED, REPLACED_BY, STATE
from ec2kit.recovery.seen import Health
from ec2kit.sandbox import breaks
from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.fault_words import parse_order
from ec2kit.sandbox.faults import Spell
from tests.recovery.rig import Station
from tests.sandbox.seeded import Seeded


class Killed(BaseException):
    """The monitor is gone."""


@pytest.fixture
def station() -> Station:
    sandbox = Seeded()
    sandbox.tick(600)
    return Station(sandbox)


def impair(station: Station, id: str) -> None:
    station.sandbox.app.world.conditions.impair(id, "instance", station.clock.now())
    station.clock.sleep(240)


def kill_after(station: Station, id: str, action: str, text: str = "") -> None:
    """Heal until this call is answered, with this text among what it said, and no further."""

    def cut(call: Call) -> None:
        if call.action == action and text in str(call.params):
            raise Killed

    station.sandbox.app.hooks.after.append(cut)
    with pytest.raises(Killed):
        station.heal(id)
    station.sandbox.app.hooks.after.remove(cut)


def later(station: Station, minutes: int) -> Station:
    """Another monitor, so many minutes on, that knows nothing of the first one."""
    station.clock.sleep(minutes * 60)
    return Station(station.sandbox)


@pytest.mark.parametrize("check", ["http:80/ banner:22", ""])
def test_what_came_back_before_it_was_stopped_is_called_off(station: Station, check: str) -> None:
    id = station.enrol("web-1", check=check)
    impair(station, id)
    kill_after(station, id, "CreateTags", "fencing")
    station.sandbox.app.world.conditions.mend(id)
    launched = station.instance(id).launched
    assert later(station, 20).heal(id).moves == ["call off"]
    assert station.instance(id).launched == launched


def test_a_restart_has_its_whole_time_however_late_it_comes(station: Station) -> None:
    id = station.enrol("web-1")
    impair(station, id)
    kill_after(station, id, "StopInstances")
    station.sandbox.app.world.conditions.mend(id)
    healed = later(station, 40).heal(id)
    assert (healed.result, healed.moves) == ("healed", ["restart", "finish"])


def test_what_came_back_before_it_was_replaced_is_not(station: Station) -> None:
    id = station.enrol("web-1")
    impair(station, id)
    kill_after(station, id, "CreateTags", ":replace:")
    station.sandbox.app.world.conditions.mend(id)
    healed = later(station, 20).heal(id)
    assert (healed.result, healed.moves) == ("healed", ["finish"])
    after = station.instance(id)
    assert (after.state, after.tags[FAILURE], after.tags.get(STATE)) == (State.RUNNING, "1:done", None)
    assert len(station.named("web-1")) == 1


def test_a_replacement_is_tried_however_late_it_comes(station: Station) -> None:
    id = station.enrol("web-1")
    impair(station, id)
    kill_after(station, id, "CreateTags", ":replace:")
    healed = later(station, 60).heal(id)
    assert healed.result == "healed", healed
    assert station.address().instance == healed.successor


def test_a_replacement_that_serves_is_finished_however_late(station: Station) -> None:
    id = station.enrol("web-1")
    impair(station, id)
    kill_after(station, id, "RunInstances")
    healed = later(station, 60).heal(id)
    assert healed.result == "healed", healed
    assert station.address().instance == healed.successor
    assert HOLD_FAILED not in station.instance(id).tags


def test_an_old_half_that_somebody_starts_again_is_stopped_again(station: Station) -> None:
    id = station.enrol("web-1")
    impair(station, id)
    started: list[str] = []

    def start_it(call: Call) -> None:
        if call.action == "RunInstances" and not started:
            started.append(id)
            station.aws.instances.start(id)

    station.sandbox.after(start_it)
    healed = station.heal(id)
    assert healed.result == "healed", healed
    assert station.instance(id).state is State.STOPPED
    assert station.address().instance == healed.successor


def test_a_takeover_looks_three_times_whether_the_old_half_is_off(station: Station) -> None:
    id = station.enrol("web-1")
    impair(station, id)
    kill_after(station, id, "CreateTags", ":replace:")
    station.aws.instances.stop(id)
    late = later(station, 2)
    healed = late.heal(id)
    assert healed.result == "healed", healed
    assert sum("looking again to be sure" in line for line in late.said) == 2


def test_a_sign_of_life_is_more_than_serving() -> None:
    assert Health(False, False, answers=True).lives
    assert not Health(False, True).lives
    assert Health(None, True).lives
    assert not Health(None, False).lives


def test_one_that_was_held_up_puts_back_the_mark_it_took_for_its_own(station: Station) -> None:
    id = station.enrol("web-1")
    impair(station, id)
    kill_after(station, id, "CreateTags", "fencing")
    station.sandbox.app.world.conditions.mend(id)
    late = later(station, 2)

    def replaced_meanwhile(call: Call) -> None:
        if call.action == "DeleteTags" and REPLACED_BY not in station.instance(id).tags:
            station.aws.tags.set([id], {REPLACED_BY: "i-0123456789abcdef0", STATE: "quarantined"})

    station.sandbox.app.hooks.before.append(replaced_meanwhile)
    healed = late.heal(id)
    assert healed.moves == ["call off", "quarantine again"]
    tags = station.instance(id).tags
    assert tags[STATE] == "quarantined"
    assert HOLD_COOLDOWN not in tags


def test_hours_without_a_monitor_do_not_skip_a_way_of_stopping(station: Station) -> None:
    id = station.enrol("web-1")
    impair(station, id)
    station.sandbox.app.world.conditions.stuck_stop.add(id)
    kill_after(station, id, "StopInstances")
    late = later(station, 180)
    asked: list[str] = []
    late.sandbox.after(lambda call: asked.append(_way(call)) if call.action == "StopInstances" else None)
    blocked = late.heal(id)
    assert (blocked.result, blocked.exit) == ("blocked", Exit.REFUSED)
    assert "stuck in 'stopping'" in blocked.why
    # The plain stop was seen under way, and had its time; then each harder one was asked for.
    assert asked == ["force", "cut"]
    began = late.clock.now()
    assert late.heal(id).result == "blocked"
    assert (asked, late.clock.now() - began < timedelta(minutes=1)) == (["force", "cut"], True)


def test_a_monitor_that_goes_on_asks_for_the_next_way_only(station: Station) -> None:
    id = station.enrol("web-1")
    impair(station, id)
    station.sandbox.app.world.conditions.stuck_stop.add(id)
    kill_after(station, id, "StopInstances")
    station.clock.sleep(180 * 60)
    asked: list[tuple[str, object]] = []
    station.sandbox.after(
        lambda call: (
            asked.append((_way(call), station.clock.now())) if call.action == "StopInstances" else None
        )
    )
    assert station.heal(id).result == "blocked"
    (force, first), (cut, second) = asked
    assert (force, cut) == ("force", "cut")
    assert second - first >= timedelta(minutes=2)  # type: ignore[operator]  # both are times


def _way(call: Call) -> str:
    """How hard a stop was asked for."""
    said = call.params
    return (
        "cut" if said.get("SkipOsShutdown") == "true" else "force" if said.get("Force") == "true" else "plain"
    )


def test_a_machine_without_room_is_told_and_tried_again_and_not_replaced(station: Station) -> None:
    id = station.enrol("web-1")
    disks = station.instance(id).disks
    impair(station, id)
    order = parse_order("error:InsufficientInstanceCapacity", "StartInstances", Spell())
    breaks.make(station.sandbox.app.world, order)
    blocked = station.heal(id)
    assert (blocked.result, blocked.exit) == ("blocked", Exit.REFUSED)
    assert "no capacity to start a t3.micro in eu-west-1a" in blocked.why
    assert f"--instance-id {id}" in blocked.hint
    began = station.clock.now()
    assert later(station, 60).heal(id).result == "blocked"
    assert station.clock.now() - began < timedelta(minutes=62), "one more try, and no waiting"
    station.sandbox.app.world.faults.faults.clear()
    station.sandbox.app.world.conditions.mend(id)
    healed = station.heal(id)
    assert (healed.result, healed.moves) == ("healed", ["restart", "finish"])
    assert station.instance(id).disks == disks
    assert len(station.named("web-1")) == 1
