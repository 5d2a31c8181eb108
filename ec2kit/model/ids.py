"""Names for AWS's ids, so that a volume id cannot be given where an instance id is wanted."""

from __future__ import annotations

from typing import NewType

InstanceId = NewType("InstanceId", str)
VolumeId = NewType("VolumeId", str)
SnapshotId = NewType("SnapshotId", str)
ImageId = NewType("ImageId", str)
AllocationId = NewType("AllocationId", str)
AssociationId = NewType("AssociationId", str)
InterfaceId = NewType("InterfaceId", str)
SubnetId = NewType("SubnetId", str)
GroupId = NewType("GroupId", str)
TemplateId = NewType("TemplateId", str)
RunId = NewType("RunId", str)
Zone = NewType("Zone", str)
Region = NewType("Region", str)
AccountId = NewType("AccountId", str)
InstanceType = NewType("InstanceType", str)

ID_PREFIXES: dict[str, str] = {
    "i-": "instance",
    "vol-": "volume",
    "snap-": "snapshot",
    "ami-": "image",
    "eipalloc-": "address",
    "eni-": "network-interface",
    "subnet-": "subnet",
    "sg-": "security-group",
    "sgr-": "security-group-rule",
    "lt-": "launch-template",
    "vpc-": "vpc",
    "igw-": "internet-gateway",
    "rtb-": "route-table",
    "key-": "key-pair",
}
"""AWS's id prefixes and what each names; the longest that fits wins."""


def kind_of(word: str) -> str | None:
    """Given a word, return the kind of resource whose id it looks like, or None."""
    matches = [prefix for prefix in ID_PREFIXES if word.startswith(prefix)]
    return ID_PREFIXES[max(matches, key=len)] if matches else None
