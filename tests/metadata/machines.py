"""Machines for the metadata tests."""

from __future__ import annotations

from datetime import UTC, datetime

from ec2kit.metadata.values import (
    AccessOptions,
    Disks,
    InstanceProfile,
    Interface,
    MachineMetadata,
    Placement,
    PublicKey,
    RoleCredentials,
)
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

PENDING = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)

INTERFACE = Interface(
    mac="02:00:00:00:00:01",
    interface_id=InterfaceId("eni-1"),
    device_number=0,
    private_ips=("172.31.0.5", "172.31.0.6"),
    private_dns="ip-172-31-0-5.eu-west-1.compute.internal",
    subnet_id=SubnetId("subnet-1"),
    subnet_cidr="172.31.0.0/20",
    vpc_id="vpc-1",
    vpc_cidr="172.31.0.0/16",
    group_ids=(GroupId("sg-1"), GroupId("sg-2")),
    group_names=("web", "admin"),
    associations=(("203.0.113.9", "172.31.0.5"),),
    public_dns="ec2-203-0-113-9.eu-west-1.compute.amazonaws.com",
)

CREDENTIALS = RoleCredentials(
    role="web",
    access_key="ASIAEC2KITSANDBOX00",
    secret_key="sandbox",
    token="sandbox-token",
    expires=datetime(2026, 3, 4, 11, 6, 7, tzinfo=UTC),
)

WEB = MachineMetadata(
    account=AccountId("123456789012"),
    instance_id=InstanceId("i-0123456789abcdef0"),
    image_id=ImageId("ami-1"),
    instance_type=InstanceType("t3.micro"),
    architecture="x86_64",
    pending_time=PENDING,
    placement=Placement(Region("eu-west-1"), Zone("eu-west-1a"), "euw1-az1"),
    interfaces=(INTERFACE,),
    disks=Disks("/dev/xvda", ("/dev/sdf",)),
    reservation_id="r-1",
    key=PublicKey("ops", "ssh-ed25519 AAAA ops"),
    profile=InstanceProfile(
        "arn:aws:iam::123456789012:instance-profile/web", "AIPAEC2KITSANDBOX0000", CREDENTIALS
    ),
    user_data=b"#!/bin/sh\nexit 0\n",
    tags=(("Name", "web-1"), ("ec2kit:hostname", "web-1.shop.example.com")),
    options=AccessOptions(tags_enabled=True),
)
