"""Volumes, snapshots, images and launch templates as ec2kit sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ec2kit.model.ids import ImageId, InstanceId, SnapshotId, TemplateId, VolumeId, Zone
from ec2kit.model.tags import Tags, name_of


@dataclass(frozen=True)
class Volume:
    """An EBS volume; `state` is creating, available, in-use, deleting, deleted or error."""

    id: VolumeId
    state: str
    size_gib: int
    zone: Zone
    type: str = "gp3"
    iops: int | None = None
    throughput: int | None = None
    snapshot: SnapshotId | None = None
    encrypted: bool = False
    kms_key: str = ""
    instance: InstanceId | None = None
    device: str = ""
    attachment: str = ""
    delete_on_termination: bool = False
    created: datetime | None = None
    tags: Tags = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The Name tag, or the id when there is none."""
        return name_of(self.tags, self.id)


@dataclass(frozen=True)
class Snapshot:
    """An EBS snapshot; `state` is pending, completed, error, recoverable or recovering."""

    id: SnapshotId
    state: str
    volume: VolumeId
    size_gib: int
    started: datetime
    progress: str = ""
    description: str = ""
    state_message: str = ""
    encrypted: bool = False
    kms_key: str = ""
    tags: Tags = field(default_factory=dict)


@dataclass(frozen=True)
class Mapping:
    """One block device of an image or of a launch: what is at `device` when the machine starts."""

    device: str
    snapshot: SnapshotId | None = None
    size_gib: int | None = None
    type: str = ""
    iops: int | None = None
    throughput: int | None = None
    encrypted: bool | None = None
    kms_key: str = ""
    delete_on_termination: bool = True
    virtual_name: str = ""


@dataclass(frozen=True)
class Image:
    """An AMI; `state` is pending, available, failed, error, transient, disabled, deregistered or invalid."""

    id: ImageId
    name: str
    state: str
    architecture: str
    root_device: str
    mappings: tuple[Mapping, ...] = ()
    boot_mode: str = ""
    ena: bool = False
    sriov: str = ""
    imds: str = ""
    tpm: str = ""
    virtualization: str = "hvm"
    platform_details: str = "Linux/UNIX"
    usage_operation: str = "RunInstances"
    product_codes: tuple[str, ...] = ()
    owner: str = ""
    created: datetime | None = None
    description: str = ""
    deprecates: datetime | None = None
    """From when on others no longer see it in lists; it can be launched as before."""
    public: bool = False
    source_image: str = ""
    """The image that it is a copy of, in `source_region`; empty when it is none."""
    source_region: str = ""
    tags: Tags = field(default_factory=dict)

    @property
    def snapshots(self) -> tuple[SnapshotId, ...]:
        """The snapshots of its disks, the root's first."""
        disks = sorted(self.mappings, key=lambda mapping: mapping.device != self.root_device)
        return tuple(mapping.snapshot for mapping in disks if mapping.snapshot)

    @property
    def size_gib(self) -> int:
        """The sizes of its disks together."""
        return sum(mapping.size_gib or 0 for mapping in self.mappings)

    @property
    def has_billing_code(self) -> bool:
        """Whether RegisterImage would lose what the licence is billed by (RHEL, SUSE, Windows, marketplace)."""
        return bool(self.product_codes) or self.usage_operation != "RunInstances"


@dataclass(frozen=True)
class TemplateVersion:
    """One version of a launch template, with its data as EC2 returns it."""

    template: TemplateId
    name: str
    version: int
    data: dict[str, object]
    description: str = ""
    default: bool = False

    @property
    def reference(self) -> str:
        """The form that tags carry: `lt-…:7`."""
        return f"{self.template}:{self.version}"
