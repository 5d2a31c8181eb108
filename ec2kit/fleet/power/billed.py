"""What is billed no more once machines are ended, and what stays billed. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from ec2kit.costs.standing import Cost, Rates, address_part, disk_parts, instance_cost, snapshot_part
from ec2kit.fleet.power.ending import Ending
from ec2kit.model.disks import Volume
from ec2kit.model.ids import InstanceId, VolumeId
from ec2kit.model.instances import Instance


@dataclass(frozen=True)
class After:
    """What machines cost a month: what ends with them, and what goes on."""

    ends: Cost = field(default_factory=Cost)
    stays: Cost = field(default_factory=Cost)

    def __add__(self, other: After) -> After:
        return After(self.ends + other.ends, self.stays + other.stays)


def after_ending(
    rates: Rates, region: str, endings: Iterable[Ending], ended: Collection[InstanceId]
) -> After:
    """Given machines and which of them are really ended, return what they cost together, and what stays."""
    found = After()
    for ending in endings:
        if ending.instance.id in ended:
            found += _of_ending(rates, region, ending)
    return found


def after_retiring(
    rates: Rates, region: str, machines: Iterable[tuple[Instance, Sequence[Volume]]], *, deleted: bool
) -> After:
    """Given quarantined machines with their volumes, return what ends with them, and what stays: the volumes, unless
    they are `deleted`."""
    found = After()
    for instance, volumes in machines:
        going = frozenset(volume.id for volume in volumes if deleted)
        found += _of_machine(rates, region, instance, volumes, going)
    return found


def _of_ending(rates: Rates, region: str, ending: Ending) -> After:
    instance = ending.instance
    going = frozenset(disk.volume for disk in instance.disks if disk.delete_on_termination)
    machine = _of_machine(rates, region, instance, ending.volumes, going)
    elastic = [address.public_ip for address in ending.addresses]
    own = tuple(part for part in machine.ends.parts if part.kind != "address" or part.resource not in elastic)
    sizes = [snapshot.size_gib for each in ending.sets for snapshot in each.snapshots]
    sizes += [volume.size_gib for volume in ending.volumes] if ending.last else []
    kept = [address_part(rates, region, resource=ip) for ip in elastic]
    kept += [snapshot_part(rates, region, size) for size in sizes]
    return After(Cost(own), machine.stays + Cost(tuple(kept)))


def _of_machine(
    rates: Rates, region: str, instance: Instance, volumes: Sequence[Volume], going: Collection[VolumeId]
) -> After:
    staying = [part for each in volumes if each.id not in going for part in disk_parts(rates, region, each)]
    gone = [each for each in volumes if each.id in going]
    return After(instance_cost(rates, region, instance, gone), Cost(tuple(staying)))
