"""What most tests of instance rules stand on: an image to launch, and the errors of boto3 by their codes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ec2kit.sandbox.delays import Delays
from tests.support.inprocess import InProcess

NO_LAG = Delays(lag_max=0)
"""Everything takes its time, and is visible at once."""


@dataclass(frozen=True)
class Ground:
    """A sandbox with one x86_64 image of an 8 GiB root disk at /dev/xvda, and a client of it."""

    sandbox: InProcess
    ec2: Any
    image_id: str
    snapshot_id: str

    def launch(self, count: int = 1, **wanted: Any) -> list[str]:
        """Launch machines and return their ids, still pending."""
        named = {"ImageId": self.image_id, "InstanceType": "t3.micro", **wanted}
        answer = self.ec2.run_instances(MinCount=count, MaxCount=count, **named)
        return [one["InstanceId"] for one in answer["Instances"]]

    def running(self, count: int = 1, **wanted: Any) -> list[str]:
        """Launch machines, wait until they run, and return their ids."""
        ids = self.launch(count, **wanted)
        self.sandbox.tick(15)
        return ids

    def one(self, instance_id: str) -> dict[str, Any]:
        """What DescribeInstances shows of one machine."""
        found: dict[str, Any] = self.ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0][
            "Instances"
        ][0]
        return found

    def state(self, instance_id: str) -> str:
        """The name of one machine's state."""
        return str(self.one(instance_id)["State"]["Name"])

    def found(self, **filters: str) -> list[str]:
        """The ids that DescribeInstances finds by filters, their names written with `_` for `-`."""
        named = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
        pages = self.ec2.describe_instances(Filters=named)["Reservations"]
        return [one["InstanceId"] for page in pages for one in page["Instances"]]


def prepare(delays: Delays = NO_LAG) -> Ground:
    """A fresh sandbox with an image in it."""
    sandbox = InProcess(delays=delays)
    ec2 = sandbox.client("ec2")
    volume = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=8, VolumeType="gp3")["VolumeId"]
    sandbox.tick(60)
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    sandbox.tick(600)
    ec2.delete_volume(VolumeId=volume)
    return Ground(sandbox, ec2, register(ec2, snapshot), snapshot)


def register(ec2: Any, snapshot: str, name: str = "base", architecture: str = "x86_64", **wanted: Any) -> str:
    """Register an image whose root disk is made from a snapshot, and return its id."""
    image: str = ec2.register_image(
        Name=name,
        Architecture=architecture,
        RootDeviceName="/dev/xvda",
        VirtualizationType="hvm",
        EnaSupport=True,
        BlockDeviceMappings=[
            {
                "DeviceName": "/dev/xvda",
                "Ebs": {
                    "SnapshotId": snapshot,
                    "VolumeSize": 8,
                    "VolumeType": "gp3",
                    "DeleteOnTermination": True,
                },
            }
        ],
        **wanted,
    )["ImageId"]
    return image


@contextmanager
def refused(code: str, status: int | None = None) -> Iterator[pytest.ExceptionInfo[ClientError]]:
    """The calls inside end with an EC2 error of this code (and HTTP status)."""
    with pytest.raises(ClientError) as caught:
        yield caught
    assert caught.value.response["Error"]["Code"] == code, caught.value
    if status is not None:
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
