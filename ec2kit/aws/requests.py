"""What is asked of AWS when something is made, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping as TypingMapping
from dataclasses import dataclass, field

from ec2kit.model.disks import Mapping
from ec2kit.model.ids import GroupId, ImageId, InstanceType, Region, SnapshotId, SubnetId, TemplateId, Zone
from ec2kit.model.instances import MetadataOptions
from ec2kit.model.tags import Tags


@dataclass(frozen=True)
class Place:
    """Where one try of a launch goes; empty fields leave the choice to the template or to EC2."""

    type: InstanceType = InstanceType("")
    subnet: SubnetId = SubnetId("")
    zone: Zone = Zone("")


@dataclass(frozen=True)
class TemplateRef:
    """A version of a launch template."""

    id: TemplateId
    version: int

    def __str__(self) -> str:
        return f"{self.id}:{self.version}"


@dataclass(frozen=True)
class LaunchRequest:
    """One instance to launch. What is empty or None comes from the template, if one is named, or from EC2."""

    image: ImageId | None = None
    template: TemplateRef | None = None
    key: str = ""
    groups: tuple[GroupId, ...] = ()
    instance_profile: str = ""
    user_data: str = ""
    mappings: tuple[Mapping, ...] = ()
    tags: Tags = field(default_factory=dict)
    volume_tags: Tags = field(default_factory=dict)
    metadata: MetadataOptions | None = None
    monitoring: bool | None = None
    ebs_optimized: bool | None = None
    private_ip: str = ""
    shutdown_behavior: str = ""
    disable_api_termination: bool | None = None
    disable_api_stop: bool | None = None
    credits: str = ""
    tenancy: str = ""
    placement_group: str = ""


@dataclass(frozen=True)
class VolumeRequest:
    """One volume to create in a zone, empty or from a snapshot."""

    zone: Zone
    size_gib: int | None = None
    snapshot: SnapshotId | None = None
    type: str = "gp3"
    iops: int | None = None
    throughput: int | None = None
    encrypted: bool | None = None
    kms_key: str = ""
    tags: Tags = field(default_factory=dict)


@dataclass(frozen=True)
class ImageRequest:
    """An image to register, with every attribute explicit: RegisterImage inherits none of them."""

    name: str
    architecture: str
    root_device: str
    mappings: tuple[Mapping, ...]
    description: str = ""
    boot_mode: str = ""
    ena: bool = True
    sriov: str = ""
    imds: str = ""
    tpm: str = ""
    virtualization: str = "hvm"
    tags: Tags = field(default_factory=dict)


@dataclass(frozen=True)
class CopyRequest:
    """An image to copy from another region, or from this one under another name."""

    image: ImageId
    region: Region
    name: str
    description: str = ""
    tags: Tags = field(default_factory=dict)


EVERYBODY = "all"
"""The group that is everybody with an AWS account, where accounts get a permission; AWS has no other group."""

Filters = TypingMapping[str, tuple[str, ...] | list[str]]
"""EC2's filters: name to values."""
