"""Recoveries cut at every call and at every journal write: run again, they end as the uncut one does.

Three cuts for each call (before it is handled, after, at the answer's first byte), one on each side of each
journal write. `make test` cuts around every changing call and journal write and at every tenth reading call;
`make deep` at all of them. Each is gone on with twice: by the same monitor, and by one that has lost its state.
"""

from __future__ import annotations

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

PHASES = ("before", "after", "first_byte")
STRIDE = 10
"""Of the reading calls, every so many are cut in `make test`."""


class Killed(BaseException):
    """The process is gone."""


class Loaded(Seeded):
    """The saved world, as it was."""

    def __init__(self, path: Path) -> None:
        self.app = load(path)
        self._clients: dict[tuple[str, str], Any] = {}
        self.ec2 = self.client("ec2")


class CutJournal(MemoryJournal):
    """A journal in which the process dies at its n-th step written, before or after."""

    def __init__(self, at: int | None = None, *, after: bool = False) -> None:
        super().__init__()
        self.at, self.after, self.writes = at, after, 0

    def write_step(self, record: StepRecord) -> None:
        """Write, and die where it was told."""
        self.writes += 1
        if self.writes == self.at and not self.after:
            raise Killed
        super().write_step(record)
        if self.writes == self.at and self.after:
            raise Killed


@dataclass(frozen=True)
class Uncut:
    """The recovery that nobody interrupts: its calls (which of them change something), its writes, its end."""

    start: Path
    machine: str
    changing: tuple[bool, ...]
    writes: int
    world: Any


def changes(call: Call) -> bool:
    """Whether the call changes something."""
    return not call.action.startswith(("Describe", "Get", "List"))


def machine_of(sandbox: Seeded) -> str:
    """The id of the machine that breaks, whatever its half is called by now."""
    filters = [{"Name": "tag-key", "Values": ["ec2kit:protect"]}]
    found = sandbox.ec2.describe_instances(Filters=filters)["Reservations"]
    ids = {one["InstanceId"]: one for reservation in found for one in reservation["Instances"]}
    return min(ids, key=lambda id: ids[id]["LaunchTime"] if id else id)


@pytest.fixture(scope="module", params=["restarted", "replaced"])
def uncut(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Uncut:
    """One recovery from the break to the end, of each kind."""
    start = tmp_path_factory.mktemp(request.param) / "world"
    sandbox = Seeded()
    sandbox.tick(600)
    station = Station(sandbox)
    machine = station.enrol("web-1")
    station.aws.tags.set([machine], {POLICY: "restart=2m"})
    check = "instance" if request.param == "replaced" else "system"
    sandbox.app.world.conditions.impair(machine, check, station.clock.now())  # type: ignore[arg-type]
    station.clock.sleep(240)
    save(sandbox.app, start)
    calls: list[bool] = []
    sandbox = revived(start, machine)
    sandbox.before(lambda call: calls.append(changes(call)))
    journal = CutJournal()
    healed = Station(sandbox, journal=journal).heal(machine)
    assert healed.result == "healed", healed
    assert ("replace" in healed.moves) is (request.param == "replaced")
    return Uncut(start, machine, tuple(calls), journal.writes, end_of(sandbox))


def revived(start: Path, machine: str) -> Seeded:
    """The world at the break; a system that is impaired is well on its next host."""
    sandbox = Loaded(start)
    conditions = sandbox.app.world.conditions

    def moved(call: Call) -> None:
        if call.action == "StartInstances" and conditions.impaired_since(machine, "system"):
            conditions.mend(machine)

    sandbox.after(moved)
    return sandbox


def end_of(sandbox: Seeded) -> Any:
    """The world once everything has settled."""
    sandbox.tick(600)
    return read_world(lambda service: direct_client(sandbox.app, service))


def lines(world: Any) -> list[str]:
    """A world as lines, so that a difference can be read."""
    return [f"{kind}: {json.dumps(thing, sort_keys=True)}" for kind, things in world.items() for thing in things]


def cut_at(sandbox: Seeded, number: int, phase: str) -> None:
    """Have the client die around the call of this number."""
    seen = [0]

    def die(_call: Call) -> None:
        seen[0] += 1
        if seen[0] == number + 1:
            raise Killed

    getattr(sandbox.app.hooks, phase).append(die)


def go_on(sandbox: Seeded, machine: str, journal: MemoryJournal) -> None:
    """The next cron runs, until nothing is left to do."""
    sandbox.app.hooks.before.clear()
    sandbox.app.hooks.first_byte.clear()
    for _ in range(5):
        station = Station(sandbox, journal=journal)
        found = station.watch().of(machine)
        if found is None or found.judgement.condition is not Condition.FAILED:
            return
        healed = station.heal(machine)
        if healed.result in ("healed", "nothing"):
            return
    pytest.fail(f"it did not end: {healed}")


def run_cut(uncut: Uncut, arrange: Callable[[Seeded], MemoryJournal], *, forgets: bool) -> None:
    """Cut one recovery, go on with it, and compare the ends."""
    sandbox = revived(uncut.start, uncut.machine)
    journal = arrange(sandbox)
    with pytest.raises(Killed):
        Station(sandbox, journal=journal).heal(uncut.machine)
    for run in journal.runs(limit=99):
        journal.die(run.id)
    if isinstance(journal, CutJournal):
        journal.at = None
    go_on(sandbox, uncut.machine, MemoryJournal() if forgets else journal)
    cut, whole = set(lines(end_of(sandbox))), set(lines(uncut.world))
    assert not cut ^ whole, "\n".join(["cut:", *sorted(cut - whole), "uncut:", *sorted(whole - cut)])


def calls_to_cut(uncut: Uncut, *, every: bool) -> Iterator[int]:
    """The numbers of the calls to cut around."""
    for number, changing in enumerate(uncut.changing):
        if changing or every or number % STRIDE == 0:
            yield number


def sweep(uncut: Uncut, *, every: bool) -> str:
    """Cut around calls and journal writes; returns the counts in words."""
    cuts = 0
    for number in calls_to_cut(uncut, every=every):
        for phase in PHASES if uncut.changing[number] or every else PHASES[:1]:

            def arrange(sandbox: Seeded, number: int = number, phase: str = phase) -> MemoryJournal:
                cut_at(sandbox, number, phase)
                return CutJournal()

            run_cut(uncut, arrange, forgets=cuts % 2 == 1)
            cuts += 1
    for number in range(1, uncut.writes + 1):
        for after in (False, True):
            journal = CutJournal(number, after=after)
            run_cut(uncut, lambda _sandbox, journal=journal: journal, forgets=cuts % 2 == 1)  # type: ignore[misc]
            cuts += 1
    return f"{len(uncut.changing)} calls ({sum(uncut.changing)} changing), {uncut.writes} writes, {cuts} cuts"


@pytest.mark.kill
@pytest.mark.timeout(900)
def test_a_recovery_cut_anywhere_ends_the_same(
    uncut: Uncut, record_property: Callable[[str, object], None]
) -> None:
    counts = sweep(uncut, every=False)
    record_property("counts", counts)
    print(counts)


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_a_recovery_cut_at_every_call_ends_the_same(uncut: Uncut) -> None:
    print(sweep(uncut, every=True))
