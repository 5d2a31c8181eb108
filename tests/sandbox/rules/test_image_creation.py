"""CreateImage: an image of an instance, with snapshots of its own volumes."""

from typing import Any

import pytest

from tests.sandbox.rules.making import calm, disks_of, image, launch, make_image, refused
from tests.support.inprocess import InProcess


def test_an_image_of_an_instance_has_snapshots_of_its_own_volumes() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    (instance_id,) = launch(sandbox, make_image(sandbox, data_gib=20, BootMode="uefi", EnaSupport=True))
    image_id = ec2.create_image(
        InstanceId=instance_id,
        Name="web-copy",
        TagSpecifications=[
            {"ResourceType": "image", "Tags": [{"Key": "of", "Value": "web-1"}]},
            {"ResourceType": "snapshot", "Tags": [{"Key": "set", "Value": "1"}]},
        ],
    )["ImageId"]
    made = image(sandbox, image_id)
    assert (made["State"], made["SourceInstanceId"], made["BootMode"]) == ("pending", instance_id, "uefi")
    assert made["Tags"] == [{"Key": "of", "Value": "web-1"}]
    disks = disks_of(sandbox, instance_id)
    for one in made["BlockDeviceMappings"]:
        snapshot = ec2.describe_snapshots(SnapshotIds=[one["Ebs"]["SnapshotId"]])["Snapshots"][0]
        assert snapshot["VolumeId"] == disks[one["DeviceName"]]["VolumeId"]
        assert snapshot["Tags"] == [{"Key": "set", "Value": "1"}]
        assert snapshot["Description"] == f"Created by CreateImage({instance_id}) for {image_id}"
    assert [one["DeviceName"] for one in made["BlockDeviceMappings"]] == ["/dev/xvda", "/dev/sdf"]
    with refused("InvalidAMIID.Unavailable"):
        launch(sandbox, image_id)
    # The larger snapshot takes 30 seconds and one for each GiB; the image waits for it.
    sandbox.tick(49)
    assert image(sandbox, image_id)["State"] == "pending"
    sandbox.tick(1)
    assert image(sandbox, image_id)["State"] == "available"
    (twin,) = launch(sandbox, image_id)
    assert {device: disk["Size"] for device, disk in disks_of(sandbox, twin).items()} == {
        "/dev/xvda": 8,
        "/dev/sdf": 20,
    }


@pytest.mark.parametrize("no_reboot", [True, False])
def test_an_image_reboots_its_instance_unless_told_not_to(no_reboot: bool) -> None:
    sandbox = calm()
    (instance_id,) = launch(sandbox, make_image(sandbox))
    sandbox.tick(120)
    sandbox.client("ec2").create_image(InstanceId=instance_id, Name="snap", NoReboot=no_reboot)
    machine = next(iter(sandbox_instances(sandbox)))
    assert (machine.booted_at == sandbox.now) is not no_reboot


def sandbox_instances(sandbox: InProcess) -> list[Any]:
    from ec2kit.sandbox.rules import lookup

    backend = lookup.backend_of("123456789012", "eu-west-1")
    return list(lookup.instances(backend))


def test_mappings_of_the_request_change_the_disks_of_an_image() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    (instance_id,) = launch(sandbox, make_image(sandbox, data_gib=20))
    image_id = ec2.create_image(
        InstanceId=instance_id,
        Name="only-root",
        BlockDeviceMappings=[
            {"DeviceName": "/dev/sdf", "NoDevice": ""},
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 30}},
        ],
    )["ImageId"]
    (disk,) = image(sandbox, image_id)["BlockDeviceMappings"]
    assert (disk["DeviceName"], disk["Ebs"]["VolumeSize"]) == ("/dev/xvda", 30)
    assert len(ec2.describe_snapshots(Filters=[{"Name": "status", "Values": ["pending"]}])["Snapshots"]) == 1


def test_an_image_fails_with_one_of_its_snapshots() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    (instance_id,) = launch(sandbox, make_image(sandbox))
    sandbox.app.world.conditions.next_snapshots_fail = 1
    image_id = ec2.create_image(InstanceId=instance_id, Name="unlucky")["ImageId"]
    sandbox.tick(120)
    found = image(sandbox, image_id)
    assert (found["State"], found["StateReason"]["Code"]) == ("failed", "Client.InternalError")
