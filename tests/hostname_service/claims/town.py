"""A small world for claims: a real registry; EC2, DNS and the CA as simple as they can be, and able to fail."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from hostname_service.assignments.rules import Assignments
from hostname_service.claims.claim import Claims, Told
from hostname_service.claims.ground import Ground
from hostname_service.config.settings import Rfc2136, Settings
from hostname_service.dns.port import Records
from hostname_service.errors import Held, Unavailable
from hostname_service.model import Machine, MachineState
from hostname_service.registry.port import Registry
from hostname_service.registry.sqlite import SqliteRegistry
from hostname_service.upkeep.desk import NamesDesk
from tests.hostname_service.authority import ACCOUNT, STARTED, authority, document

ZONE = "shop.example.com"


class HandClock:
    """Time that moves only when it is told."""

    def __init__(self) -> None:
        self.time = STARTED + timedelta(minutes=1)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Ec2:
    """The machines that there are."""

    def __init__(self) -> None:
        self.machines: dict[str, Machine] = {}
        self.away = False
        self.unknown: dict[str, Unavailable] = {}
        self.asked: list[int] = []

    def look(self, account: str, region: str, instance_id: str) -> Machine:
        if self.away:
            raise Unavailable("aws", "EC2 does not answer")
        return self.machines.get(instance_id, Machine(instance_id, MachineState.GONE))

    def look_at(
        self, account: str, region: str, instance_ids: Sequence[str]
    ) -> Mapping[str, Machine | Unavailable]:
        self.asked.append(len(instance_ids))
        return {id: self._or_why(account, region, id) for id in instance_ids}

    def _or_why(self, account: str, region: str, id: str) -> Machine | Unavailable:
        try:
            return self.unknown[id] if id in self.unknown else self.look(account, region, id)
        except Unavailable as error:
            return error


class SimpleDns:
    """Records in a dictionary, under the conditions that the port asks for."""

    def __init__(self) -> None:
        self.forward: dict[str, Records] = {}
        self.reverse: dict[str, str] = {}
        self.away = False

    def claim(self, wanted: Records, previous: Collection[str] = ()) -> None:
        self._here()
        there = self.forward.get(wanted.fqdn)
        if there is not None and there.owner not in (wanted.owner, *previous):
            raise Held("dns-held", f"{wanted.fqdn} is {there.owner}'s")
        self.forward[wanted.fqdn] = wanted

    def claim_reverse(self, wanted: Records) -> None:
        self._here()
        self.reverse |= dict.fromkeys(wanted.addresses, wanted.fqdn)

    def release(self, records: Records) -> None:
        self._here()
        there = self.forward.get(records.fqdn)
        if there is None or there.owner != records.owner:
            return
        for address in there.addresses:
            if self.reverse.get(address) == records.fqdn:
                del self.reverse[address]
        del self.forward[records.fqdn]

    def look(self, fqdn: str) -> Records | None:
        self._here()
        return self.forward.get(fqdn)

    def look_reverse(self, address: str) -> str | None:
        self._here()
        return self.reverse.get(address, "")

    def _here(self) -> None:
        if self.away:
            raise Unavailable("dns-away", "DNS does not answer")


class SimpleCa:
    """The certificates that there are, by name: whose key was signed."""

    def __init__(self) -> None:
        self.signed: dict[str, str] = {}
        self.cleaned: list[str] = []
        self.away = False

    def clean(self, fqdn: str) -> None:
        if self.away:
            raise Unavailable("ca-away", "the CA does not answer")
        self.cleaned.append(fqdn)
        self.signed.pop(fqdn, None)


@dataclass
class Town:
    """All of it, and a service on it. `registry`, `dns` and `ca` may be wrapped before the service is made."""

    directory: Path
    clock: HandClock = field(default_factory=HandClock)
    ec2: Ec2 = field(default_factory=Ec2)
    dns: SimpleDns = field(default_factory=SimpleDns)
    ca: SimpleCa = field(default_factory=SimpleCa)
    assignments: Assignments = field(default_factory=Assignments)

    def __post_init__(self) -> None:
        self.directory.mkdir(mode=0o700, exist_ok=True)
        self.registry: Registry = SqliteRegistry(self.directory / "names.db")
        self.settings = Settings(
            zones=(ZONE,),
            accounts=(ACCOUNT,),
            registry="sqlite:names.db",
            secret=self.directory / "secret",
            dns=Rfc2136("127.0.0.1", "key", self.directory / "key"),
        )

    def ground(self, wrap: Callable[[str, object], object] = lambda name, part: part) -> Ground:
        """The service's ground; `wrap` may put something between it and each of its parts."""
        parts = {"registry": self.registry, "dns": self.dns, "ca": self.ca, "instances": self.ec2}
        wrapped = {name: wrap(name, part) for name, part in parts.items()}
        return Ground(settings=self.settings, clock=self.clock, secret=b"s" * 32, **wrapped)  # type: ignore[arg-type]

    def claims(self, wrap: Callable[[str, object], object] = lambda name, part: part) -> Claims:
        """The service."""
        return Claims(self.ground(wrap), (authority().signer(),), lambda: self.assignments)

    @property
    def desk(self) -> NamesDesk:
        """What operators ask."""
        return NamesDesk(self.ground())

    def launch(self, number: int, tag: str = "", **tags: str) -> str:
        """A machine with an address of its own, tagged with the name it shall have; returns its id."""
        id = f"i-{number:017x}"
        told = {"ec2kit:hostname": tag, **tags} if tag else tags
        self.ec2.machines[id] = Machine(
            id, MachineState.RUNNING, f"10.0.0.{number}", launched=self.clock.time, tags=told
        )
        return id

    def now_is(self, id: str, state: MachineState, tags: Mapping[str, str] | None = None) -> None:
        """Let EC2 say something else of a machine."""
        was = self.ec2.machines[id]
        self.ec2.machines[id] = Machine(
            id, state, was.private_ip, launched=was.launched, tags={**was.tags, **(tags or {})}
        )

    def blob(self, id: str) -> str:
        """What the machine's metadata has for it."""
        machine = self.ec2.machines[id]
        assert machine.launched is not None
        content = document(
            instanceId=id, privateIp=machine.private_ip, pendingTime=f"{machine.launched:%Y-%m-%dT%H:%M:%SZ}"
        )
        return authority().text(content)

    def ask(self, id: str, source: str = "", claims: Claims | None = None) -> Told:
        """The machine claims its name, from its own address unless told otherwise."""
        return (claims or self.claims()).claim(self.blob(id), source or self.ec2.machines[id].private_ip)

    def tick(self, **time: float) -> None:
        """Let time pass."""
        self.clock.time += timedelta(**time)

    def audited(self, *deeds: str) -> list[str]:
        """The reasons of these deeds, the oldest first."""
        return [entry.reason for entry in reversed(self.registry.audits(limit=1000)) if entry.deed in deeds]
