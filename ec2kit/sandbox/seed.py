"""The small account that a new sandbox starts with, so that the examples of the documentation run.

Region eu-west-1: images `debian-12-amd64` and `debian-12-i386`, the machines web-1 to web-4 behind the balancer
`shop`, the free address 203.0.113.9, the bucket `backups`, the topic `ops`, the database `shop-db`. Everything
was made some days ago, so the machines are running and past their checks.

Security groups hold as on AWS: the VPC's default group admits only its own members, so a machine launched into it
answers no probe. The seeded machines have the group `web`, which admits 22, 80 and 443 from everywhere.
"""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Protocol

from ec2kit.sandbox.founding import Founder, tagged, tags
from ec2kit.sandbox.moto_app import MotoApp
from ec2kit.sandbox.world import World

AGE_DAYS = 7
IMAGES = {"debian-12-amd64": "x86_64", "debian-12-i386": "i386"}
KEY = "ops"
# The private half was thrown away: nobody logs in to a machine that is played by a proxy.
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAs72ChZRZ1pMXS8at8os5KJ5NCBQE5hx3PdRF+OdYSm ops"
GROUP = "web"
PORTS = (22, 80, 443)
PROFILE = "web"
MACHINES = ("web-1", "web-2", "web-3", "web-4")
TYPE = "t3.micro"
ADDRESS = "203.0.113.9"
BALANCER = "shop"
BUCKET = "backups"
TOPIC = "ops"
DATABASE = "shop-db"
USER_DATA = b"#!/bin/sh\necho shop > /etc/role\n"
ROOT_DEVICE = "/dev/xvda"
ROOT_GIB = 8
DATA_DEVICE = "/dev/sdf"
DATA_GIB = 20

ROLE_POLICY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},'
    '"Action":"sts:AssumeRole"}]}'
)


class Practice(Protocol):
    """What the seed needs of the sandbox's application."""

    world: World


def seed_account(app: Practice) -> None:
    """Fill an empty account. The caller holds the lock, and the world is the active one."""
    with Founder(app.world, MotoApp(), AGE_DAYS) as founder:
        images = {name: _image(founder, name, architecture) for name, architecture in IMAGES.items()}
        founder.wait(timedelta(hours=1))
        group, subnets = _network(founder)
        _identity(founder)
        machines = [
            _machine(founder, name, images["debian-12-amd64"], subnets[number % len(subnets)], group)
            for number, name in enumerate(MACHINES)
        ]
        founder.wait(timedelta(hours=1))
        _balancer(founder, machines, subnets, group)
        founder.call(
            "ec2",
            "AllocateAddress",
            {"Domain": "vpc", "Address": ADDRESS, **tagged("elastic-ip", Name="shop")},
        )
        _rest(founder)
        founder.wait(timedelta(hours=1))


def _image(founder: Founder, name: str, architecture: str) -> str:
    """Register an image over a snapshot that exists."""
    volume = founder.call(
        "ec2", "CreateVolume", {"AvailabilityZone": "eu-west-1a", "Size": ROOT_GIB, "VolumeType": "gp3"}
    ).first("volumeId")
    founder.wait(timedelta(minutes=1))
    snapshot = founder.call(
        "ec2", "CreateSnapshot", {"VolumeId": volume, "Description": name, **tagged("snapshot", Name=name)}
    ).first("snapshotId")
    founder.wait(timedelta(minutes=10))
    founder.call("ec2", "DeleteVolume", {"VolumeId": volume})
    device = "BlockDeviceMapping.1"
    registered = founder.call(
        "ec2",
        "RegisterImage",
        {
            "Name": name,
            "Description": f"Debian 12 for {architecture}",
            "Architecture": architecture,
            "RootDeviceName": ROOT_DEVICE,
            "VirtualizationType": "hvm",
            "EnaSupport": "true",
            f"{device}.DeviceName": ROOT_DEVICE,
            f"{device}.Ebs.SnapshotId": snapshot,
            f"{device}.Ebs.VolumeSize": ROOT_GIB,
            f"{device}.Ebs.VolumeType": "gp3",
            f"{device}.Ebs.DeleteOnTermination": "true",
            **tagged("image", Name=name),
        },
    )
    return registered.first("imageId")


