"""The seeded account, as a client of AWS sees it."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from ec2kit.sandbox.machines import Reply
from tests.sandbox.seeded import Seeded


@pytest.fixture(scope="module")
def seeded() -> Seeded:
    return Seeded()


def test_the_machines_run_in_different_zones_and_are_past_their_checks(seeded: Seeded) -> None:
    machines = [seeded.instance(f"web-{number}") for number in (1, 2, 3, 4)]
    zones = [one["Placement"]["AvailabilityZone"] for one in machines]
    assert zones == ["eu-west-1a", "eu-west-1b", "eu-west-1c", "eu-west-1a"]
    for one in machines:
        assert one["State"]["Name"] == "running"
        assert one["InstanceType"] == "t3.micro"
        assert one["KeyName"] == "ops"
        assert one["IamInstanceProfile"]["Arn"].endswith(":instance-profile/web")
        assert [group["GroupName"] for group in one["SecurityGroups"]] == ["web"]
        assert {"Key": "role", "Value": "web"} in one["Tags"]
        assert one["LaunchTime"] < seeded.now - timedelta(days=6)
        assert one["MetadataOptions"]["HttpTokens"] == "required"
    ids = [one["InstanceId"] for one in machines]
    statuses = seeded.ec2.describe_instance_status(InstanceIds=ids)["InstanceStatuses"]
    assert len(statuses) == 4
    for status in statuses:
        assert (status["InstanceStatus"]["Status"], status["SystemStatus"]["Status"]) == ("ok", "ok")


def test_every_machine_answers_probes(seeded: Seeded) -> None:
    for number in (1, 2, 3, 4):
        web = seeded.instance(f"web-{number}")
        assert seeded.probe(web["PublicIpAddress"]) == Reply("http", web["InstanceId"])


def test_root_disks_come_from_the_image_and_web_1_has_a_second(seeded: Seeded) -> None:
    (image,) = seeded.ec2.describe_images(Filters=[{"Name": "name", "Values": ["debian-12-amd64"]}])["Images"]
    snapshot = image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    for number, sizes in ((1, {"/dev/xvda": 8, "/dev/sdf": 20}), (2, {"/dev/xvda": 8})):
        instance_id = seeded.id(f"web-{number}")
        wanted = [{"Name": "attachment.instance-id", "Values": [instance_id]}]
        volumes = seeded.ec2.describe_volumes(Filters=wanted)["Volumes"]
        assert {one["Attachments"][0]["Device"]: one["Size"] for one in volumes} == sizes
        assert {one["VolumeType"] for one in volumes} == {"gp3"}
        roots = [one for one in volumes if one["Attachments"][0]["Device"] == "/dev/xvda"]
        assert roots[0]["SnapshotId"] == snapshot
        assert all(one["Attachments"][0]["DeleteOnTermination"] for one in volumes)


def test_user_data_of_web_1(seeded: Seeded) -> None:
    attribute = {"InstanceId": seeded.id("web-1"), "Attribute": "userData"}
    value = seeded.ec2.describe_instance_attribute(**attribute)["UserData"]["Value"]
    assert base64.b64decode(value).startswith(b"#!/bin/sh\n")


def test_the_images_stand_on_snapshots_that_exist(seeded: Seeded) -> None:
    images = {one["Name"]: one for one in seeded.ec2.describe_images(Owners=["self"])["Images"]}
    assert {name: one["Architecture"] for name, one in images.items()} == {
        "debian-12-amd64": "x86_64",
        "debian-12-i386": "i386",
    }
    for image in images.values():
        assert (image["State"], image["RootDeviceName"]) == ("available", "/dev/xvda")
        ebs = image["BlockDeviceMappings"][0]["Ebs"]
        assert (ebs["VolumeSize"], ebs["VolumeType"]) == (8, "gp3")
        (snapshot,) = seeded.ec2.describe_snapshots(SnapshotIds=[ebs["SnapshotId"]])["Snapshots"]
        assert (snapshot["State"], snapshot["VolumeSize"]) == ("completed", 8)
    assert len(seeded.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]) == 2
    assert len(seeded.ec2.describe_volumes()["Volumes"]) == 5


def test_the_address_is_free_and_named(seeded: Seeded) -> None:
    (address,) = seeded.ec2.describe_addresses()["Addresses"]
    assert address["PublicIp"] == "203.0.113.9"
    assert {"Key": "Name", "Value": "shop"} in address["Tags"]
    assert not address.get("InstanceId")
    assert not address.get("AssociationId")


def test_the_group_admits_22_80_and_443(seeded: Seeded) -> None:
    (group,) = seeded.ec2.describe_security_groups(GroupIds=[seeded.group("web")])["SecurityGroups"]
    rules = {
        (rule["FromPort"], rule["ToPort"], rule["IpRanges"][0]["CidrIp"]) for rule in group["IpPermissions"]
    }
    assert rules == {(port, port, "0.0.0.0/0") for port in (22, 80, 443)}
    assert seeded.ec2.describe_key_pairs()["KeyPairs"][0]["KeyName"] == "ops"


def test_the_balancer_sends_to_all_four(seeded: Seeded) -> None:
    elb = seeded.client("elbv2")
    (balancer,) = elb.describe_load_balancers(Names=["shop"])["LoadBalancers"]
    (group,) = elb.describe_target_groups(LoadBalancerArn=balancer["LoadBalancerArn"])["TargetGroups"]
    health = elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]
    assert {one["Target"]["Id"] for one in health} == {seeded.id(f"web-{n}") for n in (1, 2, 3, 4)}
    assert {one["TargetHealth"]["State"] for one in health} == {"healthy"}


def test_the_bucket_the_topic_and_the_database(seeded: Seeded) -> None:
    assert [one["Name"] for one in seeded.client("s3").list_buckets()["Buckets"]] == ["backups"]
    (topic,) = seeded.client("sns").list_topics()["Topics"]
    assert topic["TopicArn"] == "arn:aws:sns:eu-west-1:123456789012:ops"
    (database,) = seeded.client("rds").describe_db_instances()["DBInstances"]
    assert (database["DBInstanceIdentifier"], database["Engine"]) == ("shop-db", "mysql")


def test_founding_leaves_the_clock_and_the_log_as_they_were() -> None:
    seeded = Seeded()
    assert len(seeded.app.calls) == 0
    before = seeded.now
    seeded.tick(5)
    assert seeded.now == before + timedelta(seconds=5)


def test_the_same_seed_makes_the_same_account() -> None:
    first = [Seeded().instance(f"web-{number}")["InstanceId"] for number in (1, 2)]
    again = [Seeded().instance(f"web-{number}")["InstanceId"] for number in (1, 2)]
    assert first == again
