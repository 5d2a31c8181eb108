"""Machines that boot: each has its document, and asks as the hook does until it is told a name or refused."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from hostname_service.clock import SystemClock
from hostname_service.dns.port import owner_of
from hostname_service.model import MachineKey
from tests.hostname_service.authority import ACCOUNT, authority, document
from tests.hostname_service.dns.rigs.serving import ADDRESS, NameServer

TIMES = 200
"""How often a machine asks before it gives up."""
AT_ONCE = 16


@dataclass(frozen=True)
class Answer:
    """What a machine is told."""

    status: int
    body: str

    @property
    def fqdn(self) -> str:
        """Its name; empty when it has none."""
        return self.body.splitlines()[1] if self.status == 200 else ""


@dataclass(frozen=True)
class Machine:
    """One machine in its first start."""

    number: int
    started: datetime

    @property
    def id(self) -> str:
        return f"i-{self.number:017x}"

    @property
    def address(self) -> str:
        return f"10.0.{self.number // 250}.{self.number % 250 + 1}"

    @property
    def owner(self) -> str:
        """The text that DNS has of it."""
        return f'"{owner_of(MachineKey(ACCOUNT, self.id))}"'

    def blob(self) -> str:
        """What its metadata has for it."""
        told = f"{self.started:%Y-%m-%dT%H:%M:%SZ}"
        return authority().text(document(instanceId=self.id, privateIp=self.address, pendingTime=told))

    def ask(self, port: int) -> Answer:
        """Ask once; raises `OSError` or `HTTPException` when there is no answer."""
        connection = http.client.HTTPConnection(ADDRESS, port, timeout=120)
        headers = {"Content-Type": "text/plain", "X-Forwarded-For": self.address}
        try:
            connection.request("POST", "/v1/claim", self.blob(), headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode())
        finally:
            connection.close()

    def boot(self, ports: Sequence[int]) -> Answer:
        """Ask until there is a name or a refusal, one replica after the other when one does not answer."""
        clock, answer = SystemClock(), Answer(0, "")
        for turn in range(TIMES):
            try:
                answer = self.ask(ports[(self.number + turn) % len(ports)])
            except (OSError, http.client.HTTPException):
                answer = Answer(0, "nobody answers")
            if answer.status in (200, 403, 409):
                return answer
            clock.sleep(0.1)
        return answer


def machines(numbers: range) -> list[Machine]:
    """Machines that were started now."""
    now = SystemClock().now()
    return [Machine(number, now) for number in numbers]


def boot_all(
    fleet: Sequence[Machine], ports: Sequence[int], then: Callable[[int], None] = lambda _: None
) -> list[Answer]:
    """Let all boot, some at once; `then` is called before each with how many began before it."""

    def one(at: int) -> Answer:
        then(at)
        return fleet[at].boot(ports)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(len(fleet))))


def same_in_dns(dns: NameServer, machine: Machine, fqdn: str) -> None:
    """DNS has the name as it shall be: the address, the owner, and back, each once."""
    assert dns.values(fqdn, "A") == [machine.address]
    assert dns.values(f"_ec2kit.{fqdn}", "TXT") == [machine.owner]
    back = ".".join(reversed(machine.address.split(".")))
    assert dns.values(f"{back}.in-addr.arpa", "PTR") == [f"{fqdn}."]
