from typing import Any

from tests.sandbox.rules.making import (
    ZONE,
    calm,
    disks_of,
    instance,
    launch,
    make_image,
    make_snapshot,
    make_volume,
    refused,
)
from tests.support.inprocess import InProcess


def volume(sandbox: InProcess, volume_id: str) -> dict[str, Any]:
    found: dict[str, Any] = sandbox.client("ec2").describe_volumes(VolumeIds=[volume_id])["Volumes"][0]
    return found


def test_a_volume_is_creating_and_then_available() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    made = ec2.create_volume(AvailabilityZone=ZONE, Size=5, VolumeType="gp3")
    assert made["State"] == "creating"
    assert volume(sandbox, made["VolumeId"])["State"] == "creating"
    with refused("IncorrectState"):
        ec2.delete_volume(VolumeId=made["VolumeId"])
    sandbox.tick(3)
    now = volume(sandbox, made["VolumeId"])
    assert (now["State"], now["Iops"], now["Throughput"]) == ("available", 3000, 125)
    assert made["CreateTime"] == now["CreateTime"]
    ec2.delete_volume(VolumeId=made["VolumeId"])
    with refused("InvalidVolume.NotFound"):
        volume(sandbox, made["VolumeId"])


def test_gp2_has_three_iops_for_each_gib() -> None:
    sandbox = calm()
    sizes = {size: volume(sandbox, make_volume(sandbox, size))["Iops"] for size in (8, 500, 8000)}
    assert sizes == {8: 100, 500: 1500, 8000: 16000}


def test_zone_size_and_snapshot_are_checked() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    with refused("InvalidZone.NotFound"):
        ec2.create_volume(AvailabilityZone="eu-west-1z", Size=8)
    with refused("MissingParameter"):
        ec2.create_volume(AvailabilityZone=ZONE)
    snapshot_id = make_snapshot(sandbox, 10)
    with refused("InvalidParameterValue"):
        ec2.create_volume(AvailabilityZone=ZONE, Size=9, SnapshotId=snapshot_id)
    with refused("InvalidSnapshot.NotFound"):
        ec2.create_volume(AvailabilityZone=ZONE, SnapshotId="snap-0123456789abcdef0")
    assert ec2.create_volume(AvailabilityZone=ZONE, SnapshotId=snapshot_id)["Size"] == 10
    assert ec2.create_volume(AvailabilityZone=ZONE, SnapshotId=snapshot_id, Size=12)["Size"] == 12


def test_nothing_is_made_in_a_zone_that_is_down() -> None:
    sandbox = calm()
    sandbox.app.world.conditions.zones_down.add(ZONE)
    with refused("InternalError"):
        sandbox.client("ec2").create_volume(AvailabilityZone=ZONE, Size=1)
    sandbox.client("ec2").create_volume(AvailabilityZone="eu-west-1b", Size=1)


def test_tags_go_with_their_volume() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    volume_id = make_volume(sandbox)
    ec2.create_tags(Resources=[volume_id], Tags=[{"Key": "a", "Value": "b"}])
    ec2.delete_volume(VolumeId=volume_id)
    assert ec2.describe_tags()["Tags"] == []


def test_a_volume_of_an_encrypted_snapshot_is_encrypted() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    source = volume(sandbox, make_volume(sandbox, Encrypted=True))
    snapshot_id = ec2.create_snapshot(VolumeId=source["VolumeId"])["SnapshotId"]
    sandbox.tick(60)
    made = ec2.create_volume(AvailabilityZone=ZONE, SnapshotId=snapshot_id)
    assert (made["Encrypted"], made["KmsKeyId"]) == (True, source["KmsKeyId"])


def test_the_same_token_is_the_same_volume() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    ids = {ec2.create_volume(AvailabilityZone=ZONE, Size=8, ClientToken="one")["VolumeId"] for _ in range(2)}
    assert len(ids) == 1
    assert len(ec2.describe_volumes()["Volumes"]) == 1
    with refused("IdempotentParameterMismatch"):
        ec2.create_volume(AvailabilityZone=ZONE, Size=9, ClientToken="one")


