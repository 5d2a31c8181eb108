from typing import Any

from tests.sandbox.rules.making import (
    calm,
    disks_of,
    image,
    instance,
    launch,
    make_image,
    make_snapshot,
    refused,
)
from tests.support.inprocess import InProcess


def register(sandbox: InProcess, name: str, **settings: Any) -> str:
    return str(sandbox.client("ec2").register_image(Name=name, **settings)["ImageId"])


def test_a_registered_image_keeps_everything_that_was_said() -> None:
    sandbox = calm()
    root, data = make_snapshot(sandbox, 8), make_snapshot(sandbox, 20)
    image_id = register(
        sandbox,
        "web-12",
        Description="the web server",
        Architecture="arm64",
        RootDeviceName="/dev/xvda",
        VirtualizationType="hvm",
        BootMode="uefi",
        EnaSupport=True,
        SriovNetSupport="simple",
        ImdsSupport="v2.0",
        TpmSupport="v2.0",
        BlockDeviceMappings=[
            {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": root, "VolumeSize": 10, "VolumeType": "gp3"}},
            {"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": data, "DeleteOnTermination": False}},
            {"DeviceName": "/dev/sdg", "VirtualName": "ephemeral0"},
        ],
        TagSpecifications=[{"ResourceType": "image", "Tags": [{"Key": "role", "Value": "web"}]}],
    )
    found = image(sandbox, image_id)
    said = {
        "Name": "web-12",
        "Description": "the web server",
        "Architecture": "arm64",
        "RootDeviceName": "/dev/xvda",
        "RootDeviceType": "ebs",
        "VirtualizationType": "hvm",
        "BootMode": "uefi",
        "EnaSupport": True,
        "SriovNetSupport": "simple",
        "ImdsSupport": "v2.0",
        "TpmSupport": "v2.0",
        "State": "available",
        "OwnerId": "123456789012",
        "Public": False,
        "PlatformDetails": "Linux/UNIX",
        "ImageLocation": "123456789012/web-12",
        "Tags": [{"Key": "role", "Value": "web"}],
        "CreationDate": f"{sandbox.now:%Y-%m-%dT%H:%M:%S.000Z}",
    }
    assert {key: found.get(key) for key in said} == said
    plain = {"Encrypted": False, "DeleteOnTermination": True}
    assert found["BlockDeviceMappings"] == [
        {
            "DeviceName": "/dev/xvda",
            "Ebs": {**plain, "SnapshotId": root, "VolumeSize": 10, "VolumeType": "gp3"},
        },
        {
            "DeviceName": "/dev/sdf",
            "Ebs": {
                **plain,
                "SnapshotId": data,
                "VolumeSize": 20,
                "VolumeType": "gp2",
                "DeleteOnTermination": False,
            },
        },
        {"DeviceName": "/dev/sdg", "VirtualName": "ephemeral0"},
    ]


def test_what_was_not_said_is_i386_paravirtual_and_without_ena() -> None:
    sandbox = calm()
    disks = [{"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": make_snapshot(sandbox)}}]
    found = image(sandbox, register(sandbox, "bare", BlockDeviceMappings=disks))
    assert (found["Architecture"], found["VirtualizationType"]) == ("i386", "paravirtual")
    assert (found["RootDeviceName"], found["EnaSupport"]) == ("/dev/sda1", False)
    assert not {"BootMode", "ImdsSupport", "TpmSupport", "SriovNetSupport", "Description"} & set(found)


def test_what_cannot_be_registered() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    good = make_snapshot(sandbox, 8)

    def disk(snapshot_id: str = good, **ebs: Any) -> list[dict[str, Any]]:
        return [{"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot_id, **ebs}}]

    volume_id = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=1)["VolumeId"]
    sandbox.tick(5)
    pending = ec2.create_snapshot(VolumeId=volume_id)["SnapshotId"]
    sandbox.app.world.conditions.next_snapshots_fail = 1
    failing = ec2.create_snapshot(VolumeId=volume_id)["SnapshotId"]
    for code, disks in (
        ("InvalidSnapshot.NotFound", disk("snap-0123456789abcdef0")),
        ("InvalidSnapshot.Pending", disk(pending)),
        ("InvalidBlockDeviceMapping", disk(VolumeSize=7)),
        ("InvalidBlockDeviceMapping", disk(Encrypted=True)),
        ("InvalidBlockDeviceMapping", [*disk(), *disk()]),
        ("InvalidBlockDeviceMapping", [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8}}]),
        ("MissingParameter", []),
    ):
        with refused(code):
            register(sandbox, "refused", BlockDeviceMappings=disks)
    with refused("InvalidBlockDeviceMapping"):
        register(sandbox, "refused", RootDeviceName="/dev/xvda", BlockDeviceMappings=disk())
    sandbox.tick(60)
    with refused("IncorrectState"):
        register(sandbox, "refused", BlockDeviceMappings=disk(failing))
    with refused("InvalidParameterValue"):
        register(sandbox, "refused", Architecture="vax", BlockDeviceMappings=disk())
    with refused("InvalidAMIName.Malformed"):
        register(sandbox, "a*b", BlockDeviceMappings=disk())
    assert ec2.describe_images(Owners=["self"])["Images"] == []


def test_a_name_is_taken_once_until_its_image_is_deregistered() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    first = make_image(sandbox, "web")
    (instance_id,) = launch(sandbox, first)
    with refused("InvalidAMIName.Duplicate"):
        make_image(sandbox, "web")
    with refused("InvalidAMIName.Duplicate"):
        ec2.create_image(InstanceId=instance_id, Name="web")
    ec2.deregister_image(ImageId=first)
    make_image(sandbox, "web")