def _network(founder: Founder) -> tuple[str, list[str]]:
    """Make the group `web` in the default VPC; return it and the default subnets in the order of their zones."""
    wanted = {"Filter.1.Name": "default-for-az", "Filter.1.Value.1": "true"}
    found = founder.call("ec2", "DescribeSubnets", wanted)
    by_zone = dict(zip(found.all("availabilityZone"), found.all("subnetId"), strict=True))
    group = founder.call(
        "ec2",
        "CreateSecurityGroup",
        {
            "GroupName": GROUP,
            "GroupDescription": "web machines",
            "VpcId": found.first("vpcId"),
            **tagged("security-group", Name=GROUP),
        },
    ).first("groupId")
    permissions: dict[str, object] = {"GroupId": group}
    for number, port in enumerate(PORTS, start=1):
        permissions |= {
            f"IpPermissions.{number}.IpProtocol": "tcp",
            f"IpPermissions.{number}.FromPort": port,
            f"IpPermissions.{number}.ToPort": port,
            f"IpPermissions.{number}.IpRanges.1.CidrIp": "0.0.0.0/0",
        }
    founder.call("ec2", "AuthorizeSecurityGroupIngress", permissions)
    return group, [by_zone[zone] for zone in sorted(by_zone)]


def _identity(founder: Founder) -> None:
    material = base64.b64encode(PUBLIC_KEY.encode()).decode()
    founder.call("ec2", "ImportKeyPair", {"KeyName": KEY, "PublicKeyMaterial": material})
    founder.call("iam", "CreateRole", {"RoleName": PROFILE, "AssumeRolePolicyDocument": ROLE_POLICY})
    founder.call("iam", "CreateInstanceProfile", {"InstanceProfileName": PROFILE})
    founder.call("iam", "AddRoleToInstanceProfile", {"InstanceProfileName": PROFILE, "RoleName": PROFILE})


def _machine(founder: Founder, name: str, image: str, subnet: str, group: str) -> str:
    """Launch one of the web machines; the first has user data and a second disk."""
    params: dict[str, object] = {
        "ImageId": image,
        "InstanceType": TYPE,
        "MinCount": 1,
        "MaxCount": 1,
        "KeyName": KEY,
        "SubnetId": subnet,
        "SecurityGroupId.1": group,
        "IamInstanceProfile.Name": PROFILE,
        "MetadataOptions.HttpTokens": "required",
        "MetadataOptions.InstanceMetadataTags": "enabled",
        **tagged("instance", Name=name, role="web"),
        "TagSpecification.2.ResourceType": "volume",
        **tags("TagSpecification.2.Tag", Name=name, role="web"),
    }
    if name == MACHINES[0]:
        params |= {
            "UserData": base64.b64encode(USER_DATA).decode(),
            "BlockDeviceMapping.1.DeviceName": DATA_DEVICE,
            "BlockDeviceMapping.1.Ebs.VolumeSize": DATA_GIB,
            "BlockDeviceMapping.1.Ebs.VolumeType": "gp3",
            "BlockDeviceMapping.1.Ebs.DeleteOnTermination": "true",
        }
    return founder.call("ec2", "RunInstances", params).first("instanceId")


def _balancer(founder: Founder, machines: list[str], subnets: list[str], group: str) -> None:
    """Make an application balancer with one listener and one target group of all machines."""
    elb = "elasticloadbalancing"
    places = {f"Subnets.member.{number}": subnet for number, subnet in enumerate(subnets, start=1)}
    balancer = founder.call(
        elb, "CreateLoadBalancer", {"Name": BALANCER, "SecurityGroups.member.1": group, **places}
    ).first("LoadBalancerArn")
    vpc = founder.call("ec2", "DescribeSubnets", {"SubnetId.1": subnets[0]}).first("vpcId")
    target_group = founder.call(
        elb,
        "CreateTargetGroup",
        {
            "Name": BALANCER,
            "Protocol": "HTTP",
            "Port": 80,
            "VpcId": vpc,
            "TargetType": "instance",
            "HealthCheckPath": "/health",
        },
    ).first("TargetGroupArn")
    founder.call(
        elb,
        "CreateListener",
        {
            "LoadBalancerArn": balancer,
            "Protocol": "HTTP",
            "Port": 80,
            "DefaultActions.member.1.Type": "forward",
            "DefaultActions.member.1.TargetGroupArn": target_group,
        },
    )
    targets = {f"Targets.member.{number}.Id": machine for number, machine in enumerate(machines, start=1)}
    founder.call(elb, "RegisterTargets", {"TargetGroupArn": target_group, **targets})


def _rest(founder: Founder) -> None:
    founder.make_bucket(BUCKET)
    founder.call("sns", "CreateTopic", {"Name": TOPIC})
    founder.call(
        "rds",
        "CreateDBInstance",
        {
            "DBInstanceIdentifier": DATABASE,
            "DBInstanceClass": "db.t3.micro",
            "Engine": "mysql",
            "AllocatedStorage": 20,
            "MasterUsername": "shop",
            "MasterUserPassword": "sandbox-only",
        },
    )
