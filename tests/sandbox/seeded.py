"""The seeded sandbox as a test sees it: machines by name, groups by name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ec2kit.sandbox import machines
from ec2kit.sandbox.machines import Answer
from tests.support.inprocess import InProcess


class Seeded(InProcess):
    """A fresh seeded account with a manual clock."""

    def __init__(self) -> None:
        super().__init__(empty=False)
        self.ec2 = self.client("ec2")

    def instance(self, name: str) -> dict[str, Any]:
        """The living instance of a Name."""
        wanted = [
            {"Name": "tag:Name", "Values": [name]},
            {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]},
        ]
        found = self.ec2.describe_instances(Filters=wanted)["Reservations"]
        (instance,) = [one for reservation in found for one in reservation["Instances"]]
        return dict(instance)

    def id(self, name: str) -> str:
        """The id of a Name."""
        return str(self.instance(name)["InstanceId"])

    def group(self, name: str) -> str:
        """The id of a security group of the default VPC."""
        wanted = [{"Name": "group-name", "Values": [name]}]
        return str(self.ec2.describe_security_groups(Filters=wanted)["SecurityGroups"][0]["GroupId"])

    def launch(self, name: str, group: str = "web", **tags: str) -> str:
        """Launch a machine like the seeded ones; it is pending. Return its id."""
        like = self.instance("web-2")
        labels = [{"Key": key, "Value": value} for key, value in {"Name": name, **tags}.items()]
        made = self.ec2.run_instances(
            ImageId=like["ImageId"],
            InstanceType="t3.micro",
            MinCount=1,
            MaxCount=1,
            SubnetId=like["SubnetId"],
            SecurityGroupIds=[self.group(group)],
            TagSpecifications=[{"ResourceType": "instance", "Tags": labels}],
        )
        return str(made["Instances"][0]["InstanceId"])

    def boot(self) -> None:
        """Let whatever was launched or started come up, services included."""
        self.tick(self.app.world.delays.pending)
        self.app.tick(machines.BOOT + timedelta(seconds=10))

    def probe(self, host: str, port: int = 80) -> Answer:
        """What a client meets at an address now."""
        with self.app.settled() as world:
            return machines.answer(world, host, port)
