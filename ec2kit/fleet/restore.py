"""From a snapshot set to an instance: the pure plan that `snapshot restore` and `recover` share.

An image is registered from the set's snapshots with every attribute as the machine had it (RegisterImage
inherits nothing), and one instance is launched from it and the description's launch template.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ec2kit.aws.requests import ImageRequest, LaunchRequest, Place, TemplateRef
from ec2kit.engine.plan import Planned
from ec2kit.engine.steps.attribute import ModifyInstance
from ec2kit.engine.steps.base import later
from ec2kit.engine.steps.disk_tags import TagDisks
from ec2kit.engine.steps.image import RegisterImage
from ec2kit.engine.steps.launch import RunInstance
from ec2kit.errors import Ec2kitError
from ec2kit.inventory.description import DiskSpec, Spec
from ec2kit.model.disks import Mapping, Snapshot
from ec2kit.model.ids import TemplateId
from ec2kit.model.tags import NAME, Tags
from ec2kit.snapshots.sets import SnapshotSet


@dataclass(frozen=True)
class Source:
    """A set with the description that its tags carry."""

    set: SnapshotSet
    spec: Spec
    template: TemplateRef


@dataclass(frozen=True)
class Target:
    """What is to be made of it: the image's name (which dedupes), the new instance's own tags, where to try.

    The instance gets the tags that the machine had, without those in `leave`, and over them `tags`.
    """

    image_name: str
    tags: Tags
    places: tuple[Place, ...]
    image_tags: Tags = field(default_factory=dict)
    subject: str = ""
    private_ip: str = ""
    leave: frozenset[str] = frozenset()


def template_ref(text: str) -> TemplateRef | None:
    """Given `lt-…:7`, return the reference, or None when it is not one."""
    id, _, version = text.rpartition(":")
    is_one = id.startswith("lt-") and version.isascii() and version.isdigit()
    return TemplateRef(TemplateId(id), int(version)) if is_one else None


def disk_snapshots(source: Source) -> tuple[tuple[DiskSpec, Snapshot], ...]:
    """Given a set, return each disk of the machine with its snapshot, the root first.

    Raises `Ec2kitError` when a snapshot belongs to no disk of the description, or the root has none.
    """
    by_volume = {str(snapshot.volume): snapshot for snapshot in source.set.snapshots}
    root = source.spec.root_device
    disks = sorted(source.spec.disks, key=lambda disk: (disk.device != root, disk.device))
    paired = tuple((disk, by_volume[disk.volume]) for disk in disks if disk.volume in by_volume)
    if not paired or paired[0][0].device != root or len(paired) != len(source.set.snapshots):
        raise Ec2kitError(
            f"the set '{source.set.name}' does not fit its description: "
            f"{len(source.set.snapshots)} snapshots, {len(paired)} known disks",
            resource=source.set.name,
            hint="choose another set with `ec2kit snapshot ls`",
        )
    return paired


def image_mappings(source: Source) -> tuple[Mapping, ...]:
    """Given a set, return the image's block devices: every disk as the machine had it, from its snapshot."""
    return tuple(
        Mapping(
            device=disk.device,
            snapshot=snapshot.id,
            size_gib=max(disk.size_gib, snapshot.size_gib),
            type=disk.type,
            iops=disk.iops,
            throughput=disk.throughput,
            delete_on_termination=disk.delete_on_termination,
        )
        for disk, snapshot in disk_snapshots(source)
    )


def disk_tags(source: Source, target: Target) -> dict[str, dict[str, str]]:
    """Given a set and what to make of it, return the new volumes' tags by device.

    A volume that had its machine's name gets the new machine's.
    """
    old, new = source.spec.name, target.tags.get(NAME, source.spec.name)
    return {
        disk.device: {key: new if (key, value) == (NAME, old) else value for key, value in disk.tags.items()}
        for disk, _ in disk_snapshots(source)
    }


def restore_steps(
    source: Source, target: Target, after: tuple[str, ...] = (), prefix: str = ""
) -> tuple[Planned, ...]:
    """Given a set and what to make of it, return the steps; the keys are `PREFIXimage` and `PREFIXinstance`,
    and `PREFIXdisks` and `PREFIXrouting` where a launch cannot make it the same machine."""
    spec, subject = source.spec, target.subject
    image_key, instance_key = f"{prefix}image", f"{prefix}instance"
    by_device = disk_tags(source, target)
    common = dict(set.intersection(*(set(tags.items()) for tags in by_device.values())))
    kept = {key: value for key, value in spec.tags.items() if key not in target.leave}
    request = LaunchRequest(
        image=later(image_key, "image_id"),
        template=source.template,
        tags={**kept, **target.tags},
        volume_tags=dict(sorted(common.items())),
        private_ip=target.private_ip,
    )
    steps = [
        Planned(image_key, _register(source, target), after, "a launch wants an image of the disks", subject),
        Planned(
            instance_key,
            RunInstance(request, target.places),
            (image_key,),
            f"with what {spec.instance} had",
            subject,
        ),
    ]
    made = later(instance_key, "instance_id")
    if differing := {device: tags for device, tags in by_device.items() if tags != common}:
        why = "its volumes had tags of their own"
        steps.append(Planned(f"{prefix}disks", TagDisks(made, differing), (instance_key,), why, subject))
    if not spec.source_dest_check:
        routing = ModifyInstance(made, "source_dest_check", False)
        steps.append(
            Planned(f"{prefix}routing", routing, (instance_key,), "the machine routes for others", subject)
        )
    return tuple(steps)


def _register(source: Source, target: Target) -> RegisterImage:
    spec = source.spec
    return RegisterImage(
        ImageRequest(
            name=target.image_name,
            architecture=spec.architecture,
            root_device=spec.root_device,
            mappings=image_mappings(source),
            description=f"{spec.name} from the set {source.set.name}",
            boot_mode=spec.boot_mode,
            ena=spec.ena,
            sriov=spec.sriov,
            imds=spec.imds,
            tpm=spec.tpm,
            virtualization=spec.virtualization,
            tags=target.image_tags,
        )
    )
