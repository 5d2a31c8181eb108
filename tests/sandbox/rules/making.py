"""What the tests of disks, images, addresses and tags start from."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ec2kit.sandbox.delays import Delays
from tests.support.inprocess import InProcess

ZONE = "eu-west-1a"


def calm() -> InProcess:
    """A sandbox in which everything takes its time, but nothing lags."""
    return InProcess(delays=Delays(lag_max=0))


@contextmanager
def refused(code: str) -> Iterator[None]:
    """EC2 answers what is done inside with this error code."""
    with pytest.raises(ClientError) as error:
        yield
    assert error.value.response["Error"]["Code"] == code


def make_volume(sandbox: InProcess, size: int = 8, **more: Any) -> str:
    """An available volume."""
    volume = sandbox.client("ec2").create_volume(AvailabilityZone=ZONE, Size=size, **more)
    sandbox.tick(5)
    return str(volume["VolumeId"])


def make_snapshot(sandbox: InProcess, size: int = 8, **more: Any) -> str:
    """A completed snapshot, whose volume is gone."""
    ec2, volume_id = sandbox.client("ec2"), make_volume(sandbox, size)
    snapshot = ec2.create_snapshot(VolumeId=volume_id, **more)
    ec2.delete_volume(VolumeId=volume_id)
    sandbox.tick(30 + size)
    return str(snapshot["SnapshotId"])


def make_image(sandbox: InProcess, name: str = "debian-12", *, data_gib: int = 0, **more: Any) -> str:
    """An image with an 8 GiB root disk at /dev/xvda, and a data disk at /dev/sdf if asked for."""
    disks = [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": make_snapshot(sandbox)}}]
    if data_gib:
        data = {"SnapshotId": make_snapshot(sandbox, data_gib), "DeleteOnTermination": False}
        disks.append({"DeviceName": "/dev/sdf", "Ebs": data})
    settings: dict[str, Any] = {
        "Architecture": "x86_64",
        "RootDeviceName": "/dev/xvda",
        "VirtualizationType": "hvm",
        "EnaSupport": True,
        "BlockDeviceMappings": disks,
        **more,
    }
    return str(sandbox.client("ec2").register_image(Name=name, **settings)["ImageId"])


def launch(sandbox: InProcess, image_id: str, count: int = 1, **more: Any) -> list[str]:
    """Running instances in the first zone."""
    settings: dict[str, Any] = {"InstanceType": "t3.micro", "Placement": {"AvailabilityZone": ZONE}, **more}
    answer = sandbox.client("ec2").run_instances(ImageId=image_id, MinCount=count, MaxCount=count, **settings)
    sandbox.tick(16)
    return [one["InstanceId"] for one in answer["Instances"]]


def instance(sandbox: InProcess, instance_id: str) -> dict[str, Any]:
    """What DescribeInstances says of one instance."""
    answer = sandbox.client("ec2").describe_instances(InstanceIds=[instance_id])
    found: dict[str, Any] = answer["Reservations"][0]["Instances"][0]
    return found


def disks_of(sandbox: InProcess, instance_id: str) -> dict[str, dict[str, Any]]:
    """The volumes of an instance, by device name."""
    volumes = sandbox.client("ec2").describe_volumes(
        Filters=[{"Name": "attachment.instance-id", "Values": [instance_id]}]
    )["Volumes"]
    return {volume["Attachments"][0]["Device"]: volume for volume in volumes}


def image(sandbox: InProcess, image_id: str, region: str = "eu-west-1") -> dict[str, Any]:
    """An image as DescribeImages shows it."""
    found: dict[str, Any] = sandbox.client("ec2", region).describe_images(ImageIds=[image_id])["Images"][0]
    return found
