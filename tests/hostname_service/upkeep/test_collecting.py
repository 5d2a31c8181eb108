"""Which names are let go by `gc`, and which are not although EC2 shows nothing of their machines."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from hostname_service.config.settings import AskAws
from hostname_service.errors import Later, Unavailable
from hostname_service.identity.instances import Nowhere
from hostname_service.model import MachineState
from hostname_service.upkeep.collecting import LONGEST, Collected
from hostname_service.upkeep.desk import NamesDesk
from hostname_service.upkeep.loop import Upkeep
from tests.hostname_service.claims.town import ZONE, Town


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """Eight machines that have names since long."""
    town = Town(tmp_path / "service")
    for number in range(1, 9):
        town.ask(town.launch(number, f"web-{number}"))
    town.tick(hours=1)
    return town


def ids(town: Town) -> list[str]:
    return list(town.ec2.machines)


def shown(found: Sequence[Collected]) -> dict[str, tuple[bool, bool]]:
    return {one.binding.name: (one.judged, one.released) for one in found}


def names(town: Town) -> int:
    return len(town.registry.names())


def test_all_machines_take_one_question(town: Town) -> None:
    town.now_is(ids(town)[0], MachineState.TERMINATED)
    town.ec2.asked.clear()
    assert shown(town.desk.gc(False, "uid:0")) == {"web-1": (True, True)}
    assert town.ec2.asked == [8]


def test_what_is_not_known_of_one_keeps_no_other(town: Town) -> None:
    first, second, *_ = ids(town)
    town.now_is(first, MachineState.TERMINATED)
    town.ec2.unknown[second] = Unavailable("aws", "EC2 does not say")
    found = town.desk.gc(False, "uid:0")
    assert shown(found) == {"web-1": (True, True), "web-2": (False, False)}
    assert "EC2 does not say" in found[1].reason
    assert names(town) == 7


def test_with_ec2_away_nothing_is_let_go_and_that_is_told(town: Town) -> None:
    town.ec2.away = True
    assert set(shown(town.desk.gc(False, "uid:0", force=True)).values()) == {(False, False)}
    assert names(town) == 8


def test_with_aws_off_a_release_that_was_cut_is_finished(town: Town) -> None:
    town.ca.away = True
    with pytest.raises(Unavailable):
        town.desk.release(f"web-3.{ZONE}", "uid:0")
    town.ca.away = False
    town.settings = replace(town.settings, aws=AskAws.OFF)
    desk = NamesDesk(replace(town.ground(), instances=Nowhere()))
    found = shown(desk.gc(False, "uid:0"))
    assert found.pop("web-3") == (True, True)
    assert set(found.values()) == {(False, False)}
    assert names(town) == 7


def test_machines_that_ec2_never_heard_of_keep_their_names_when_they_are_most(town: Town) -> None:
    """Mistake: another endpoint, where nothing of this fleet is. Terminated ones are said to be, and go."""
    first, *rest = ids(town)
    town.now_is(first, MachineState.TERMINATED)
    for id in rest:
        del town.ec2.machines[id]
    found = town.desk.gc(False, "uid:0")
    assert shown(found)["web-1"] == (True, True)
    assert [one.judged for one in found].count(False) == 7
    assert names(town) == 7
    assert "7 of 8" in found[1].reason
    assert all(one.released for one in town.desk.gc(False, "uid:0", force=True))
    assert names(town) == 0


@pytest.mark.parametrize("missing, left", [(3, 5), (4, 4), (5, 8)])
def test_the_brake_lets_some_go(town: Town, missing: int, left: int) -> None:
    for id in ids(town)[:missing]:
        del town.ec2.machines[id]
    town.desk.gc(False, "uid:0")
    assert names(town) == left


def test_a_name_is_not_taken_over_from_a_machine_that_cannot_be_seen(town: Town) -> None:
    first = ids(town)[0]
    town.ec2.unknown[first] = Unavailable("aws-account", "EC2 is asked with credentials of another account")
    with pytest.raises(Later) as later:
        town.ask(town.launch(20, "web-1"))
    assert later.value.reason == "aws-away"


def test_upkeep_lets_no_name_go_by_itself(town: Town) -> None:
    town.ec2.machines.clear()
    upkeep = Upkeep(town.ground(), lambda *_: None, threading.Event())
    upkeep.repair(town.clock.now())
    assert names(town) == 8


def test_it_ends_before_nobody_waits_any_more(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for id in ids(town)[:3]:
        town.now_is(id, MachineState.TERMINATED)
    release = town.dns.release

    def slowly(records: object) -> None:
        town.tick(seconds=LONGEST.total_seconds() * 0.6)
        release(records)  # type: ignore[arg-type]

    monkeypatch.setattr(town.dns, "release", slowly)
    found = town.desk.gc(False, "uid:0")
    assert shown(found) == {"web-1": (True, True), "web-2": (True, True), "web-3": (True, False)}
    assert "run it again" in found[2].reason
