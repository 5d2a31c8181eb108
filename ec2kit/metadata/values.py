"""What a machine may be told about itself: the values that the metadata service answers from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ec2kit.model.ids import (
    AccountId,
    GroupId,
    ImageId,
    InstanceId,
    InstanceType,
    InterfaceId,
    Region,
    SubnetId,
    Zone,
)


@dataclass(frozen=True)
class AccessOptions:
    """An instance's MetadataOptions: who may read, and whether tags are shown."""

    endpoint_enabled: bool = True
    tokens_required: bool = True
    tags_enabled: bool = False


@dataclass(frozen=True)
class Interface:
    """One network interface; `associations` pairs each public address with its private one."""

    mac: str
    interface_id: InterfaceId
    device_number: int
    private_ips: tuple[str, ...]
    private_dns: str
    subnet_id: SubnetId
    subnet_cidr: str
    vpc_id: str
    vpc_cidr: str
    group_ids: tuple[GroupId, ...] = ()
    group_names: tuple[str, ...] = ()
    associations: tuple[tuple[str, str], ...] = ()
    public_dns: str | None = None


@dataclass(frozen=True)
class RoleCredentials:
    """Temporary keys of the instance's role, as `iam/security-credentials/<role>` shows them."""

    role: str
    access_key: str
    secret_key: str
    token: str
    expires: datetime


@dataclass(frozen=True)
class InstanceProfile:
    """The attached instance profile, and its role's keys when it has a role."""

    arn: str
    profile_id: str
    credentials: RoleCredentials | None = None


@dataclass(frozen=True)
class PublicKey:
    """The key pair given at launch; `openssh` is one line without its newline."""

    name: str
    openssh: str


@dataclass(frozen=True)
class Placement:
    """Where the machine is."""

    region: Region
    zone: Zone
    zone_id: str


@dataclass(frozen=True)
class Disks:
    """The device names of the block-device mapping; `data` excludes the root."""

    root: str
    data: tuple[str, ...] = ()


@dataclass(frozen=True)
class MachineMetadata:
    """Everything the service knows of one machine at one moment.

    `pending_time` is when the machine last became pending: at launch and at each start after a stop, not
    at a reboot. `interfaces` begins with the primary one. `user_data` is raw, not base64.
    """

    account: AccountId
    instance_id: InstanceId
    image_id: ImageId
    instance_type: InstanceType
    architecture: str
    pending_time: datetime
    placement: Placement
    interfaces: tuple[Interface, ...]
    disks: Disks
    reservation_id: str = ""
    launch_index: int = 0
    key: PublicKey | None = None
    profile: InstanceProfile | None = None
    user_data: bytes | None = None
    tags: tuple[tuple[str, str], ...] = ()
    options: AccessOptions = AccessOptions()

    @property
    def private_ip(self) -> str:
        """The primary private address."""
        return self.interfaces[0].private_ips[0]