def test_a_machine_gets_the_disks_of_its_image() -> None:
    sandbox = calm()
    image_id = make_image(sandbox, data_gib=20, ImdsSupport="v2.0")
    (instance_id,) = launch(sandbox, image_id)
    mapped = {one["DeviceName"]: one["Ebs"] for one in image(sandbox, image_id)["BlockDeviceMappings"]}
    disks = disks_of(sandbox, instance_id)
    assert {device: disk["SnapshotId"] for device, disk in disks.items()} == {
        device: ebs["SnapshotId"] for device, ebs in mapped.items()
    }
    assert {device: disk["Size"] for device, disk in disks.items()} == {"/dev/xvda": 8, "/dev/sdf": 20}
    assert {device: disk["Attachments"][0]["DeleteOnTermination"] for device, disk in disks.items()} == {
        "/dev/xvda": True,
        "/dev/sdf": False,
    }
    assert instance(sandbox, instance_id)["RootDeviceName"] == "/dev/xvda"


def test_a_copy_has_its_own_snapshots_and_all_attributes() -> None:
    sandbox = calm()
    source_id = make_image(sandbox, "web", data_gib=4, BootMode="uefi", ImdsSupport="v2.0")
    sandbox.client("ec2").create_tags(Resources=[source_id], Tags=[{"Key": "role", "Value": "web"}])
    away = sandbox.client("ec2", "eu-central-1")
    wish = {"Name": "web", "SourceImageId": source_id, "SourceRegion": "eu-west-1", "ClientToken": "t"}
    copy_id = away.copy_image(**wish)["ImageId"]
    assert away.copy_image(**wish)["ImageId"] == copy_id
    assert image(sandbox, copy_id, "eu-central-1")["State"] == "pending"
    sandbox.tick(60)
    source, copy = image(sandbox, source_id), image(sandbox, copy_id, "eu-central-1")
    same = ("Architecture", "BootMode", "ImdsSupport", "EnaSupport", "RootDeviceName", "VirtualizationType")
    assert {key: copy[key] for key in same} == {key: source[key] for key in same}
    assert (copy["State"], copy["SourceImageId"], copy.get("Tags", [])) == ("available", source_id, [])
    ours, theirs = (
        {one["Ebs"]["SnapshotId"] for one in each["BlockDeviceMappings"]} for each in (source, copy)
    )
    assert len(theirs) == 2
    assert not ours & theirs
    assert {one["SnapshotId"] for one in away.describe_snapshots(OwnerIds=["self"])["Snapshots"]} == theirs
    tagged = away.copy_image(**{**wish, "Name": "web-2", "ClientToken": "u"}, CopyImageTags=True)["ImageId"]
    assert image(sandbox, tagged, "eu-central-1")["Tags"] == [{"Key": "role", "Value": "web"}]


def test_deregistering_leaves_the_snapshots_or_takes_those_that_nobody_needs() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    first = make_image(sandbox, "first", data_gib=4)
    disks = image(sandbox, first)["BlockDeviceMappings"]
    root, data = (one["Ebs"]["SnapshotId"] for one in disks)
    second = register(
        sandbox,
        "second",
        RootDeviceName="/dev/xvda",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": root}}],
    )
    results = ec2.deregister_image(ImageId=first, DeleteAssociatedSnapshots=True)["DeleteSnapshotResults"]
    assert {one["SnapshotId"]: one["ReturnCode"] for one in results} == {root: "skipped", data: "success"}
    ec2.deregister_image(ImageId=second)
    assert [one["SnapshotId"] for one in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]] == [root]
    with refused("InvalidAMIID.NotFound"):
        image(sandbox, first)
    with refused("InvalidAMIID.Unavailable"):
        ec2.deregister_image(ImageId=first)
    with refused("InvalidAMIID.Unavailable"):
        launch(sandbox, first)


def test_listing_by_filter_and_page() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    snapshot_id = make_snapshot(sandbox)
    disks = [{"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot_id}}]
    ids = [
        register(sandbox, f"image-{number}", BlockDeviceMappings=disks, Architecture=architecture)
        for number, architecture in enumerate(["i386", "x86_64", "arm64"])
    ]
    ec2.create_tags(Resources=ids[:1], Tags=[{"Key": "role", "Value": "web"}])
    for name, value, wanted in (
        ("architecture", "arm64", ids[2:]),
        ("block-device-mapping.snapshot-id", snapshot_id, ids),
        ("creation-date", f"{sandbox.now:%Y-%m}-*", ids),
        ("is-public", "true", []),
        ("name", "image-?", ids),
        ("state", "available", ids),
        ("tag:role", "web", ids[:1]),
    ):
        found = ec2.describe_images(Filters=[{"Name": name, "Values": [value]}])["Images"]
        assert [one["ImageId"] for one in found] == wanted, name
    first = ec2.describe_images(Owners=["self"], MaxResults=2)
    rest = ec2.describe_images(Owners=["self"], MaxResults=2, NextToken=first["NextToken"])
    assert [one["ImageId"] for one in first["Images"] + rest["Images"]] == ids
    assert ec2.describe_images(Owners=["amazon"])["Images"] == []
    with refused("InvalidAMIID.NotFound"):
        ec2.describe_images(ImageIds=[*ids, "ami-0123456789abcdef0"])
