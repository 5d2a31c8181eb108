"""What is billed no more once machines end, and what goes on to be, by hand."""

from __future__ import annotations

from decimal import Decimal

from ec2kit.costs.standing import Cost
from ec2kit.fleet.power.billed import after_ending, after_retiring
from ec2kit.fleet.power.ending import Ending
from ec2kit.inventory.machine import Machine
from ec2kit.model.ids import VolumeId
from ec2kit.model.instances import Disk, InstanceAttributes, State
from ec2kit.model.money import Money
from ec2kit.snapshots.create import Subject
from tests.costs.rates import RoundRates
from tests.support.fleet import address, instance, snapshot_set, volume

RATES = RoundRates()
DISKS = (Disk("/dev/xvda", VolumeId("vol-00000001"), True), Disk("/dev/sdf", VolumeId("vol-00000002"), False))
KEPT = volume(2, instance=instance(1).id, device="/dev/sdf", size_gib=20)


def kinds(cost: Cost) -> list[str]:
    return [part.kind for part in cost.parts]


def usd(text: str) -> Money:
    return Money(Decimal(text))


def test_a_machine_goes_with_its_disk_and_its_own_address_and_the_rest_stays() -> None:
    machine = instance(1, disks=DISKS, public_ip="198.18.0.1")
    ending = Ending(machine, volumes=(volume(1), KEPT), sets=(snapshot_set(5),))
    after = after_ending(RATES, "eu-west-1", [ending], {machine.id})
    # 7.30 + 0.80 + 3.65; 20 GiB of disk and 8 of snapshots stay.
    assert after.ends.monthly == usd("11.75")
    assert after.stays.monthly == usd("2.40")
    assert (kinds(after.ends), kinds(after.stays)) == (["machine", "disk", "address"], ["disk", "snapshot"])
    assert after.stays.at_most


def test_an_elastic_address_stays_billed_and_is_not_counted_as_the_machines_own() -> None:
    machine = instance(1, public_ip="203.0.113.9")
    ending = Ending(machine, volumes=(volume(1),), addresses=(address(9, held_by=1),))
    after = after_ending(RATES, "eu-west-1", [ending], {machine.id})
    assert (kinds(after.ends), kinds(after.stays)) == (["machine", "disk"], ["address"])


def test_a_last_set_is_billed_from_then_on() -> None:
    machine = instance(1)
    last = Subject(Machine(machine, InstanceAttributes(), (volume(1),)))
    ending = Ending(machine, volumes=(volume(1),), last=last)
    after = after_ending(RATES, "eu-west-1", [ending], {machine.id})
    assert after.stays.monthly == usd("0.40")


def test_what_is_refused_ends_nothing() -> None:
    machine = instance(1)
    after = after_ending(RATES, "eu-west-1", [Ending(machine, volumes=(volume(1),))], set())
    assert (after.ends.parts, after.stays.parts) == ((), ())


def test_several_machines_are_one_sum() -> None:
    endings = [Ending(instance(number), volumes=(volume(number),)) for number in (1, 2, 3)]
    after = after_ending(RATES, "eu-west-1", endings, {each.instance.id for each in endings})
    assert after.ends.monthly == usd("24.30")


def test_the_disks_of_a_quarantined_machine_stay_unless_they_are_deleted() -> None:
    old = instance(1, state=State.STOPPED)
    kept = after_retiring(RATES, "eu-west-1", [(old, [volume(1), KEPT])], deleted=False)
    assert (kept.ends.parts, kept.stays.monthly) == ((), usd("2.80"))
    gone = after_retiring(RATES, "eu-west-1", [(old, [volume(1), KEPT])], deleted=True)
    assert (gone.ends.monthly, gone.stays.parts) == (usd("2.80"), ())
