"""Recoveries cut at every call and at every journal write: gone on with, they end as the uncut one does.

One recovery is run to its end, and what a kill would leave is kept at each of its moments: before a call is
handled, after it (and at the answer's first byte, which leaves the same), before and after each journal write.
From each of these the next cron runs go on, by turns those of the same monitor and those of one that has lost its
state. `make test` takes the moments around every changing call and a part of the others; `make deep` takes all.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ec2kit.model.runs import StepRecord
from ec2kit.model.tags import POLICY
from ec2kit.recovery.judge import Condition
from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.direct import direct_client
from ec2kit.sandbox.store import load, save
from tests.kill.world import read_world
from tests.recovery.rig import Station
from tests.sandbox.seeded import Seeded
from tests.support.journals import MemoryJournal

READS, WRITES = 25, 4
"""Of the reading calls and of the journal writes, every so many are cut in `make test`."""


class Loaded(Seeded):
    """The saved world, as it was."""

    def __init__(self, path: Path) -> None:
        self.app = load(path)
        self._clients: dict[tuple[str, str], Any] = {}
        self.ec2 = self.client("ec2")


@dataclass(frozen=True)
class Moment:
    """What a kill at this moment would leave: the world and the journal."""

    what: str
    weight: int
    """1: always tried; more: every so many."""
    world: Path
    journal: MemoryJournal


class KeptJournal(MemoryJournal):
    """A journal that tells of each step written, before and after."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__()
        self.tell = tell

    def write_step(self, record: StepRecord) -> None:
        """Write, and tell of it."""
        self.tell(f"before {record.state} of {record.key}")
        super().write_step(record)
        self.tell(f"after {record.state} of {record.key}")


@dataclass(frozen=True)
class Uncut:
    """The recovery that nobody interrupts, everything that a kill could leave of it, and its end."""

    machine: str
    moments: tuple[Moment, ...]
    calls: int
    writes: int
    end: set[str]


def changes(call: Call) -> bool:
    """Whether the call changes something."""
    return not call.action.startswith(("Describe", "Get", "List"))


@pytest.fixture(scope="module", params=["restarted", "replaced"])
def uncut(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Uncut:
    """One recovery from the break to the end, of each kind."""
    directory = tmp_path_factory.mktemp(request.param)
    sandbox = Seeded()
    sandbox.tick(600)
    station = Station(sandbox)
    machine = station.enrol("web-1")
    station.aws.tags.set([machine], {POLICY: "restart=2m"})
    check = "instance" if request.param == "replaced" else "system"
    sandbox.app.world.conditions.impair(machine, check, station.clock.now())  # type: ignore[arg-type]
    station.clock.sleep(240)
    moments: list[Moment] = []
    counts = {"calls": 0, "writes": 0}

    def keep(what: str, weight: int, kind: str) -> None:
        path = directory / f"world-{len(moments)}"
        save(sandbox.app, path)
        left = MemoryJournal()
        left._runs, left._steps, left._events = copy.deepcopy(
            (journal._runs, journal._steps, journal._events)
        )
        moments.append(Moment(what, weight, path, left))
        counts[kind] += 1

    journal = KeptJournal(lambda what: keep(what, WRITES, "writes"))
    sandbox.before(lambda call: keep(f"before {call.action}", 1 if changes(call) else READS, "calls"))
    sandbox.after(lambda call: keep(f"after {call.action}", 1, "calls") if changes(call) else None)
    move_hosts(sandbox, machine)
    healed = Station(sandbox, journal=journal).heal(machine)
    assert healed.result == "healed", healed
    assert ("replace" in healed.moves) is (request.param == "replaced")
    sandbox.app.hooks.before.clear()
    sandbox.app.hooks.after.clear()
    return Uncut(machine, tuple(moments), counts["calls"], counts["writes"], end_of(sandbox))


def move_hosts(sandbox: Seeded, machine: str) -> None:
    """A system that is impaired is well on its next host."""
    conditions = sandbox.app.world.conditions

    def moved(call: Call) -> None:
        if call.action == "StartInstances" and conditions.impaired_since(machine, "system"):
            conditions.mend(machine)

    sandbox.app.hooks.after.insert(0, moved)


def end_of(sandbox: Seeded) -> set[str]:
    """The world once everything has settled, as lines, so that a difference can be read."""
    sandbox.tick(600)
    world = read_world(lambda service: direct_client(sandbox.app, service))
    return {
        f"{kind}: {json.dumps(thing, sort_keys=True)}" for kind, things in world.items() for thing in things
    }


def go_on(uncut: Uncut, moment: Moment, *, forgets: bool) -> None:
    """The next cron runs from what a kill has left, until nothing is left to do; then compare the ends."""
    sandbox = Loaded(moment.world)
    move_hosts(sandbox, uncut.machine)
    journal = MemoryJournal() if forgets else copy.deepcopy(moment.journal)
    for _ in range(5):
        station = Station(sandbox, journal=journal)
        found = station.watch().of(uncut.machine)
        if found is None or found.judgement.condition is not Condition.FAILED:
            break
        healed = station.heal(uncut.machine)
        if healed.result in ("healed", "nothing"):
            break
    else:
        pytest.fail(f"it did not end: {moment.what}: {healed}")
    cut = end_of(sandbox)
    told = [f"killed {moment.what}{', state lost' if forgets else ''}:", *sorted(cut - uncut.end), "uncut:"]
    assert cut == uncut.end, "\n".join([*told, *sorted(uncut.end - cut)])


def chosen(uncut: Uncut, *, every: bool) -> Iterator[Moment]:
    """The moments to go on from."""
    seen: dict[int, int] = {}
    for moment in uncut.moments:
        count = seen.get(moment.weight, 0)
        seen[moment.weight] = count + 1
        if every or count % moment.weight == 0:
            yield moment


@pytest.mark.kill
@pytest.mark.timeout(900)
def test_a_recovery_killed_anywhere_ends_the_same(uncut: Uncut) -> None:
    for number, moment in enumerate(chosen(uncut, every=False)):
        go_on(uncut, moment, forgets=number % 2 == 1)


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_a_recovery_killed_at_every_moment_ends_the_same(uncut: Uncut) -> None:
    for moment in chosen(uncut, every=True):
        for forgets in (False, True):
            go_on(uncut, moment, forgets=forgets)
