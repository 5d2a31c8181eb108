"""An instance as ec2kit sees it, with the parts that its users ask about."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ec2kit.model.ids import (
    AllocationId,
    GroupId,
    ImageId,
    InstanceId,
    InstanceType,
    InterfaceId,
    SubnetId,
    VolumeId,
    Zone,
)
from ec2kit.model.tags import Tags, name_of


class State(StrEnum):
    """EC2's instance states."""

    PENDING = "pending"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    SHUTTING_DOWN = "shutting-down"
    TERMINATED = "terminated"

    @property
    def is_gone(self) -> bool:
        """Whether the instance is ending or has ended for good."""
        return self in (State.SHUTTING_DOWN, State.TERMINATED)


@dataclass(frozen=True)
class Disk:
    """A volume as attached to an instance: which device, and whether it goes with the instance."""

    device: str
    volume: VolumeId
    delete_on_termination: bool


@dataclass(frozen=True)
class Interface:
    """A network interface of an instance; index 0 is the primary one."""

    id: InterfaceId
    index: int
    subnet: SubnetId
    private_ips: tuple[str, ...]
    public_ip: str = ""
    groups: tuple[GroupId, ...] = ()
    source_dest_check: bool = True
    ipv6: tuple[str, ...] = ()


@dataclass(frozen=True)
class MetadataOptions:
    """Who may read the instance metadata service, and how (ModifyInstanceMetadataOptions)."""

    http_tokens: str = "optional"
    http_endpoint: str = "enabled"
    hop_limit: int = 1
    instance_tags: str = "disabled"
    http_ipv6: str = "disabled"


@dataclass(frozen=True)
class Instance:
    """One instance as DescribeInstances shows it; strings are empty where EC2 says nothing."""

    id: InstanceId
    state: State
    type: InstanceType
    image: ImageId
    zone: Zone
    launched: datetime
    tags: Tags = field(default_factory=dict)
    private_ip: str = ""
    public_ip: str = ""
    private_dns: str = ""
    public_dns: str = ""
    subnet: SubnetId = SubnetId("")
    vpc: str = ""
    key: str = ""
    groups: tuple[GroupId, ...] = ()
    instance_profile: str = ""
    architecture: str = ""
    root_device: str = ""
    root_device_type: str = "ebs"
    disks: tuple[Disk, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    state_reason: str = ""
    state_message: str = ""
    transition_reason: str = ""
    monitoring: bool = False
    ebs_optimized: bool = False
    source_dest_check: bool = True
    tenancy: str = "default"
    placement_group: str = ""
    platform_details: str = "Linux/UNIX"
    usage_operation: str = "RunInstances"
    lifecycle: str = ""
    client_token: str = ""
    metadata: MetadataOptions = MetadataOptions()
    boot_mode: str = ""
    ena: bool = False
    sriov: str = ""
    tpm: str = ""
    virtualization: str = "hvm"

    @property
    def name(self) -> str:
        """The Name tag, or the id when there is none."""
        return name_of(self.tags, self.id)

    @property
    def root_volume(self) -> VolumeId | None:
        """The volume at the root device, or None (detached, or an instance-store root)."""
        return next((disk.volume for disk in self.disks if disk.device == self.root_device), None)

    @property
    def autoscaling_group(self) -> str:
        """The Auto Scaling group that owns the instance, by the tag that AWS sets, or empty."""
        return self.tags.get("aws:autoscaling:groupName", "")


@dataclass(frozen=True)
class CheckState:
    """One of EC2's own status checks: `ok`, `impaired`, `initializing`, `insufficient-data`, `not-applicable`."""

    status: str
    impaired_since: datetime | None = None


@dataclass(frozen=True)
class ScheduledEvent:
    """Something AWS announced for an instance (retirement, reboot, maintenance)."""

    code: str
    description: str
    not_before: datetime | None = None


@dataclass(frozen=True)
class InstanceStatus:
    """EC2's own three checks of one instance, with what AWS has scheduled for it (DescribeInstanceStatus)."""

    id: InstanceId
    state: State
    zone: Zone
    system: CheckState
    instance: CheckState
    ebs: CheckState
    events: tuple[ScheduledEvent, ...] = ()


@dataclass(frozen=True)
class InstanceAttributes:
    """What only DescribeInstanceAttribute tells (one call each): asked for when a machine is described."""

    user_data: str = ""
    disable_api_termination: bool = False
    disable_api_stop: bool = False
    shutdown_behavior: str = "stop"
    credits: str = ""


@dataclass(frozen=True)
class Address:
    """An Elastic IP: the table that tells the truth about who holds it (DescribeAddresses)."""

    allocation: AllocationId
    public_ip: str
    instance: InstanceId | None = None
    interface: InterfaceId | None = None
    association: str = ""
    private_ip: str = ""
    tags: Tags = field(default_factory=dict)


def is_second(address: Address, holder: Instance) -> bool:
    """Whether an Elastic IP that the instance has is not that of its primary private address: a machine has as many
    as it has private addresses, on all its interfaces (EC2, "Elastic IP addresses")."""
    return bool(address.private_ip and holder.private_ip) and address.private_ip != holder.private_ip
