"""Many machines boot at once; and many who ask slowly, or too often, keep nobody else from a name."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from hostname_service.clock import SystemClock
from tests.hostname_service.dns.rigs.serving import ADDRESS, NameServer
from tests.hostname_service.processes.machines import Machine, boot_all, machines, same_in_dns
from tests.hostname_service.processes.service import ZONE, Home
from tests.hostname_service.serving.ground import read_all, trickle

pytestmark = pytest.mark.slow
MINUTE = 60.0


def assigned(fleet: list[Machine], word: str) -> list[dict[str, object]]:
    return [{"instance": machine.id, "name": f"{word}-{machine.number}"} for machine in fleet]


@pytest.mark.parametrize(
    "number, first, seconds",
    [(150, 6000, 0.0), pytest.param(1000, 7000, MINUTE, marks=pytest.mark.deep)],
)
def test_everyone_who_boots_has_its_name(
    number: int, first: int, seconds: float, named: NameServer, tmp_path: Path
) -> None:
    """1,000 in a real minute, or fewer as fast as they come."""
    fleet = machines(range(first, first + number))
    home = Home(tmp_path / "home", named, assigned(fleet, "storm"))
    clock = SystemClock()
    with home.service() as service:
        began = clock.monotonic()

        def paced(begun: int) -> None:
            clock.sleep(max(0.0, began + begun * seconds / number - clock.monotonic()))

        answers = boot_all(fleet, [service.port], paced)
    assert [answer.fqdn for answer in answers] == [f"storm-{machine.number}.{ZONE}" for machine in fleet]
    rows = home.registry.names(limit=number + 1)
    assert {row.fqdn: row.machine.instance_id for row in rows} == {
        f"storm-{machine.number}.{ZONE}": machine.id for machine in fleet
    }
    for machine in fleet:
        same_in_dns(named, machine, f"storm-{machine.number}.{ZONE}")


def test_150_slow_clients_and_a_flood_keep_nobody_from_a_name(named: NameServer, tmp_path: Path) -> None:
    fleet = machines(range(8500, 8510))
    limits = {"a_second_all": 10000, "a_minute_each": 12, "request_deadline": "20s"}
    home = Home(tmp_path / "home", named, assigned(fleet, "calm"), {"limits": limits})
    flooding, *others = fleet
    with home.service() as service, ExitStack() as stack:
        slow = trickle(stack, (ADDRESS, service.port), 150)
        told = [flooding.ask(service.port).status for _ in range(40)]
        assert told[0] == 200
        assert set(told[1:]) == {200, 429}
        assert told.count(429) >= 20
        answers = boot_all(others, [service.port])
        assert [answer.status for answer in answers] == [200] * len(others)
        assert service.get("/healthz")[0] == 200
        for sock in slow:
            sock.settimeout(60)
            assert read_all(sock).startswith(b"HTTP/1.1 408 ")
    for machine in others:
        same_in_dns(named, machine, f"calm-{machine.number}.{ZONE}")
