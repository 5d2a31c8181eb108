"""A set becomes a machine again, as typed, against the sandbox: its disks, its attributes, its report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.screens import Screen, Shell, changing, check_golden
from tests.sandbox.seeded import Seeded

pytestmark = pytest.mark.slow


@pytest.fixture
def sandbox() -> Seeded:
    """A seeded account with a set of web-1, which is enrolled and has a second disk with a name of its own."""
    seeded = Seeded()
    web = seeded.instance("web-1")
    tags = {"ec2kit:protect": "replace", "ec2kit:hostname": "web-1.example.com", "team": "shop"}
    seeded.ec2.create_tags(
        Resources=[web["InstanceId"]], Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
    )
    seeded.ec2.create_tags(
        Resources=[disks(web)["/dev/sdf"]["VolumeId"]], Tags=[{"Key": "Name", "Value": "data"}]
    )
    seeded.tick(600)
    return seeded


@pytest.fixture
def shell(sandbox: Seeded, tmp_path: Path) -> Shell:
    shell = Shell(tmp_path, sandbox)
    run(shell, "snapshot create web-1")
    return shell


def run(shell: Shell, line: str) -> Screen:
    """A command that must end well, with what it did visible afterwards."""
    screen = shell.run(line)
    assert screen.exit == 0, screen.stderr
    assert shell.sandbox is not None
    shell.sandbox.tick(30)
    return screen


def disks(instance: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["DeviceName"]: each["Ebs"] for each in instance["BlockDeviceMappings"]}


def tags_of(thing: dict[str, Any]) -> dict[str, str]:
    own = {tag["Key"]: tag["Value"] for tag in thing["Tags"] if not tag["Key"].startswith("aws:")}
    return {key: value for key, value in own.items() if key != "ec2kit:run"}


def volumes(sandbox: Seeded, instance: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The volumes of an instance by device."""
    return {
        device: sandbox.ec2.describe_volumes(VolumeIds=[disk["VolumeId"]])["Volumes"][0]
        for device, disk in disks(instance).items()
    }


def test_a_copy_has_everything_but_the_identity(shell: Shell, sandbox: Seeded) -> None:
    made = json.loads(run(shell, "snapshot restore web-1 -o json").stdout)[0]
    source, copy = sandbox.instance("web-1"), sandbox.instance("web-1-restored")

    assert (made["id"], made["name"], made["result"]) == (copy["InstanceId"], "web-1-restored", "done")
    for same in ("InstanceType", "SubnetId", "KeyName", "MetadataOptions", "Monitoring", "SecurityGroups"):
        assert copy[same] == source[same], same
    assert copy["IamInstanceProfile"]["Arn"] == source["IamInstanceProfile"]["Arn"]
    user_data = [
        sandbox.ec2.describe_instance_attribute(InstanceId=each["InstanceId"], Attribute="userData")[
            "UserData"
        ]
        for each in (source, copy)
    ]
    assert user_data[0] == user_data[1]
    assert user_data[0]
    assert tags_of(copy) == {"Name": "web-1-restored", "role": "web", "team": "shop"}
    assert all(difference["expected"] for difference in made["differences"])
    assert "CloudWatch alarms" in made["not_restored"]


def test_each_disk_comes_from_its_own_snapshot_at_its_own_device(shell: Shell, sandbox: Seeded) -> None:
    run(shell, "snapshot restore web-1 --name web-9")
    old, new = (volumes(sandbox, sandbox.instance(name)) for name in ("web-1", "web-9"))

    assert new.keys() == {"/dev/xvda", "/dev/sdf"}
    for device, volume in new.items():
        (snapshot,) = sandbox.ec2.describe_snapshots(SnapshotIds=[volume["SnapshotId"]])["Snapshots"]
        assert snapshot["VolumeId"] == old[device]["VolumeId"]
        for same in ("Size", "VolumeType", "Iops", "Throughput"):
            assert volume[same] == old[device][same], (device, same)
        assert volume["Attachments"][0]["DeleteOnTermination"]
    assert tags_of(new["/dev/sdf"]) == {"Name": "data", "role": "web"}
    assert tags_of(new["/dev/xvda"]) == {"Name": "web-9", "role": "web"}
    owned = sandbox.ec2.describe_images(Owners=["self"])["Images"]
    assert not [image["Name"] for image in owned if image["Name"].startswith("ec2kit-")]


