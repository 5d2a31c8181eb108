"""When machines ran, as far as anybody saw it: what EC2 shows, what the history says, and what neither does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from ec2kit.costs.fleet.hours import Pool
from ec2kit.costs.fleet.seen import Blind, Event, Seen, Sight, Turn, as_if_always, look, pool_of, stopped_at
from ec2kit.model.ids import ImageId, InstanceId, InstanceType, Zone
from ec2kit.model.instances import Instance, State
from tests.costs.fleet.making import IRELAND, at, pool

SINCE, NOW = at(0), at(100)


def instance(
    launched: float, state: State = State.RUNNING, ended: float | None = None, id: str = "i-1"
) -> Instance:
    reason = "" if ended is None else f"User initiated ({at(ended):%Y-%m-%d %H:%M:%S} GMT)"
    return Instance(
        InstanceId(id),
        state,
        InstanceType("m5.large"),
        ImageId("ami-1"),
        Zone("eu-west-1a"),
        at(launched),
        transition_reason=reason,
    )


def event(hour: float, turn: Turn, which: Pool | None = None, id: str = "i-1") -> Event:
    return Event(at(hour), id, turn, which or (pool() if turn is Turn.LAUNCHED else None))


def seen(*instances: Instance, history: tuple[Event, ...] = (), begun: float | None = -500) -> Seen:
    started: datetime | None = None if begun is None else at(begun)
    return look(Sight(IRELAND, SINCE, NOW, instances, history, started))


def ran(found: Seen) -> list[tuple[float, float]]:
    """Hours after Monday began."""
    return [
        ((each.start - SINCE).total_seconds() / 3600, (each.end - SINCE).total_seconds() / 3600)
        for each in found.spans
    ]


def blind(found: Seen) -> dict[Blind, float]:
    return {each.why: each.seconds / 3600 for each in found.unseen}


def test_one_of_ours_that_runs_is_seen_whole() -> None:
    found = seen(instance(10), history=(event(10, Turn.LAUNCHED),))
    assert (ran(found), blind(found), found.machines) == ([(10, 100)], {}, 1)


def test_the_hour_that_is_not_over_is_counted_to_its_end() -> None:
    machines = (instance(10),)
    found = look(Sight(IRELAND, SINCE, at(99.2), machines, (event(10, Turn.LAUNCHED),), at(-500)))
    assert ran(found) == [(10, 100)]


def test_one_that_ran_before_the_window_is_cut_off() -> None:
    found = seen(instance(-40), history=(event(-40, Turn.LAUNCHED),))
    assert (ran(found), blind(found)) == ([(0, 100)], {})


def test_a_stop_and_a_start_by_ec2kit_leave_a_gap() -> None:
    history = (event(0, Turn.LAUNCHED), event(20, Turn.STOPPED), event(50, Turn.STARTED))
    found = seen(instance(50.01), history=history)
    assert [tuple(round(hour, 2) for hour in each) for each in ran(found)] == [(0, 20), (50.01, 100)]
    assert blind(found) == {}


def test_one_that_was_stopped_ran_until_then() -> None:
    found = seen(instance(10, State.STOPPED, 30), history=(event(10, Turn.LAUNCHED),))
    assert (ran(found), blind(found)) == ([(10, 30)], {})


def test_one_that_ended_is_seen_while_ec2_shows_it() -> None:
    found = seen(instance(10, State.TERMINATED, 99), history=(event(10, Turn.LAUNCHED),))
    assert ran(found) == [(10, 99)]


def test_one_that_ended_is_seen_in_the_history_when_ec2_shows_it_no_more() -> None:
    found = seen(history=(event(10, Turn.LAUNCHED), event(60, Turn.ENDED)))
    assert ran(found) == [(10, 60)]
    assert blind(found) == {Blind.TAKEN_FOR_LINUX: 50}
    assert all(each.counted for each in found.unseen)


def test_one_that_nobody_saw_end_is_not_counted() -> None:
    found = seen(history=(event(10, Turn.LAUNCHED),))
    assert (ran(found), blind(found)) == ([], {Blind.END_UNKNOWN: 90})
    assert not found.unseen[0].counted


def test_one_that_somebody_else_started_anew_is_assumed_to_have_gone_on() -> None:
    found = seen(instance(70), history=(event(10, Turn.LAUNCHED),))
    assert ran(found) == [(10, 70), (70, 100)]
    assert [each.assumed for each in found.spans] == [True, False]
    assert blind(found) == {Blind.ASSUMED: 60}


def test_one_that_ec2kit_did_not_launch_is_seen_from_its_last_start_on() -> None:
    found = seen(instance(70))
    assert (ran(found), blind(found)) == ([(70, 100)], {Blind.NOT_OURS: 70})
    assert blind(seen(instance(-5))) == {}


def test_one_that_is_stopped_since_nobody_knows_when_is_not_counted() -> None:
    found = seen(instance(10, State.STOPPED), history=(event(10, Turn.LAUNCHED),))
    assert (ran(found), blind(found)) == ([], {Blind.STOP_UNKNOWN: 90})


def test_what_a_machine_was_is_told_when_nobody_knows() -> None:
    found = seen(history=(event(10, Turn.STARTED), event(20, Turn.STOPPED)))
    assert (ran(found), blind(found)) == ([], {Blind.UNKNOWN_KIND: 10})


@pytest.mark.parametrize("begun, until", [(30.0, 30.0), (None, 100.0)])
def test_before_the_history_ended_machines_are_not_seen(begun: float | None, until: float) -> None:
    (first,) = seen(begun=begun).unseen
    assert (first.why, first.start, first.end) == (Blind.BEFORE_HISTORY, SINCE, at(until))


def test_reasons_are_told_once_for_all_machines() -> None:
    found = seen(instance(70), instance(80, id="i-2"))
    (one,) = found.unseen
    assert (one.machines, one.seconds) == (("i-1", "i-2"), 150 * 3600)


def test_a_machine_that_was_resized_was_of_its_old_type_before() -> None:
    history = (event(0, Turn.LAUNCHED, pool("m5.xlarge")), event(20, Turn.STOPPED))
    windows = replace(instance(50), platform_details="Windows")
    found = seen(windows, history=history)
    assert [(each.pool.type, each.pool.platform) for each in found.spans] == [
        ("m5.xlarge", "Windows"),
        ("m5.large", "Windows"),
    ]


def test_spot_and_dedicated_are_told_apart() -> None:
    spot = pool_of(IRELAND, replace(instance(0), lifecycle="spot"))
    dedicated = pool_of(IRELAND, replace(instance(0), tenancy="dedicated"))
    assert (spot.apart, dedicated.apart, pool().apart) == ("spot", "dedicated", "")


@pytest.mark.parametrize(
    "reason",
    ["", "Server.SpotInstanceTermination", "User initiated", "User initiated (2026-13-45 10:00:00 GMT)"],
)
def test_a_reason_without_a_time_says_nothing(reason: str) -> None:
    assert stopped_at(replace(instance(0), transition_reason=reason)) is None


def test_steady_is_what_runs_now_for_an_hour() -> None:
    machines = (instance(99.9), instance(10, State.STOPPED, 20))
    found = as_if_always(Sight(IRELAND, SINCE, at(100.5), machines))
    assert (ran(found), found.unseen) == ([(100, 101)], ())
