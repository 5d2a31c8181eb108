"""A machine: an instance with everything that belongs to it, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ec2kit.model.disks import Image, Volume
from ec2kit.model.instances import Address, Instance, InstanceAttributes

if TYPE_CHECKING:
    from ec2kit.aws import Aws


@dataclass(frozen=True)
class Machine:
    """Everything that must be known to make the same machine again."""

    instance: Instance
    attributes: InstanceAttributes
    volumes: tuple[Volume, ...] = ()
    addresses: tuple[Address, ...] = ()
    image: Image | None = None

    def volume_at(self, device: str) -> Volume | None:
        """The volume attached at this device, or None."""
        at = {disk.device: disk.volume for disk in self.instance.disks}
        return next((volume for volume in self.volumes if volume.id == at.get(device)), None)

    @property
    def address(self) -> Address | None:
        """The Elastic IP on the primary interface, or None."""
        primary = self.instance.interfaces[0].id if self.instance.interfaces else None
        on_primary = (each for each in self.addresses if primary is None or each.interface in (None, primary))
        return next(on_primary, None)


def observe_machine(aws: Aws, instance: Instance) -> Machine:
    """Given an instance, ask AWS for the rest of the machine; its image may be gone (8 calls)."""
    volumes = aws.volumes.describe([disk.volume for disk in instance.disks]) if instance.disks else ()
    return Machine(
        instance=instance,
        attributes=aws.instances.attributes(instance.id),
        volumes=tuple(sorted(volumes, key=lambda volume: volume.device)),
        addresses=aws.addresses.describe({"instance-id": [instance.id]}),
        image=next(iter(aws.images.describe([instance.image])), None),
    )
