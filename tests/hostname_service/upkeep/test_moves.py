"""With `addresses: public`, DNS follows a machine to its next public address, and nobody has to claim."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hostname_service.errors import Unavailable
from hostname_service.model import MachineState
from hostname_service.upkeep.repairs import repair_all
from tests.hostname_service.claims.town import ZONE, Town

DB = f"db.{ZONE}"


@pytest.fixture
def town(tmp_path: Path) -> Town:
    town = Town(tmp_path / "service")
    town.settings = replace(town.settings, public=True)
    id = town.launch(1, "db")
    at(town, id, "192.0.2.1")
    town.ask(id)
    assert town.dns.forward[DB].addresses == ("192.0.2.1",)
    return town


def at(town: Town, id: str, public: str, state: MachineState = MachineState.RUNNING) -> None:
    town.ec2.machines[id] = replace(town.ec2.machines[id], public_ip=public, state=state)


def machine(town: Town) -> str:
    return next(iter(town.ec2.machines))


def test_a_machine_that_was_stopped_and_started_is_followed(town: Town) -> None:
    at(town, machine(town), "192.0.2.9")
    [line] = repair_all(town.ground())
    assert "it is at 192.0.2.9, and no longer at 192.0.2.1" in line
    assert town.dns.forward[DB].addresses == ("192.0.2.9",)
    assert town.dns.reverse["192.0.2.9"] == DB
    row = town.registry.binding(DB)
    assert row is not None
    assert (row.addresses, row.dns_done) == (("192.0.2.9",), True)
    assert town.audited("repair") == ["address"]
    assert repair_all(town.ground()) == []


@pytest.mark.parametrize("state", [MachineState.STOPPING, MachineState.PENDING, MachineState.SHUTTING_DOWN])
def test_on_its_way_it_stays_where_it_was(town: Town, state: MachineState) -> None:
    at(town, machine(town), "", state)
    assert repair_all(town.ground()) == []


def test_an_address_that_ec2_took_is_another_customers_soon(town: Town) -> None:
    at(town, machine(town), "", MachineState.STOPPED)
    repair_all(town.ground())
    assert town.dns.forward[DB].addresses == ("10.0.0.1",)


def test_with_ec2_or_dns_away_nothing_is_lost(town: Town) -> None:
    at(town, machine(town), "192.0.2.9")
    town.ec2.unknown[machine(town)] = Unavailable("aws", "EC2 does not say")
    assert repair_all(town.ground()) == ["addresses in eu-west-1: EC2 does not say"]
    town.ec2.unknown.clear()
    town.dns.away = True
    assert any("dns-away" in line for line in repair_all(town.ground()))
    assert town.dns.forward[DB].addresses == ("192.0.2.1",)
    town.dns.away = False
    repair_all(town.ground())
    assert town.dns.forward[DB].addresses == ("192.0.2.9",)


def test_a_machine_that_ec2_does_not_show_keeps_its_records(town: Town) -> None:
    town.ec2.machines.clear()
    assert repair_all(town.ground()) == []
    assert DB in town.dns.forward


def test_all_take_one_question_and_private_addresses_none(town: Town) -> None:
    for number in range(2, 6):
        town.ask(town.launch(number, f"web-{number}"))
    town.ec2.asked.clear()
    repair_all(town.ground())
    assert town.ec2.asked == [5]
    town.settings = replace(town.settings, public=False)
    repair_all(town.ground())
    assert town.ec2.asked == [5]
