"""What is used is measured from when to when: each spell against the times at which things were made and ended."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ec2kit.sandbox.rules import meter
from ec2kit.sandbox.rules.meter import Spell
from tests.sandbox.seeded import Seeded

HOUR = 3600


@pytest.fixture
def seeded() -> Seeded:
    return Seeded()


def spells(seeded: Seeded, resource: str, kind: str = "") -> list[Spell]:
    with seeded.app.settled():
        meter.look()
        return [
            each
            for each in meter.meter().spells()
            if each.used.resource == resource and kind in ("", each.used.kind)
        ]


def lasted(spell: Spell, now: datetime) -> timedelta:
    return (spell.ended or now) - spell.begun


def test_a_machine_is_billed_while_it_runs_and_not_while_it_boots_or_stops(seeded: Seeded) -> None:
    made = seeded.launch("web-9")
    seeded.tick(15 + HOUR)
    seeded.ec2.stop_instances(InstanceIds=[made])
    # The stop is settled long after it was due: what counts is when it was ordered.
    seeded.tick(10 * HOUR)
    seeded.ec2.start_instances(InstanceIds=[made])
    seeded.tick(15 + 2 * HOUR)
    first, second = spells(seeded, made, "instance")
    assert lasted(first, seeded.now) == timedelta(hours=1)
    assert second.ended is None
    assert lasted(second, seeded.now) == timedelta(hours=2)


def test_its_own_address_goes_with_it(seeded: Seeded) -> None:
    made = seeded.launch("web-9")
    seeded.tick(15 + HOUR)
    seeded.ec2.terminate_instances(InstanceIds=[made])
    seeded.tick(5 * HOUR)
    (address,) = spells(seeded, made, "address")
    assert address.used.type == "InUse"
    assert lasted(address, seeded.now) == timedelta(hours=1)


def test_the_disks_that_go_with_a_machine_end_when_it_is_gone_however_late_that_is_seen(
    seeded: Seeded,
) -> None:
    made = seeded.launch("web-9")
    seeded.tick(HOUR)
    (disk,) = seeded.instance("web-9")["BlockDeviceMappings"]
    seeded.ec2.terminate_instances(InstanceIds=[made])
    seeded.tick(100 * HOUR)
    (spell,) = spells(seeded, disk["Ebs"]["VolumeId"])
    assert lasted(spell, seeded.now) == timedelta(seconds=HOUR + seeded.app.world.delays.shutdown)


def test_a_volume_is_billed_from_its_making_until_it_is_deleted_whatever_it_is_attached_to(
    seeded: Seeded,
) -> None:
    zone = seeded.instance("web-1")["Placement"]["AvailabilityZone"]
    volume = seeded.ec2.create_volume(AvailabilityZone=zone, Size=100, VolumeType="gp2")["VolumeId"]
    seeded.tick(3 * HOUR)
    seeded.ec2.delete_volume(VolumeId=volume)
    seeded.tick(HOUR)
    (spell,) = spells(seeded, volume)
    assert (spell.used.type, spell.used.size, lasted(spell, seeded.now)) == ("gp2", 100, timedelta(hours=3))


def test_a_volume_that_grows_is_two_spells(seeded: Seeded) -> None:
    zone = seeded.instance("web-1")["Placement"]["AvailabilityZone"]
    volume = seeded.ec2.create_volume(AvailabilityZone=zone, Size=100, VolumeType="gp3")["VolumeId"]
    seeded.tick(HOUR)
    seeded.ec2.modify_volume(VolumeId=volume, Size=200)
    seeded.tick(2 * HOUR)
    assert [(each.used.size, lasted(each, seeded.now)) for each in spells(seeded, volume)] == [
        (100, timedelta(hours=1)),
        (200, timedelta(hours=2)),
    ]


def test_a_snapshot_is_billed_until_it_is_deleted(seeded: Seeded) -> None:
    (disk, _) = seeded.instance("web-1")["BlockDeviceMappings"]
    made = seeded.ec2.create_snapshot(VolumeId=disk["Ebs"]["VolumeId"])["SnapshotId"]
    seeded.tick(HOUR)
    seeded.ec2.delete_snapshot(SnapshotId=made)
    seeded.tick(HOUR)
    (spell,) = spells(seeded, made)
    assert (spell.used.size, lasted(spell, seeded.now)) == (8, timedelta(hours=1))


def test_an_elastic_address_is_idle_or_in_use_and_billed_until_it_is_released(seeded: Seeded) -> None:
    made = seeded.ec2.allocate_address(Domain="vpc")["AllocationId"]
    seeded.tick(HOUR)
    seeded.ec2.associate_address(AllocationId=made, InstanceId=seeded.id("web-2"))
    seeded.tick(2 * HOUR)
    # Stopped, the machine does not use it.
    seeded.ec2.stop_instances(InstanceIds=[seeded.id("web-2")])
    seeded.tick(3 * HOUR)
    (held,) = seeded.ec2.describe_addresses(AllocationIds=[made])["Addresses"]
    seeded.ec2.disassociate_address(AssociationId=held["AssociationId"])
    seeded.ec2.release_address(AllocationId=made)
    seeded.tick(HOUR)
    assert [(each.used.type, lasted(each, seeded.now)) for each in spells(seeded, made)] == [
        ("Idle", timedelta(hours=1)),
        ("InUse", timedelta(hours=2)),
        ("Idle", timedelta(hours=3)),
    ]


def test_what_a_machine_had_of_its_own_ends_when_an_elastic_address_takes_its_place(seeded: Seeded) -> None:
    made = seeded.ec2.allocate_address(Domain="vpc")["AllocationId"]
    machine = seeded.id("web-2")
    (own,) = spells(seeded, machine, "address")
    assert own.ended is None
    seeded.ec2.associate_address(AllocationId=made, InstanceId=machine)
    (own,) = spells(seeded, machine, "address")
    assert own.ended == seeded.now


def test_one_that_was_never_looked_at_is_found_with_its_own_times(seeded: Seeded) -> None:
    del seeded.app.world.ledgers["meter"]
    (running,) = spells(seeded, seeded.id("web-1"), "instance")
    assert running.begun < seeded.now - timedelta(days=6)
