"""Between AWS's dictionaries and our values: the small conversions that several ports share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as TypingMapping
from typing import Any

from ec2kit.aws.requests import Filters
from ec2kit.model.disks import Mapping
from ec2kit.model.ids import SnapshotId
from ec2kit.model.tags import Tags

FILTER_VALUES = 200
"""EC2 takes at most 200 values in one filter."""


def tags_in(item: TypingMapping[str, Any], key: str = "Tags") -> dict[str, str]:
    """The tags of an AWS item as a dictionary."""
    return {tag["Key"]: tag["Value"] for tag in item.get(key, ())}


def tag_list(tags: Tags) -> list[dict[str, str]]:
    """Tags as AWS wants them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tag_specification(resource: str, tags: Tags) -> list[dict[str, Any]]:
    """TagSpecifications for one kind of resource; empty when there are no tags."""
    return [{"ResourceType": resource, "Tags": tag_list(tags)}] if tags else []


def filter_list(filters: Filters | None) -> list[dict[str, Any]]:
    """Filters as AWS wants them."""
    return [{"Name": name, "Values": list(values)} for name, values in (filters or {}).items()]


def portions(items: Sequence[str], size: int = FILTER_VALUES) -> Iterator[list[str]]:
    """The items in lists of at most `size`."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])


def present(**params: Any) -> dict[str, Any]:
    """The parameters that have a value: None and what is empty are left out; False and 0 are values."""
    return {key: value for key, value in params.items() if value or isinstance(value, int)}


def mapping_in(item: TypingMapping[str, Any]) -> Mapping:
    """A block device mapping of an image or a template."""
    ebs = item.get("Ebs", {})
    return Mapping(
        device=item.get("DeviceName", ""),
        snapshot=SnapshotId(ebs["SnapshotId"]) if ebs.get("SnapshotId") else None,
        size_gib=ebs.get("VolumeSize"),
        type=ebs.get("VolumeType", ""),
        iops=ebs.get("Iops"),
        throughput=ebs.get("Throughput"),
        encrypted=ebs.get("Encrypted"),
        kms_key=ebs.get("KmsKeyId", ""),
        delete_on_termination=ebs.get("DeleteOnTermination", True),
        virtual_name=item.get("VirtualName", ""),
    )


def mapping_out(mapping: Mapping) -> dict[str, Any]:
    """A block device mapping as AWS wants it; encryption is not named beside a snapshot unless it is asked for
    (a snapshot brings its own, and naming False is refused)."""
    if mapping.virtual_name:
        return {"DeviceName": mapping.device, "VirtualName": mapping.virtual_name}
    takes_iops = mapping.type in ("io1", "io2", "gp3")
    return {
        "DeviceName": mapping.device,
        "Ebs": present(
            SnapshotId=mapping.snapshot,
            VolumeSize=mapping.size_gib,
            VolumeType=mapping.type,
            Iops=mapping.iops if takes_iops else None,
            Throughput=mapping.throughput if mapping.type == "gp3" else None,
            Encrypted=mapping.encrypted or None,
            KmsKeyId=mapping.kms_key if mapping.encrypted else "",
            DeleteOnTermination=mapping.delete_on_termination,
        ),
    }


def mappings_out(mappings: Iterable[Mapping]) -> list[dict[str, Any]]:
    """All of them."""
    return [mapping_out(mapping) for mapping in mappings]
