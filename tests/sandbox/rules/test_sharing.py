"""Launch permissions of images, createVolumePermission of snapshots."""

from typing import Any

from tests.sandbox.rules.blocks_ground import upload
from tests.sandbox.rules.making import calm, image, make_image, make_snapshot, refused
from tests.support.inprocess import InProcess

OTHER, THIRD = "444455556666", "111122223333"
ORGANISATION = "arn:aws:organizations::123456789012:organization/o-1"


def launchers(sandbox: InProcess, image_id: str) -> list[dict[str, str]]:
    answer = sandbox.client("ec2").describe_image_attribute(ImageId=image_id, Attribute="launchPermission")
    found: list[dict[str, str]] = answer["LaunchPermissions"]
    return found


def readers(sandbox: InProcess, snapshot_id: str) -> list[dict[str, str]]:
    answer = sandbox.client("ec2").describe_snapshot_attribute(
        SnapshotId=snapshot_id, Attribute="createVolumePermission"
    )
    found: list[dict[str, str]] = answer["CreateVolumePermissions"]
    return found


def test_an_image_is_shared_with_accounts_everybody_and_organisations_and_no_longer() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    image_id = make_image(sandbox)
    wanted: list[dict[str, Any]] = [{"UserId": OTHER}, {"UserId": THIRD}, {"OrganizationArn": ORGANISATION}]
    ec2.modify_image_attribute(ImageId=image_id, LaunchPermission={"Add": wanted})
    assert launchers(sandbox, image_id) == wanted
    assert [one["ImageId"] for one in ec2.describe_images(ExecutableUsers=[OTHER])["Images"]] == [image_id]
    ec2.modify_image_attribute(
        ImageId=image_id, Attribute="launchPermission", OperationType="remove", UserIds=[OTHER]
    )
    assert launchers(sandbox, image_id) == wanted[1:]
    ec2.modify_image_attribute(ImageId=image_id, LaunchPermission={"Add": [{"Group": "all"}]})
    assert image(sandbox, image_id)["Public"] is True
    ec2.reset_image_attribute(ImageId=image_id, Attribute="launchPermission")
    assert (launchers(sandbox, image_id), image(sandbox, image_id)["Public"]) == ([], False)
    with refused("InvalidAMIID.NotFound"):
        launchers(sandbox, "ami-0123456789abcdef0")
    with refused("InvalidAMIAttributeItemValue"):
        ec2.modify_image_attribute(ImageId=image_id, LaunchPermission={"Add": [{"UserId": "me"}]})


def test_only_an_available_image_is_shared() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    copy = ec2.copy_image(Name="copy", SourceImageId=make_image(sandbox), SourceRegion="eu-west-1")["ImageId"]
    with refused("InvalidAMIID.Unavailable"):
        ec2.modify_image_attribute(ImageId=copy, LaunchPermission={"Add": [{"UserId": OTHER}]})


def test_a_description_and_the_want_of_tokens_can_be_changed() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    image_id = make_image(sandbox)
    ec2.modify_image_attribute(ImageId=image_id, Description={"Value": "the web server"})
    ec2.modify_image_attribute(ImageId=image_id, Attribute="imdsSupport", Value="v2.0")
    shown = image(sandbox, image_id)
    assert (shown["Description"], shown["ImdsSupport"]) == ("the web server", "v2.0")
    with refused("InvalidParameterValue"):
        ec2.modify_image_attribute(ImageId=image_id, Attribute="imdsSupport", Value="v1.0")


def test_a_snapshot_is_shared_and_no_longer() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    snapshot_id = make_snapshot(sandbox)
    named = {"SnapshotId": snapshot_id, "Attribute": "createVolumePermission"}
    ec2.modify_snapshot_attribute(**named, OperationType="add", UserIds=[OTHER, THIRD])
    ec2.modify_snapshot_attribute(
        **named, CreateVolumePermission={"Add": [{"Group": "all"}], "Remove": [{"UserId": THIRD}]}
    )
    assert readers(sandbox, snapshot_id) == [{"Group": "all"}, {"UserId": OTHER}]
    ec2.reset_snapshot_attribute(**named)
    assert readers(sandbox, snapshot_id) == []


def test_what_others_could_not_decrypt_is_not_shared() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    key = "arn:aws:kms:eu-west-1:123456789012:key/1"
    own, managed = upload(sandbox, {}, Encrypted=True, KmsKeyArn=key), upload(sandbox, {}, Encrypted=True)
    ec2.modify_snapshot_attribute(SnapshotId=own, OperationType="add", UserIds=[OTHER])
    for asked in (
        {"SnapshotId": managed, "UserIds": [OTHER]},
        {"SnapshotId": own, "GroupNames": ["all"]},
    ):
        with refused("InvalidParameter"):
            ec2.modify_snapshot_attribute(OperationType="add", **asked)
    disks = [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": managed}}]
    image_id = make_image(sandbox, "secret", BlockDeviceMappings=disks)
    with refused("InvalidParameter"):
        ec2.modify_image_attribute(ImageId=image_id, LaunchPermission={"Add": [{"UserId": OTHER}]})
