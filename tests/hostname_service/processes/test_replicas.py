"""Two processes on one registry."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.hostname_service.authority import ACCOUNT
from tests.hostname_service.dns.rigs.serving import NameServer
from tests.hostname_service.processes.machines import boot_all, machines, same_in_dns
from tests.hostname_service.processes.service import ZONE, Home

pytestmark = pytest.mark.slow
RACERS = 64


def test_of_64_machines_through_both_one_gets_the_name(named: NameServer, tmp_path: Path) -> None:
    home = Home(tmp_path / "home", named, [{"match": {"account": ACCOUNT}, "name": "the-one"}])
    fleet = machines(range(1000, 1000 + RACERS))
    with home.service() as one, home.service() as two:
        answers = boot_all(fleet, [one.port, two.port])
    assert sorted(answer.status for answer in answers) == [200] + [409] * (RACERS - 1)
    [winner] = [machine for machine, answer in zip(fleet, answers, strict=True) if answer.status == 200]
    assert [row.machine.instance_id for row in home.registry.names()] == [winner.id]
    same_in_dns(named, winner, f"the-one.{ZONE}")


@pytest.mark.parametrize("number, first", [(RACERS, 2000), pytest.param(1000, 4000, marks=pytest.mark.deep)])
def test_one_replica_is_killed_and_the_other_goes_on(
    number: int, first: int, named: NameServer, tmp_path: Path
) -> None:
    """Every machine gets a number of its own, though one replica dies in the middle of its claims."""
    pattern = f"many{number}-{{n}}"
    home = Home(tmp_path / "home", named, [{"match": {"account": ACCOUNT}, "name": pattern}])
    fleet = machines(range(first, first + number))
    with ExitStack() as stack:
        one, two = (stack.enter_context(home.service()) for _ in range(2))

        def then(begun: int) -> None:
            if begun == number // 2:
                one.kill()

        answers = boot_all(fleet, [one.port, two.port], then)
        assert two.get("/healthz")[0] == 200
    names = {answer.fqdn: machine for machine, answer in zip(fleet, answers, strict=True)}
    assert set(names) == {f"{pattern.format(n=n)}.{ZONE}" for n in range(1, number + 1)}
    assert {row.fqdn: row.machine.instance_id for row in home.registry.names(limit=number + 1)} == {
        fqdn: machine.id for fqdn, machine in names.items()
    }
    for fqdn, machine in names.items():
        same_in_dns(named, machine, fqdn)
