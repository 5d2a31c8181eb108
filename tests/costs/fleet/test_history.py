"""What the journal says of machines: steps that were done, and those that did nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ec2kit.costs.fleet.history import events_in
from ec2kit.costs.fleet.seen import Turn
from ec2kit.engine.book import UNCHANGED
from ec2kit.model.ids import RunId
from ec2kit.model.runs import Run, RunState, StepRecord, StepState
from tests.costs.fleet.making import IRELAND, at
from tests.support.journals import MemoryJournal

RUN = RunId("01RUN")


def journal(*records: StepRecord) -> MemoryJournal:
    made = MemoryJournal()
    made.open_run(Run(RUN, "launch", (), "", "", "", IRELAND, "", None, RunState.DONE, at(1)))
    for record in records:
        made.write_step(record)
    return made


def step(
    kind: str,
    when: datetime,
    args: Mapping[str, Any],
    result: Mapping[str, Any] | None,
    state: StepState = StepState.DONE,
) -> StepRecord:
    key = f"{kind}-{when:%d%H}"
    return StepRecord(
        RUN, key, 0, kind, (), "", dict(args), "", state, when, None if result is None else dict(result)
    )


LAUNCHED = {"instance_id": "i-1", "zone": "eu-west-1b", "type": "m5.large", "private_ip": ""}


def test_a_launch_says_what_it_was() -> None:
    made = step("run-instance", at(1), {"request": {"tenancy": "dedicated"}}, LAUNCHED)
    (found,), begun = events_in(journal(made), IRELAND)
    assert (found.at, found.machine, found.turn, begun) == (at(1), "i-1", Turn.LAUNCHED, at(1))
    assert found.pool is not None
    assert (found.pool.type, found.pool.zone, found.pool.apart) == ("m5.large", "eu-west-1b", "dedicated")


def test_stops_starts_and_ends_are_in_order() -> None:
    done = [
        step("terminate-instance", at(9), {"instance": "i-1"}, {}),
        step("stop-instance", at(2), {"instance": "i-1"}, {}),
        step("start-instance", at(5), {"instance": "i-1"}, {"launched": ""}),
    ]
    found, _ = events_in(journal(*done), IRELAND)
    assert [(each.at, each.turn) for each in found] == [
        (at(2), Turn.STOPPED),
        (at(5), Turn.STARTED),
        (at(9), Turn.ENDED),
    ]


def test_what_changed_nothing_is_no_event() -> None:
    nothing = [
        step("stop-instance", at(2), {"instance": "i-1"}, {UNCHANGED: True}),
        step("stop-instance", at(3), {"instance": "i-1"}, None, StepState.INTENT),
        step("run-instance", at(4), {}, {"no_capacity": "none"}, StepState.FAILED),
        step("reboot-instance", at(5), {"instance": "i-1"}, {}),
    ]
    assert events_in(journal(*nothing), IRELAND) == ((), at(1))


def test_no_history_begins_never() -> None:
    assert events_in(MemoryJournal(), IRELAND) == ((), None)
