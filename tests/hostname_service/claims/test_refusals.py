"""The audit does not grow with what strangers send, and tells how much it left out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hostname_service.claims.claim import Claims
from hostname_service.claims.refusals import ALL, EACH, SPAN, Refusals
from hostname_service.errors import Refused, ServiceError
from tests.hostname_service.claims.town import Town


@pytest.fixture
def left_out() -> list[None]:
    return []


@pytest.fixture
def claims(town: Town, left_out: list[None]) -> Claims:
    ground = replace(town.ground(), refusals=Refusals(lambda: left_out.append(None)))
    return replace(town.claims(), ground=ground)


def refuse(claims: Claims, source: str) -> None:
    with pytest.raises(ServiceError):
        claims.claim("AAAA", source)


def flood(town: Town, claims: Claims) -> None:
    for number in range(ALL + 10):
        claims.ground.refusals.take(town.clock.now(), f"10.0.{number}.1", stranger=True)


def lines(town: Town) -> int:
    return len(town.registry.audits(limit=100_000))


def test_one_stranger_fills_no_disk(town: Town, claims: Claims, left_out: list[None]) -> None:
    for _ in range(EACH + 50):
        refuse(claims, "192.0.2.1")
    assert (lines(town), len(left_out)) == (EACH, 50)
    refuse(claims, "192.0.2.2")
    assert "(50 refusals before it were left out)" in town.registry.audits(limit=1)[0].message
    refuse(claims, "192.0.2.2")
    assert "left out" not in town.registry.audits(limit=1)[0].message


def test_nor_do_many(left_out: list[None], town: Town) -> None:
    refusals, now = Refusals(lambda: left_out.append(None)), town.clock.now()
    taken = [refusals.take(now, f"10.0.{n // 256}.{n % 256}", stranger=True) for n in range(5000)]
    assert taken == [0] * ALL + [None] * (5000 - ALL)
    assert len(left_out) == 5000 - ALL
    assert refusals.take(now + SPAN, "10.0.0.1", stranger=True) == 5000 - ALL


def test_a_flood_hides_no_refusal_of_our_machines(town: Town, claims: Claims) -> None:
    flood(town, claims)
    id = town.launch(1, "db")
    with pytest.raises(Refused):
        town.ask(id, "192.0.2.9", claims=claims)
    newest = town.registry.audits(limit=1)[0]
    assert (newest.reason, newest.machine and newest.machine.instance_id) == ("address", id)
    assert lines(town) == 1


def test_a_valid_blob_of_a_strangers_account_is_a_strangers(town: Town, claims: Claims) -> None:
    """Attack: everybody has machines of their own, whose documents AWS has signed."""
    town.settings = replace(town.settings, accounts=("111122223333",))
    ground = replace(claims.ground, settings=town.settings)
    id = town.launch(1, "db")
    for _ in range(EACH + 5):
        with pytest.raises(Refused):
            town.ask(id, "192.0.2.1", claims=replace(claims, ground=ground))
    assert lines(town) == EACH


def test_who_is_given_a_name_is_always_written_down(town: Town, claims: Claims) -> None:
    flood(town, claims)
    town.ask(town.launch(1, "db"), claims=claims)
    assert town.audited("claim") == ["bound"]


def test_refusals_do_not_hide_a_reset(town: Town) -> None:
    """Attack: a user of the machine has its document, and asks through a proxy until the reset is forgotten."""
    id = town.launch(1, "db")
    town.tick(minutes=6)
    town.desk.reset(id, "uid:0")
    for _replica in range(3):
        claims = town.claims()
        for _ in range(40):
            with pytest.raises(Refused, match="has not the address"):
                town.ask(id, "10.9.9.9", claims=claims)
    assert town.ask(id).name == "db"
