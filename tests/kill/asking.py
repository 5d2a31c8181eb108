"""What the lists of a world do not say, asked of AWS for each thing."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.kill.naming import Thing

DIRECT = "vol-ffffffff"
"""The volume that AWS names for a snapshot which was made of none."""


def is_direct(snapshot: Thing) -> bool:
    """Whether it was written with EBS direct, and can be read."""
    return bool(snapshot["VolumeId"] == DIRECT and snapshot["State"] == "completed")


def blocks_of(ebs: Any, snapshot: Thing) -> str:
    """Which blocks it has, and what is in them."""
    listed = ebs.list_snapshot_blocks(SnapshotId=snapshot["SnapshotId"])["Blocks"]
    digest = hashlib.sha256()
    for block in listed:
        got = ebs.get_snapshot_block(
            SnapshotId=snapshot["SnapshotId"], BlockIndex=block["BlockIndex"], BlockToken=block["BlockToken"]
        )
        digest.update(f"{block['BlockIndex']} {got['Checksum']}\n".encode())
    return f"{len(listed)} blocks, {digest.hexdigest()[:12]}"


def objects_of(s3: Any) -> list[Thing]:
    """Each object by its bucket and key: its size, and a sum of what holds neither times nor ids."""
    found: list[Thing] = []
    for bucket in [each["Name"] for each in s3.list_buckets()["Buckets"]]:
        for each in s3.list_objects_v2(Bucket=bucket).get("Contents", ()):
            key = each["Key"]
            told = {"bucket": bucket, "key": key, "size": each["Size"]}
            if key.endswith(".zst"):
                data = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
                told["sum"] = hashlib.sha256(data).hexdigest()[:12]
            found.append(told)
        unfinished = s3.list_multipart_uploads(Bucket=bucket).get("Uploads", ())
        found += [{"bucket": bucket, "key": each["Key"], "unfinished": True} for each in unfinished]
    return found


def versions_of(ec2: Any, template: str) -> list[Thing]:
    found: list[Thing] = ec2.describe_launch_template_versions(LaunchTemplateId=template)[
        "LaunchTemplateVersions"
    ]
    return found


def attributes_of(ec2: Any, instance: Thing) -> dict[str, Any]:
    """What DescribeInstances does not say; a machine that is gone has none of it."""
    if instance["State"]["Name"] in ("terminated", "shutting-down"):
        return {}

    def ask(attribute: str) -> Any:
        return ec2.describe_instance_attribute(InstanceId=instance["InstanceId"], Attribute=attribute)

    user_data = ask("userData").get("UserData", {}).get("Value", "")
    return {
        "user_data": hashlib.sha256(user_data.encode()).hexdigest()[:12] if user_data else "",
        "at_shutdown": ask("instanceInitiatedShutdownBehavior")["InstanceInitiatedShutdownBehavior"].get(
            "Value"
        ),
        "termination_protected": ask("disableApiTermination")["DisableApiTermination"].get("Value"),
    }
