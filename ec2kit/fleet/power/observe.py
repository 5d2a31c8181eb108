"""What AWS shows of machines before their power is changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ec2kit.fleet.power.ending import Ending
from ec2kit.model.instances import Address, Instance
from ec2kit.snapshots.observe import sets_of, subjects

if TYPE_CHECKING:
    from ec2kit.aws import Aws


def stop_protected(aws: Aws, instances: Sequence[Instance]) -> tuple[str, ...]:
    """The ids of those whose stop AWS would refuse (DisableApiStop; one call each, it is in no list)."""
    return tuple(
        each.id
        for each in instances
        if not each.state.is_gone and aws.instances.protected(each.id, "disableApiStop")
    )


def addresses_of(aws: Aws, instances: Sequence[Instance]) -> tuple[Address, ...]:
    """Their Elastic IPs: one call, as the action has no pages."""
    wanted = {instance.id for instance in instances}
    return tuple(each for each in aws.addresses.describe() if each.instance in wanted) if wanted else ()


def endings(aws: Aws, instances: Sequence[Instance], *, snapshot: bool) -> tuple[Ending, ...]:
    """Given machines, return each with its volumes, addresses and sets; `snapshot` prepares a last set."""
    living = [instance for instance in instances if not instance.state.is_gone]
    disks = [disk.volume for instance in living for disk in instance.disks]
    volumes = aws.volumes.describe(disks) if disks else ()
    addresses = addresses_of(aws, living)
    sets = sets_of(aws, [instance.id for instance in living])
    last = {each.machine.instance.id: each for each in (subjects(aws, living) if snapshot else ())}
    return tuple(
        Ending(
            instance,
            protected=not instance.state.is_gone
            and aws.instances.protected(instance.id, "disableApiTermination"),
            volumes=tuple(volume for volume in volumes if volume.instance == instance.id),
            addresses=tuple(address for address in addresses if address.instance == instance.id),
            sets=tuple(each for each in sets if each.of == instance.id),
            last=last.get(instance.id),
        )
        for instance in instances
    )
