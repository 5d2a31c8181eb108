"""The name server is killed in the middle of a boot storm, and comes back later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hostname_service.clock import SystemClock
from tests.hostname_service.dns.rigs.bind import bind
from tests.hostname_service.dns.rigs.serving import NameServer, running
from tests.hostname_service.processes.machines import Machine, boot_all, machines, same_in_dns
from tests.hostname_service.processes.service import ZONE, Home

NUMBER = 20
UPKEEP = 150.0
"""Seconds in which the upkeep must have repaired; it looks every thirty."""


@contextmanager
def started_again(server: NameServer) -> Iterator[NameServer]:
    """The same name server after it was killed: its port, its zones, its key."""
    command = [
        str(server.directory / "named"),
        "-f",
        "-g",
        "-n",
        "1",
        "-c",
        str(server.directory / "named.conf"),
    ]
    with running(command, (server.directory, server.port, server.secret)) as found:
        yield found


def until(holds: Callable[[], bool], seconds: float) -> None:
    """Wait without work; whether it holds in the end is for the caller to assert."""
    clock = SystemClock()
    ends = clock.monotonic() + seconds
    while not holds() and clock.monotonic() < ends:
        clock.sleep(1.0)


def name(machine: Machine) -> str:
    return f"down-{machine.number}.{ZONE}"


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seconds", [30, pytest.param(300, marks=pytest.mark.deep)])
def test_names_are_given_without_dns_and_told_to_it_later(seconds: int, tmp_path: Path) -> None:
    clock = SystemClock()
    fleet = machines(range(1, NUMBER + 1))
    before, during = fleet[: NUMBER // 2], fleet[NUMBER // 2 :]
    assignments = [{"instance": machine.id, "name": name(machine)} for machine in fleet]
    settings = {"patience": "10s", "upkeep": "30s"}
    (tmp_path / "bind").mkdir()
    with bind(tmp_path / "bind") as server:
        home = Home(tmp_path / "home", server, assignments, settings)
        with home.service() as service:
            assert all(answer.status == 200 for answer in boot_all(before, [service.port]))
            server.process.kill()
            server.process.wait(timeout=30)
            down = clock.monotonic()
            assert [machine.ask(service.port).status for machine in during] == [202] * len(during)
            # Who has its name is told it again, whatever DNS does.
            assert [machine.ask(service.port).fqdn for machine in before] == [name(one) for one in before]
            assert [answer.fqdn for answer in boot_all(during, [service.port])] == [
                name(one) for one in during
            ]
            pending = {row.fqdn for row in home.registry.names() if not row.dns_done}
            assert pending == {name(machine) for machine in during}
            clock.sleep(max(0.0, down + seconds - clock.monotonic()))
            with started_again(server):
                until(lambda: all(row.dns_done for row in home.registry.names()), UPKEEP)
                rows = home.registry.names()
                assert {row.fqdn: row.dns_done for row in rows} == {name(machine): True for machine in fleet}
                for machine in fleet:
                    same_in_dns(server, machine, name(machine))
