"""What the guest is told by its metadata service, and the script that reports back. Pure."""

from __future__ import annotations

from datetime import datetime

from ec2kit.metadata.values import Disks, Interface, MachineMetadata, Placement
from ec2kit.model.ids import (
    AccountId,
    ImageId,
    InstanceId,
    InstanceType,
    InterfaceId,
    Region,
    SubnetId,
    Zone,
)

ADDRESS = "172.31.0.15"
MAC = "06:00:ac:1f:00:0f"
HOSTNAME = "ip-172-31-0-15"

MARK = "ec2kit-boot-test:"

REPORT = f"""\
#!/bin/sh
set -- $(df -Pk / | tail -n 1)
for time in 1 2 3; do
    printf '\\r\\n{MARK} hostname=%s root_kib=%s end\\r\\n' "$(uname -n)" "$2" > /dev/console
done
"""
"""User data that prove that they ran. Said three times, because the kernel may speak in between."""


def guest_metadata(architecture: str, user_data: bytes | None, now: datetime) -> MachineMetadata:
    """Given what it is to run, return a machine of a practice account, launched at `now`."""
    return MachineMetadata(
        account=AccountId("123456789012"),
        instance_id=InstanceId("i-0b007000000000001"),
        image_id=ImageId("ami-0b007000000000001"),
        instance_type=InstanceType("t3.micro" if architecture != "i386" else "t2.micro"),
        architecture=architecture,
        pending_time=now,
        placement=Placement(Region("eu-west-1"), Zone("eu-west-1a"), "euw1-az1"),
        interfaces=(
            Interface(
                mac=MAC,
                interface_id=InterfaceId("eni-0b007000000000001"),
                device_number=0,
                private_ips=(ADDRESS,),
                private_dns=f"{HOSTNAME}.eu-west-1.compute.internal",
                subnet_id=SubnetId("subnet-0b007000000000001"),
                subnet_cidr="172.31.0.0/20",
                vpc_id="vpc-0b007000000000001",
                vpc_cidr="172.31.0.0/16",
            ),
        ),
        disks=Disks("/dev/xvda"),
        user_data=REPORT.encode() if user_data is None else user_data,
    )
