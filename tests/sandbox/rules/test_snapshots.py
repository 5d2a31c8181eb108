from typing import Any

from tests.sandbox.rules.making import (
    calm,
    disks_of,
    launch,
    make_image,
    make_snapshot,
    make_volume,
    refused,
)
from tests.support.inprocess import InProcess

SELF = {"OwnerIds": ["self"]}


def snapshot(sandbox: InProcess, snapshot_id: str) -> dict[str, Any]:
    found: dict[str, Any] = sandbox.client("ec2").describe_snapshots(SnapshotIds=[snapshot_id])["Snapshots"][
        0
    ]
    return found


def test_a_snapshot_is_pending_with_growing_progress_and_then_completed() -> None:
    sandbox = calm()
    volume_id = make_volume(sandbox, 10)
    made = sandbox.client("ec2").create_snapshot(VolumeId=volume_id, Description="nightly")
    assert (made["State"], made["Progress"], made["VolumeSize"]) == ("pending", "", 10)
    seen = []
    for _ in range(4):
        sandbox.tick(10)
        now = snapshot(sandbox, made["SnapshotId"])
        seen.append((now["State"], now["Progress"]))
    # 30 seconds and one for each GiB.
    assert seen == [("pending", "25%"), ("pending", "50%"), ("pending", "75%"), ("completed", "100%")]
    assert now["StartTime"] == made["StartTime"]
    assert now["Description"] == "nightly"


def test_a_snapshot_keeps_the_size_that_its_volume_had() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    volume_id = make_volume(sandbox, 8)
    made = ec2.create_snapshot(VolumeId=volume_id)
    ec2.modify_volume(VolumeId=volume_id, Size=20)
    sandbox.tick(60)
    assert snapshot(sandbox, made["SnapshotId"])["VolumeSize"] == 8
    ec2.delete_volume(VolumeId=volume_id)
    assert snapshot(sandbox, made["SnapshotId"])["VolumeId"] == volume_id


def test_a_snapshot_of_a_failing_volume_ends_in_error() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    bad, good = make_volume(sandbox), make_volume(sandbox)
    sandbox.app.world.conditions.failing_snapshots.add(bad)
    failing, fine = (ec2.create_snapshot(VolumeId=one)["SnapshotId"] for one in (bad, good))
    assert snapshot(sandbox, failing)["State"] == "pending"
    sandbox.tick(60)
    assert snapshot(sandbox, failing)["State"] == "error"
    assert snapshot(sandbox, failing)["Progress"] == "50%"
    assert snapshot(sandbox, fine)["State"] == "completed"
    with refused("IncorrectState"):
        ec2.create_volume(AvailabilityZone="eu-west-1a", SnapshotId=failing)


def test_the_next_snapshots_fail_as_many_as_were_told() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    volume_id = make_volume(sandbox)
    sandbox.app.world.conditions.next_snapshots_fail = 2
    made = [ec2.create_snapshot(VolumeId=volume_id)["SnapshotId"] for _ in range(3)]
    sandbox.tick(60)
    assert [snapshot(sandbox, one)["State"] for one in made] == ["error", "error", "completed"]


def test_a_pending_snapshot_can_be_deleted_and_makes_no_volume() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    made = ec2.create_snapshot(VolumeId=make_volume(sandbox))["SnapshotId"]
    with refused("IncorrectState"):
        ec2.create_volume(AvailabilityZone="eu-west-1a", SnapshotId=made)
    ec2.delete_snapshot(SnapshotId=made)
    with refused("InvalidSnapshot.NotFound"):
        ec2.describe_snapshots(SnapshotIds=[made])
    with refused("InvalidSnapshot.NotFound"):
        ec2.delete_snapshot(SnapshotId=made)


def test_a_snapshot_of_an_image_stays_while_the_image_needs_it_even_a_disabled_one() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    image_id = make_image(sandbox)
    (snapshot_id,) = [one["SnapshotId"] for one in ec2.describe_snapshots(**SELF)["Snapshots"]]
    with refused("InvalidSnapshot.InUse"):
        ec2.delete_snapshot(SnapshotId=snapshot_id)
    ec2.disable_image(ImageId=image_id)
    with refused("InvalidSnapshot.InUse"):
        ec2.delete_snapshot(SnapshotId=snapshot_id)
    ec2.deregister_image(ImageId=image_id)
    ec2.delete_snapshot(SnapshotId=snapshot_id)


def test_a_copy_stays_encrypted_leaves_the_tags_behind_and_names_an_arbitrary_volume() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    source = ec2.create_snapshot(
        VolumeId=make_volume(sandbox, Encrypted=True),
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": [{"Key": "ec2kit:set", "Value": "web-1"}]}],
    )["SnapshotId"]
    with refused("IncorrectState"):
        ec2.copy_snapshot(SourceSnapshotId=source, SourceRegion="eu-west-1")
    sandbox.tick(60)
    away = sandbox.client("ec2", "eu-central-1")
    copy_id = away.copy_snapshot(SourceSnapshotId=source, SourceRegion="eu-west-1", Description="far")[
        "SnapshotId"
    ]
    copy = away.describe_snapshots(SnapshotIds=[copy_id])["Snapshots"][0]
    assert (copy["State"], copy["Encrypted"], copy["VolumeId"]) == ("pending", True, "vol-ffffffff")
    assert (copy.get("Tags", []), copy["VolumeSize"]) == ([], 8)


