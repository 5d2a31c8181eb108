"""What the resources of a bill are called: names and tags of all that EC2 shows, by id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ec2kit.aws import Aws
from ec2kit.model.tags import Tags


@dataclass(frozen=True)
class Known:
    """One resource: its Name, or for a disk without one the machine's and the device."""

    name: str
    tags: Tags


def names_in(regions: Iterable[Aws]) -> Mapping[str, Known]:
    """Given AWS in some regions, return what is known of each instance, volume, snapshot and Elastic IP there."""
    found: dict[str, Known] = {}
    for aws in regions:
        machines = {str(each.id): each for each in aws.instances.describe()}
        for machine in machines.values():
            found[str(machine.id)] = Known(machine.tags.get("Name", ""), machine.tags)
            for disk in machine.disks:
                found[str(disk.volume)] = Known(f"{machine.tags.get('Name', machine.id)} {disk.device}", {})
        for volume in aws.volumes.describe():
            given = volume.tags.get("Name") or (found[str(volume.id)].name if str(volume.id) in found else "")
            found[str(volume.id)] = Known(given, volume.tags)
        for snapshot in aws.snapshots.describe():
            found[str(snapshot.id)] = Known(snapshot.tags.get("Name", ""), snapshot.tags)
        for address in aws.addresses.describe():
            found[str(address.allocation)] = Known(
                address.tags.get("Name") or str(address.public_ip), address.tags
            )
    return found
