"""A fleet in the in-process sandbox with everything that healing needs, and ways to look at how it ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ec2kit.engine.execute import execute
from ec2kit.engine.runs import Command, Runs
from ec2kit.engine.session import Session
from ec2kit.model.ids import InstanceId, RunId
from ec2kit.model.instances import Address, Instance
from ec2kit.model.tags import CHECK, HOLDER, PROTECT
from ec2kit.probes.application import ApplicationProbe
from ec2kit.recovery.heal import Healed, Healer, heal
from ec2kit.recovery.observe import Context
from ec2kit.recovery.policy import Policy
from ec2kit.recovery.watch import Monitor, Watch, policy_or_watch, watch
from ec2kit.snapshots.create import create_plan
from ec2kit.snapshots.observe import subjects
from tests.sandbox.seeded import Seeded
from tests.support.connecting import connected
from tests.support.dialing import CONTROL, SandboxDialer
from tests.support.evidence import MemoryEvidence
from tests.support.journals import MemoryJournal
from tests.support.leases import MemoryLeases
from tests.support.ticking import TickingClock

ADDRESS = "203.0.113.9"


@dataclass
class Station:
    """One monitor with its own state: its journal, leases and samples."""

    sandbox: Seeded
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    leases: MemoryLeases = field(default_factory=MemoryLeases)
    evidence: MemoryEvidence = field(default_factory=MemoryEvidence)
    said: list[str] = field(default_factory=list)
    ours: InstanceId | None = None

    def __post_init__(self) -> None:
        self.clock = TickingClock(self.sandbox)
        self.aws = connected(self.sandbox, self.clock)
        probe = ApplicationProbe(SandboxDialer.of(self.sandbox))
        self.monitor = Monitor(self.aws, self.evidence, probe, CONTROL, self.ours)
        self.runs = Runs(self.journal, self.clock)
        self.command = Command("recover", ("all",), "123456789012", "eu-west-1", who="tester@here")

    def watch(self) -> Watch:
        """Look once."""
        return watch(self.monitor)

    def watch_for(self, minutes: int) -> Watch:
        """Look once a minute, as cron does; returns the last look."""
        for _ in range(minutes):
            self.watch()
            self.clock.sleep(60)
        return self.watch()

    def healer(self) -> Healer:
        """What healing needs."""
        return Healer(
            self.monitor, self.runs, self.leases, self.clock, self.command, self.session, self.said.append
        )

    def session(self, run: str, guard: Callable[[], None]) -> Session:
        """The engine's session: one call at a time, so that cuts fall where they fell the last time."""
        return Session(self.aws.guarded(guard), self.journal, RunId(run), self.clock, workers=1, guard=guard)

    def context(self, id: str, objections: tuple[str, ...] = ()) -> Context:
        """The machine's context from a fresh look at the fleet."""
        found = self.watch().of(id)
        assert found is not None, f"{id} is not enrolled"
        return Context(InstanceId(id), policy_or_watch(found.instance)[0], found.judgement, objections)

    def heal(self, id: str, objections: tuple[str, ...] = ()) -> Healed:
        """Judge the machine anew and take it as far as it goes."""
        return heal(self.healer(), self.context(id, objections))

    def enrol(self, name: str, rung: str = "replace", check: str = "http:80/ banner:22") -> str:
        """Tag a machine, give it the address, take a complete set of it. Returns its id."""
        id = self.sandbox.id(name)
        self.aws.tags.set([id], {PROTECT: rung, CHECK: check})
        address = self.address()
        if address.instance is None:
            self.aws.addresses.associate(address.allocation, id, reassociate=False)
            self.aws.tags.set([address.allocation], {HOLDER: id})
        self.take_set(id)
        return id

    def take_set(self, id: str) -> None:
        """A complete snapshot set of the machine."""
        plan = create_plan(subjects(self.aws, [self.aws.instances.one(id)]), self.aws.now())
        command = Command("snapshot create", (id,), "123456789012", "eu-west-1")
        with self.runs.begin(command, plan) as work:
            outcome = execute(plan, self.session(work.run, lambda: None))
            work.finish(outcome.exit)
        assert not outcome.failures, outcome.failures

    def address(self) -> Address:
        """The Elastic IP of the account."""
        (found,) = self.aws.addresses.describe({"public-ip": [ADDRESS]})
        return found

    def instance(self, id: str) -> Instance:
        """An instance."""
        return self.aws.instances.one(id)

    def named(self, name: str) -> list[Instance]:
        """The living instances of a name."""
        states = ["pending", "running", "stopping", "stopped"]
        return list(self.aws.instances.describe(filters={"tag:Name": [name], "instance-state-name": states}))


def policy(**changes: object) -> Policy:
    """The built-in policy, changed."""
    return replace(Policy(), **changes)  # type: ignore[arg-type]  # the callers' own words
