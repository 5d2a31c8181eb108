"""The heartbeat and the repairs go on whatever fails, and neither waits for the other."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hostname_service.errors import Refused, Unavailable
from hostname_service.identity.checks import Outage
from hostname_service.upkeep.loop import BEAT, Upkeep
from tests.hostname_service.claims.town import ZONE, Town


@dataclass
class Failing:
    """A part that fails for as long as `error` says so."""

    part: Any
    error: Exception | None = None

    def __getattr__(self, name: str) -> Any:
        if self.error is not None:
            raise self.error
        return getattr(self.part, name)


@dataclass
class Beside:
    """A town, and its upkeep."""

    town: Town
    told: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.registry, self.dns = Failing(self.town.registry), Failing(self.town.dns)
        ground: Any = replace(self.town.ground(), registry=self.registry, dns=self.dns)
        self.upkeep = Upkeep(ground, lambda *told: self.told.append(told), threading.Event())


@pytest.fixture
def beside(tmp_path: Path) -> Beside:
    return Beside(Town(tmp_path / "service"))


@pytest.mark.parametrize("error", [Unavailable("registry", "it is locked"), RuntimeError("no thread")])
def test_a_heartbeat_that_fails_is_told_and_the_time_counts_as_an_outage(
    beside: Beside, error: Exception
) -> None:
    town, upkeep = beside.town, beside.upkeep
    began = upkeep.beat(town.clock.now())
    beside.registry.error = error
    for _ in range(20):
        town.clock.time += BEAT
        assert upkeep.beat(began) == began
    assert {event for event, _ in beside.told} == {"upkeep-failed"}
    assert str(error) in beside.told[0][1]

    beside.registry.error = None
    town.clock.time += BEAT
    assert upkeep.beat(began) == town.clock.now()
    assert upkeep.outages == [Outage(began, town.clock.now())]
    assert town.registry.last_heartbeat() == town.clock.now()


def test_who_started_in_the_outage_is_believed(beside: Beside) -> None:
    town = beside.town
    id = town.launch(1, "db")
    claims = replace(town.claims(), outages=beside.upkeep.outages)
    town.tick(minutes=20)
    with pytest.raises(Refused):
        town.ask(id, claims=claims)
    beside.upkeep.beat(town.clock.now() - timedelta(minutes=21))
    assert town.ask(id, claims=claims).name == "db"


def test_a_heart_that_beats_leaves_no_outage(beside: Beside) -> None:
    last = beside.town.clock.now()
    for _ in range(10):
        beside.town.clock.time += BEAT
        last = beside.upkeep.beat(last)
    assert beside.upkeep.outages == []
    assert beside.told == []


def test_repairs_that_fail_in_a_way_nobody_thought_of_are_tried_again(beside: Beside) -> None:
    town, upkeep = beside.town, beside.upkeep
    town.ask(town.launch(1, "db"))
    town.dns.forward.clear()
    beside.dns.error = KeyError("?")
    due = upkeep.repair(town.clock.now())
    assert due == town.clock.now() + BEAT
    assert beside.told == [("upkeep-failed", "repairs: KeyError('?')")]

    beside.dns.error = None
    town.clock.time = due
    assert upkeep.repair(due) == due + town.settings.upkeep
    assert f"db.{ZONE}" in town.dns.forward


def test_releases_are_gone_on_with_where_names_are_in_no_dns(tmp_path: Path) -> None:
    town = Town(tmp_path / "service")
    town.settings = replace(town.settings, dns=None)
    town.ask(town.launch(1, "db"))
    town.ca.away = True
    with pytest.raises(Unavailable):
        town.desk.release(f"db.{ZONE}", "uid:0")
    town.ca.away = False
    upkeep = Upkeep(town.ground(), lambda *_: None, threading.Event())
    upkeep.repair(town.clock.now())
    assert town.registry.names() == []


def test_both_go_on_until_they_are_stopped(beside: Beside) -> None:
    before = set(threading.enumerate())
    beside.upkeep.start()
    made = set(threading.enumerate()) - before
    beside.upkeep.stop.set()
    for thread in made:
        thread.join(10)
        assert not thread.is_alive()