def test_listing_by_owner_filter_and_page() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    volume_id = make_volume(sandbox, 4)
    tags = [{"ResourceType": "snapshot", "Tags": [{"Key": "role", "Value": "web"}]}]
    made = [ec2.create_snapshot(VolumeId=volume_id, TagSpecifications=tags)["SnapshotId"] for _ in range(7)]
    other = make_snapshot(sandbox)
    sandbox.tick(60)
    assert len(ec2.describe_snapshots(**SELF)["Snapshots"]) == 8
    assert ec2.describe_snapshots(OwnerIds=["amazon"])["Snapshots"] == []
    for name, value in (("volume-id", volume_id), ("tag:role", "w*"), ("volume-size", "4")):
        found = ec2.describe_snapshots(Filters=[{"Name": name, "Values": [value]}])["Snapshots"]
        assert {one["SnapshotId"] for one in found} == set(made), name
    found = ec2.describe_snapshots(Filters=[{"Name": "status", "Values": ["pending"]}])["Snapshots"]
    assert found == []
    day = f"{sandbox.now:%Y-%m-%d}*"
    assert len(ec2.describe_snapshots(Filters=[{"Name": "start-time", "Values": [day]}])["Snapshots"]) == 8
    first = ec2.describe_snapshots(**SELF, MaxResults=5)
    rest = ec2.describe_snapshots(**SELF, MaxResults=5, NextToken=first["NextToken"])
    ids = [one["SnapshotId"] for one in first["Snapshots"] + rest["Snapshots"]]
    assert sorted(ids) == sorted([*made, other])
    assert "NextToken" not in rest
    with refused("InvalidParameterValue"):
        ec2.describe_snapshots(Filters=[{"Name": "colour", "Values": ["red"]}])
    with refused("InvalidParameterCombination"):
        ec2.describe_snapshots(SnapshotIds=made[:1], MaxResults=5)


def test_a_set_takes_every_volume_at_one_moment_with_one_list_of_tags() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    (instance_id,) = launch(sandbox, make_image(sandbox, data_gib=20))
    disks = disks_of(sandbox, instance_id)
    made = ec2.create_snapshots(
        InstanceSpecification={"InstanceId": instance_id},
        Description="a set",
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": [{"Key": "ec2kit:of", "Value": "web-1"}]}],
    )["Snapshots"]
    assert [one["VolumeId"] for one in made] == [
        disks["/dev/xvda"]["VolumeId"],
        disks["/dev/sdf"]["VolumeId"],
    ]
    assert {one["State"] for one in made} == {"pending"}
    assert len({one["StartTime"] for one in made}) == 1
    for one in made:
        assert one["Tags"] == [{"Key": "ec2kit:of", "Value": "web-1"}]
        assert one["Description"] == "a set"
    sandbox.tick(40)
    states = {one["VolumeSize"]: snapshot(sandbox, one["SnapshotId"])["State"] for one in made}
    assert states == {8: "completed", 20: "pending"}


def test_a_set_leaves_out_what_was_excluded() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    (instance_id,) = launch(sandbox, make_image(sandbox, data_gib=20))
    disks = {device: disk["VolumeId"] for device, disk in disks_of(sandbox, instance_id).items()}

    def taken(**specification: Any) -> list[str]:
        made = ec2.create_snapshots(InstanceSpecification={"InstanceId": instance_id, **specification})
        return [one["VolumeId"] for one in made["Snapshots"]]

    assert taken(ExcludeBootVolume=True) == [disks["/dev/sdf"]]
    assert taken(ExcludeDataVolumeIds=[disks["/dev/sdf"]]) == [disks["/dev/xvda"]]
    with refused("InvalidParameterValue"):
        taken(ExcludeDataVolumeIds=[disks["/dev/xvda"]])
    with refused("InvalidParameterValue"):
        taken(ExcludeBootVolume=True, ExcludeDataVolumeIds=[disks["/dev/sdf"]])


def test_a_set_copies_the_tags_of_volumes_when_asked() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    (instance_id,) = launch(sandbox, make_image(sandbox))
    root = disks_of(sandbox, instance_id)["/dev/xvda"]["VolumeId"]
    ec2.create_tags(Resources=[root], Tags=[{"Key": "owner", "Value": "ann"}, {"Key": "role", "Value": "db"}])
    made = ec2.create_snapshots(
        InstanceSpecification={"InstanceId": instance_id},
        CopyTagsFromSource="volume",
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": [{"Key": "role", "Value": "set"}]}],
    )["Snapshots"]
    assert {tag["Key"]: tag["Value"] for tag in made[0]["Tags"]} == {"owner": "ann", "role": "set"}


def test_a_set_is_of_an_instance_that_exists() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    with refused("InvalidInstanceID.NotFound"):
        ec2.create_snapshots(InstanceSpecification={"InstanceId": "i-0123456789abcdef0"})
    (instance_id,) = launch(sandbox, make_image(sandbox))
    sandbox.app.world.conditions.failing_snapshots.add(instance_id)
    made = ec2.create_snapshots(InstanceSpecification={"InstanceId": instance_id})["Snapshots"]
    sandbox.tick(60)
    assert snapshot(sandbox, made[0]["SnapshotId"])["State"] == "error"
    ec2.terminate_instances(InstanceIds=[instance_id])
    with refused("IncorrectState"):
        ec2.create_snapshots(InstanceSpecification={"InstanceId": instance_id})