def test_who_replaces_a_machine_that_is_gone_is_that_machine(shell: Shell, sandbox: Seeded) -> None:
    run(shell, "terminate web-1 -y")

    screen = run(shell, "snapshot restore web-1 --to eu-west-1b")
    heir = sandbox.instance("web-1")

    assert heir["Placement"]["AvailabilityZone"] == "eu-west-1b"
    assert tags_of(heir)["ec2kit:protect"] == "replace"
    assert tags_of(heir)["ec2kit:hostname"] == "web-1.example.com"
    assert "zone: eu-west-1a -> eu-west-1b" in screen.stderr
    assert "ec2kit snapshot create web-1" in screen.stderr


def test_a_quarantined_machine_does_not_count_as_living(shell: Shell, sandbox: Seeded) -> None:
    old = sandbox.id("web-1")
    sandbox.ec2.create_tags(Resources=[old], Tags=[{"Key": "ec2kit:state", "Value": "quarantined"}])
    sandbox.tick(30)

    made = run(shell, "snapshot restore web-1").stdout.split("\t")

    assert made[1] == "web-1"
    assert made[0] != old


def test_the_next_zone_is_tried_when_one_has_no_capacity(shell: Shell, sandbox: Seeded) -> None:
    sandbox.app.world.conditions.no_capacity[("eu-west-1b", "t3.micro")] = None

    run(shell, "snapshot restore web-1 --to eu-west-1b --to eu-west-1c")

    assert sandbox.instance("web-1-restored")["Placement"]["AvailabilityZone"] == "eu-west-1c"


def test_another_root_disk_for_the_same_machine(shell: Shell, sandbox: Seeded) -> None:
    before = sandbox.instance("web-1")
    old = disks(before)["/dev/xvda"]["VolumeId"]
    made = changing(sandbox)

    asked = shell.run("snapshot restore web-1 --as root")
    assert (asked.exit, made) == (5, [])
    done = run(shell, "snapshot restore web-1 --as root -y").stdout.strip().split("\t")

    after = sandbox.instance("web-1")
    assert (after["InstanceId"], after["State"]["Name"]) == (before["InstanceId"], "running")
    assert after["PrivateIpAddress"] == before["PrivateIpAddress"]
    assert done[0] == before["InstanceId"]
    assert done[-1] == disks(after)["/dev/xvda"]["VolumeId"] != old
    assert disks(after)["/dev/xvda"]["DeleteOnTermination"]
    assert disks(after)["/dev/sdf"]["VolumeId"] == disks(before)["/dev/sdf"]["VolumeId"]
    (kept,) = sandbox.ec2.describe_volumes(VolumeIds=[old])["Volumes"]
    assert kept["State"] == "available"
    assert tags_of(kept)["Name"].startswith("web-1 root before web-1@")


def test_loose_volumes_also_when_the_description_is_gone(shell: Shell, sandbox: Seeded) -> None:
    (template,) = sandbox.ec2.describe_launch_templates()["LaunchTemplates"]
    sandbox.ec2.delete_launch_template(LaunchTemplateId=template["LaunchTemplateId"])
    sandbox.tick(30)

    lost = shell.run("snapshot restore web-1")
    made = run(shell, "snapshot restore web-1 --as volumes --to eu-west-1b").stdout

    assert lost.exit == 4
    assert "--as volumes" in lost.stderr
    ids = [line.split("\t")[0] for line in made.splitlines()]
    found = sandbox.ec2.describe_volumes(VolumeIds=ids)["Volumes"]
    assert {(each["Size"], each["AvailabilityZone"], each["State"]) for each in found} == {
        (8, "eu-west-1b", "available"),
        (20, "eu-west-1b", "available"),
    }
    assert {tags_of(each)["ec2kit:device"] for each in found} == {"/dev/xvda", "/dev/sdf"}


def test_refusals_name_the_rule_and_change_nothing(shell: Shell, sandbox: Seeded) -> None:
    made = changing(sandbox)

    for name, line, code in (
        ("snapshot_restore_taken_name", "snapshot restore web-1 --name web-2", 5),
        ("snapshot_restore_unknown_zone", "snapshot restore web-1 --to eu-west-1z", 4),
        (
            "snapshot_restore_two_zones",
            "snapshot restore web-1 --as volumes --to eu-west-1a --to eu-west-1b",
            2,
        ),
        ("snapshot_restore_no_terminal", "snapshot restore web-1 --as root", 5),
        ("snapshot_restore_root_elsewhere", "snapshot restore web-1 --as root --to web-9", 4),
    ):
        screen = shell.run(line)
        assert screen.exit == code, (line, screen.stderr)
        check_golden(name, screen)
    assert made == []
