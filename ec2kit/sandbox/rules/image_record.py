"""An image: real disks on real snapshots, and the attributes it was registered with."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from moto.ec2.models.amis import Ami
from moto.ec2.utils import random_ami_id

from ec2kit.sandbox.rules.present import now
from ec2kit.sandbox.rules.snapshots import TimedSnapshot

Mapping = dict[str, Any]
"""A block device mapping as EC2 writes it: DeviceName, and Ebs with SnapshotId, VolumeSize (GiB) and so on."""


@dataclass(frozen=True)
class Traits:
    """What an image says of the machines that can be made of it. None: the image does not say."""

    architecture: str
    root_device_name: str
    virtualization_type: str
    ena_support: bool = False
    sriov_net_support: str | None = None
    boot_mode: str | None = None
    tpm_support: str | None = None
    imds_support: str | None = None
    kernel_id: str | None = None
    ramdisk_id: str | None = None
    platform: str | None = None


@dataclass(frozen=True)
class Origin:
    """Where an image comes from: an instance (rebooted for it, or not), another image, or neither."""

    instance_id: str | None = None
    rebooted: bool = False
    image_id: str | None = None
    region: str | None = None
    location: str | None = None


@dataclass(frozen=True)
class Contents:
    """Everything about an image but its name."""

    traits: Traits
    disks: Sequence[Mapping]
    ready_at: datetime
    origin: Origin = field(default_factory=Origin)
    instance_store: bool = False


class Image(Ami):
    """An image that is pending until its time and its snapshots' have come.

    moto's constructor is not called: it invents a volume and a snapshot for each image.
    """

    deprecated_at: datetime | None = None

    def __init__(self, backend: Any, name: str, description: str | None, contents: Contents) -> None:
        traits, origin = contents.traits, contents.origin
        self.ec2_backend = backend
        self.id = random_ami_id()
        self.name = name
        self.description = description or None
        self.owner_id = backend.account_id
        self.owner_alias = None
        self.image_type = "machine"
        self.image_location = origin.location or f"{backend.account_id}/{name}"
        self.hypervisor = "xen"
        self.creation_date = now()
        self.product_codes: set[str] = set()
        self.launch_permissions: list[dict[str, str]] = []
        self.root_device_type = "instance-store" if contents.instance_store else "ebs"
        for attribute in Traits.__dataclass_fields__:
            setattr(self, attribute, getattr(traits, attribute))
        # moto's attribute calls go by these older names.
        self.sriov, self.imds, self.tmp = traits.sriov_net_support, traits.imds_support, traits.tpm_support
        self.platform_details = "Windows" if traits.platform == "windows" else "Linux/UNIX"
        self.usage_operation = "RunInstances:0002" if traits.platform == "windows" else "RunInstances"
        self.instance_id = origin.instance_id
        self.source_image_id, self.source_image_region = origin.image_id, origin.region
        self.contents = contents
        self.disabled = False

    @property
    def traits(self) -> Traits:
        """The attributes that a copy or an image of an instance inherits."""
        return self.contents.traits

    def require_tokens(self) -> None:
        """Let machines of this image want IMDSv2 from now on; there is no way back."""
        self.contents = replace(self.contents, traits=replace(self.traits, imds_support="v2.0"))
        self.imds_support = self.imds = "v2.0"

    @property
    def deprecation_time(self) -> str | None:
        """When it is deprecated, as EC2 writes it."""
        return f"{self.deprecated_at:%Y-%m-%dT%H:%M:%S.000Z}" if self.deprecated_at else None

    @property
    def snapshots(self) -> list[TimedSnapshot]:
        """Those of its disks' snapshots that exist."""
        ids = [
            disk["Ebs"]["SnapshotId"] for disk in self.contents.disks if disk.get("Ebs", {}).get("SnapshotId")
        ]
        return [self.ec2_backend.snapshots[one] for one in ids if one in self.ec2_backend.snapshots]

    @property
    def state(self) -> str:
        """`pending`, `available`, `failed` or `disabled`."""
        states = {snapshot.status for snapshot in self.snapshots}
        if "error" in states:
            return "failed"
        if "pending" in states or now() < self.contents.ready_at:
            return "pending"
        return "disabled" if self.disabled else "available"

    @state.setter
    def state(self, state: str) -> None:
        """moto's DisableImage and EnableImage write it."""
        self.disabled = state == "disabled"

    @property
    def state_reason(self) -> dict[str, str] | None:
        """Why it failed, if it did."""
        if self.state != "failed":
            return None
        return {"Code": "Client.InternalError", "Message": "Client error on create image: a snapshot failed"}

    @property
    def block_device_mappings(self) -> list[Mapping]:
        """Its disks, with the encryption of their snapshots; in instance-store images there may be none."""
        encrypted = {snapshot.id: bool(snapshot.encrypted) for snapshot in self.snapshots}
        return [_shown(disk, encrypted) for disk in self.contents.disks]


def _shown(disk: Mapping, encrypted: dict[str, bool]) -> Mapping:
    if "Ebs" not in disk:
        return dict(disk)
    ebs = {"DeleteOnTermination": True, **disk["Ebs"]}
    ebs["Encrypted"] = encrypted.get(ebs.get("SnapshotId", ""), bool(ebs.get("Encrypted")))
    return {"DeviceName": disk["DeviceName"], "Ebs": ebs}
