"""An address that somebody moved: told at each look, never taken back by itself."""

from __future__ import annotations

import pytest

from ec2kit.recovery.troubles import Level, troubles_of
from tests.recovery.rig import ADDRESS, Station
from tests.sandbox.seeded import Seeded


@pytest.fixture
def station() -> Station:
    sandbox = Seeded()
    sandbox.tick(600)
    return Station(sandbox)


def test_a_foreign_move_is_told_until_it_is_mended(station: Station) -> None:
    id, stranger = station.enrol("web-1"), station.sandbox.id("web-2")
    assert troubles_of(station.watch()) == ()
    station.aws.addresses.associate(station.address().allocation, stranger, reassociate=True)
    station.sandbox.tick(30)
    (trouble,) = troubles_of(station.watch())
    assert trouble.level is Level.WARNING
    assert f"does not have its address {ADDRESS}: it is at {stranger}" in str(trouble)
    assert trouble.hint == f"ec2kit eip assign {ADDRESS} {id} --from {stranger}"
    assert station.heal(id).result == "nothing"
    assert station.address().instance == stranger
    station.aws.addresses.disassociate(station.address().association)
    station.sandbox.tick(30)
    (trouble,) = troubles_of(station.watch())
    assert "it is free" in str(trouble)
    station.aws.addresses.associate(station.address().allocation, id, reassociate=False)
    assert troubles_of(station.watch()) == ()