def test_attaching_takes_a_moment() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    (instance_id,) = launch(sandbox, make_image(sandbox))
    volume_id = make_volume(sandbox)
    assert (
        ec2.attach_volume(VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")["State"]
        == "attaching"
    )
    assert volume(sandbox, volume_id)["Attachments"][0]["State"] == "attaching"
    states = {
        one["DeviceName"]: one["Ebs"]["Status"]
        for one in instance(sandbox, instance_id)["BlockDeviceMappings"]
    }
    assert states == {"/dev/xvda": "attached", "/dev/sdf": "attaching"}
    sandbox.tick(2)
    now = volume(sandbox, volume_id)
    (attachment,) = now["Attachments"]
    assert (now["State"], attachment["State"], attachment["DeleteOnTermination"]) == (
        "in-use",
        "attached",
        False,
    )
    devices = [one["DeviceName"] for one in instance(sandbox, instance_id)["BlockDeviceMappings"]]
    assert sorted(devices) == ["/dev/sdf", "/dev/xvda"]


def test_what_cannot_be_attached() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    first, second = launch(sandbox, make_image(sandbox), count=2)
    elsewhere = ec2.create_volume(AvailabilityZone="eu-west-1b", Size=8)["VolumeId"]
    young = ec2.create_volume(AvailabilityZone=ZONE, Size=8)["VolumeId"]
    with refused("IncorrectState"):
        ec2.attach_volume(VolumeId=young, InstanceId=first, Device="/dev/sdf")
    sandbox.tick(5)
    with refused("InvalidVolume.ZoneMismatch"):
        ec2.attach_volume(VolumeId=elsewhere, InstanceId=first, Device="/dev/sdf")
    with refused("InvalidParameterValue"):
        ec2.attach_volume(VolumeId=young, InstanceId=first, Device="/dev/xvda")
    ec2.attach_volume(VolumeId=young, InstanceId=first, Device="/dev/sdf")
    with refused("VolumeInUse"):
        ec2.attach_volume(VolumeId=young, InstanceId=second, Device="/dev/sdf")
    ec2.terminate_instances(InstanceIds=[second])
    with refused("IncorrectState"):
        ec2.attach_volume(VolumeId=make_volume(sandbox), InstanceId=second, Device="/dev/sdg")
    with refused("InvalidVolume.NotFound"):
        ec2.attach_volume(VolumeId="vol-0123456789abcdef0", InstanceId=first, Device="/dev/sdg")


def test_a_volume_is_detached_by_its_id_alone_and_takes_a_moment() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    (instance_id,) = launch(sandbox, make_image(sandbox, data_gib=4))
    data = disks_of(sandbox, instance_id)["/dev/sdf"]["VolumeId"]
    assert ec2.detach_volume(VolumeId=data)["State"] == "detaching"
    assert volume(sandbox, data)["Attachments"][0]["State"] == "detaching"
    with refused("VolumeInUse"):
        ec2.delete_volume(VolumeId=data)
    sandbox.tick(2)
    now = volume(sandbox, data)
    assert (now["State"], now["Attachments"]) == ("available", [])
    assert [one["DeviceName"] for one in instance(sandbox, instance_id)["BlockDeviceMappings"]] == [
        "/dev/xvda"
    ]
    with refused("IncorrectState"):
        ec2.detach_volume(VolumeId=data)


def test_a_root_volume_is_detached_only_from_a_stopped_machine() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    first, second = launch(sandbox, make_image(sandbox), count=2)
    root = disks_of(sandbox, first)["/dev/xvda"]["VolumeId"]
    with refused("OperationNotPermitted"):
        ec2.detach_volume(VolumeId=root)
    ec2.stop_instances(InstanceIds=[first])
    sandbox.tick(30)
    with refused("InvalidAttachment.NotFound"):
        ec2.detach_volume(VolumeId=root, InstanceId=second)
    ec2.detach_volume(VolumeId=root, InstanceId=first, Device="/dev/xvda")
    sandbox.tick(2)
    ec2.attach_volume(VolumeId=root, InstanceId=first, Device="/dev/xvda")
    assert disks_of(sandbox, first)["/dev/xvda"]["Attachments"][0]["DeleteOnTermination"] is False


def test_a_mounted_volume_stays_busy_until_it_is_let_go() -> None:
    from ec2kit.sandbox.rules import attachments

    sandbox = calm()
    ec2 = sandbox.client("ec2")
    (instance_id,) = launch(sandbox, make_image(sandbox, data_gib=4))
    data = disks_of(sandbox, instance_id)["/dev/sdf"]["VolumeId"]
    attachments.mount(data)
    ec2.detach_volume(VolumeId=data)
    sandbox.tick(600)
    assert volume(sandbox, data)["Attachments"][0]["State"] == "busy"
    ec2.detach_volume(VolumeId=data, Force=True)
    sandbox.tick(2)
    assert volume(sandbox, data)["State"] == "available"


def test_a_volume_grows_in_the_background_never_shrinks_and_then_rests() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    volume_id = make_volume(sandbox, 10)
    with refused("InvalidParameterValue"):
        ec2.modify_volume(VolumeId=volume_id, Size=9)
    assert (
        ec2.modify_volume(VolumeId=volume_id, Size=11)["VolumeModification"]["ModificationState"]
        == "modifying"
    )

    def state() -> tuple[str, int]:
        (change,) = ec2.describe_volumes_modifications(VolumeIds=[volume_id])["VolumesModifications"]
        return change["ModificationState"], change["Progress"]

    assert state() == ("modifying", 0)
    sandbox.tick(65)
    assert state() == ("optimizing", 52)
    sandbox.tick(60)
    assert state() == ("completed", 100)
    with refused("VolumeModificationRateExceeded"):
        ec2.modify_volume(VolumeId=volume_id, Size=12)
    sandbox.tick(6 * 3600)
    ec2.modify_volume(VolumeId=volume_id, Size=12)
    assert volume(sandbox, volume_id)["Size"] == 12


def test_disks_go_with_their_instance_or_stay_as_was_said() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    (instance_id,) = launch(sandbox, make_image(sandbox, data_gib=4))
    data = disks_of(sandbox, instance_id)["/dev/sdf"]["VolumeId"]
    ec2.terminate_instances(InstanceIds=[instance_id])
    sandbox.tick(60)
    assert [(one["VolumeId"], one["State"]) for one in ec2.describe_volumes()["Volumes"]] == [
        (data, "available")
    ]


def test_listing_by_filter_and_page() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    (instance_id,) = launch(sandbox, make_image(sandbox, data_gib=4))
    loose = {make_volume(sandbox, 1) for _ in range(6)}
    for name, value, number in (
        ("attachment.delete-on-termination", "true", 1),
        ("attachment.device", "/dev/sd*", 1),
        ("attachment.instance-id", instance_id, 2),
        ("attachment.status", "attached", 2),
        ("create-time", f"{sandbox.now:%Y-%m-%d}*", 8),
        ("size", "4", 1),
        ("volume-type", "gp2", 8),
    ):
        found = ec2.describe_volumes(Filters=[{"Name": name, "Values": [value]}])["Volumes"]
        assert len(found) == number, name
    available = [{"Name": "status", "Values": ["available"]}]
    pages = list(
        ec2.get_paginator("describe_volumes").paginate(Filters=available, PaginationConfig={"PageSize": 5})
    )
    assert [len(page["Volumes"]) for page in pages] == [5, 1]
    assert {one["VolumeId"] for page in pages for one in page["Volumes"]} == loose
    with refused("InvalidVolume.NotFound"):
        ec2.describe_volumes(VolumeIds=[*loose, "vol-0123456789abcdef0"])
