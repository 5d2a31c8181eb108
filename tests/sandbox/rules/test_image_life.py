"""Images after they are made: copied, deprecated, disabled."""

from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.rules.blocks_ground import block, contents, upload
from tests.sandbox.rules.making import calm, image, launch, make_image, refused
from tests.support.inprocess import InProcess


def listed(sandbox: InProcess, **asked: Any) -> list[str]:
    return [one["ImageId"] for one in sandbox.client("ec2").describe_images(**asked)["Images"]]


def test_a_copy_has_the_blocks_and_may_be_encrypted() -> None:
    sandbox = calm()
    snapshot_id = upload(sandbox, {2: block("c")}, size=8)
    disks = [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot_id}}]
    source_id = make_image(sandbox, "own", BlockDeviceMappings=disks)
    away = sandbox.client("ec2", "us-east-1")
    copy_id = away.copy_image(Name="own", SourceImageId=source_id, SourceRegion="eu-west-1", Encrypted=True)[
        "ImageId"
    ]
    assert image(sandbox, copy_id, "us-east-1")["State"] == "pending"
    sandbox.tick(60)
    copy = image(sandbox, copy_id, "us-east-1")
    ebs = copy["BlockDeviceMappings"][0]["Ebs"]
    assert (copy["State"], copy["SourceImageRegion"], ebs["Encrypted"]) == ("available", "eu-west-1", True)
    assert contents(sandbox, ebs["SnapshotId"], "us-east-1") == {2: block("c")}


def test_an_image_whose_snapshot_fails_has_failed() -> None:
    sandbox = calm()
    source_id = make_image(sandbox, "own")
    sandbox.app.world.conditions.next_snapshots_fail = 1
    copy_id = sandbox.client("ec2").copy_image(
        Name="copy", SourceImageId=source_id, SourceRegion="eu-west-1"
    )["ImageId"]
    sandbox.tick(60)
    copy = image(sandbox, copy_id)
    assert (copy["State"], copy["StateReason"]["Code"]) == ("failed", "Client.InternalError")
    with refused("InvalidAMIID.Unavailable"):
        launch(sandbox, copy_id)


def test_a_deprecated_image_shows_its_date_and_stays_with_its_owner() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    image_id = make_image(sandbox, "old")
    at = (sandbox.now + timedelta(hours=1)).replace(second=29, microsecond=0)
    ec2.enable_image_deprecation(ImageId=image_id, DeprecateAt=at)
    assert image(sandbox, image_id)["DeprecationTime"] == f"{at:%Y-%m-%dT%H:%M:00.000Z}"
    sandbox.tick(7200)
    assert listed(sandbox, Owners=["self"]) == [image_id]
    launch(sandbox, image_id)
    _give_away(image_id)
    assert listed(sandbox) == []
    assert listed(sandbox, IncludeDeprecated=True) == listed(sandbox, ImageIds=[image_id]) == [image_id]
    ec2.disable_image_deprecation(ImageId=image_id)
    assert "DeprecationTime" not in image(sandbox, image_id)
    assert listed(sandbox) == [image_id]


def _give_away(image_id: str) -> None:
    """Let the image belong to another account."""
    from ec2kit.sandbox.rules import lookup

    lookup.backend_of("123456789012", "eu-west-1").amis[image_id].owner_id = "444455556666"


@pytest.mark.parametrize("days", [-1, 3660])
def test_a_date_of_deprecation_lies_in_the_next_ten_years(days: int) -> None:
    sandbox = calm()
    image_id = make_image(sandbox, "old")
    with refused("InvalidParameterValue"):
        sandbox.client("ec2").enable_image_deprecation(
            ImageId=image_id, DeprecateAt=sandbox.now + timedelta(days=days)
        )
    with refused("InvalidAMIID.NotFound"):
        sandbox.client("ec2").enable_image_deprecation(
            ImageId="ami-0123456789abcdef0", DeprecateAt=sandbox.now
        )


def test_a_disabled_image_is_not_launched_listed_or_shared_and_keeps_its_snapshot() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    image_id = make_image(sandbox, "off")
    snapshot_id = image(sandbox, image_id)["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    ec2.modify_image_attribute(ImageId=image_id, LaunchPermission={"Add": [{"UserId": "444455556666"}]})
    ec2.disable_image(ImageId=image_id)
    assert image(sandbox, image_id)["State"] == "disabled"
    assert listed(sandbox, Owners=["self"]) == []
    assert listed(sandbox, Owners=["self"], IncludeDisabled=True) == [image_id]
    shared = ec2.describe_image_attribute(ImageId=image_id, Attribute="launchPermission")
    assert shared["LaunchPermissions"] == []
    with refused("InvalidAMIID.Unavailable"):
        launch(sandbox, image_id)
    with refused("InvalidSnapshot.InUse"):
        ec2.delete_snapshot(SnapshotId=snapshot_id)
    ec2.enable_image(ImageId=image_id)
    launch(sandbox, image_id)
