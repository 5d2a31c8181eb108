"""An address that somebody moved: told at each look, never taken back by itself."""

from __future__ import annotations

import pytest

from ec2kit.model.instances import Address, is_second
from ec2kit.model.tags import HOLDER
from ec2kit.recovery.troubles import Level, troubles_of
from ec2kit.sandbox.rules.lifecycle import fail
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


def give_second(station: Station, id: str) -> Address:
    """An Elastic IP at a second network interface of the machine."""
    ec2 = station.aws.door.clients.ec2_acting
    (primary, *_) = station.instance(id).interfaces
    made = ec2.create_network_interface(SubnetId=primary.subnet)["NetworkInterface"]["NetworkInterfaceId"]
    ec2.attach_network_interface(NetworkInterfaceId=made, InstanceId=id, DeviceIndex=1)
    address = station.aws.addresses.allocate({HOLDER: id})
    ec2.associate_address(AllocationId=address.allocation, NetworkInterfaceId=made)
    station.sandbox.tick(30)
    return station.aws.addresses.one(address.allocation)


def test_a_second_address_stays_and_is_told_until_somebody_places_it(station: Station) -> None:
    id = station.enrol("web-1")
    second = give_second(station, id)
    assert (second.instance, station.address().instance) == (id, id)
    assert is_second(second, station.instance(id))
    assert troubles_of(station.watch()) == ()
    fail(id, terminated=False)
    station.sandbox.app.world.conditions.impair(id, "instance", station.clock.now())
    healed = station.heal(id)
    assert healed.result == "healed"
    new = str(healed.successor)
    assert station.address().instance == new
    assert healed.left == (second.public_ip,)
    assert station.aws.addresses.one(second.allocation).instance == id
    (trouble,) = troubles_of(station.watch())
    assert trouble.level is Level.WARNING
    assert f"it is at {id}; a second address, which its recovery did not move" in str(trouble)
    assert f"ec2kit tag delete {second.allocation} ec2kit:holder" in trouble.hint
    station.aws.tags.delete([second.allocation], [HOLDER])
    assert troubles_of(station.watch()) == ()
