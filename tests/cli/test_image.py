"""Images on the sandbox: who uses them, copies, who may launch them, and what goes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.screens import Shell, changing, check_golden
from tests.sandbox.seeded import Seeded

FRIEND = "444455556666"
AMD64, I386 = "debian-12-amd64", "debian-12-i386"


def images(sandbox: Seeded, region: str = "eu-west-1") -> dict[str, dict[str, Any]]:
    """Our images by name."""
    found = sandbox.client("ec2", region).describe_images(Owners=["self"])["Images"]
    return {image["Name"]: image for image in found}


def test_ls_says_who_uses_each(shell: Shell, sandbox: Seeded) -> None:
    check_golden("image/ls", shell.run("image ls"))
    table = Shell(shell.home, sandbox, terminal=True).run("image ls debian-12-a* -o table")
    assert "4 instances" in table.stdout
    assert shell.run("image ls 'nothing-*'").stdout == ""
    assert shell.run("image ls nothing").exit == 4


def test_ls_makes_one_call_for_images_one_for_instances_and_one_for_templates(
    shell: Shell, sandbox: Seeded
) -> None:
    sandbox.app.calls.clear()

    shell.run("image ls")

    assert sorted(sandbox.app.calls.names()) == [
        "ec2:DescribeImages",
        "ec2:DescribeInstances",
        "ec2:DescribeLaunchTemplateVersions",
    ]


def test_ls_knows_templates_and_launch_profiles(shell: Shell, sandbox: Seeded) -> None:
    (shell.home / "ec2kit.yaml").write_text("launch:\n  old: {image: 'debian-12-i*'}\n")
    template = sandbox.ec2.create_launch_template(
        LaunchTemplateName="old", LaunchTemplateData={"ImageId": images(sandbox)[I386]["ImageId"]}
    )["LaunchTemplate"]["LaunchTemplateId"]

    shown = json.loads(shell.run(f"image ls {I386} -o json").stdout)

    assert shown[0]["used_by"] == [f"{template}:1", "profile old"]
    assert "used by" in shell.run(f"image delete {I386} -y").stderr


def test_show(shell: Shell) -> None:
    check_golden("image/show", shell.run(f"image show {AMD64}"))
    check_golden("image/show_json", shell.run(f"image show {AMD64} -o json"))
    check_golden("image/show_unknown", shell.run("image show nothing"))


def test_copy_to_two_regions_in_one_run(shell: Shell, sandbox: Seeded) -> None:
    check_golden("image/copy_dry_run", shell.run(f"image copy {AMD64} --to eu-west-2 --dry-run -o table"))
    check_golden("image/copy", shell.run(f"image copy {AMD64} --to eu-west-2 --to eu-west-3"))

    for region in ("eu-west-2", "eu-west-3"):
        copy = images(sandbox, region)[AMD64]
        assert copy["State"] == "available"
        assert {"Key": "Name", "Value": AMD64} in copy["Tags"]
    assert len(json.loads(shell.run("history -o json").stdout)) == 1
    check_golden("image/copy_again", shell.run(f"image copy {AMD64} --to eu-west-2 --to eu-west-3"))


def test_copy_does_not_take_a_name_that_another_image_has(shell: Shell, sandbox: Seeded) -> None:
    shell.run(f"image copy {I386} --to eu-west-2 --name golden")

    screen = shell.run(f"image copy {AMD64} --to eu-west-2 --to eu-west-3 --name golden")

    check_golden("image/copy_name_taken", screen)
    assert images(sandbox, "eu-west-3").keys() == {"golden"}


def test_undo_takes_the_copies_back_with_their_snapshots(shell: Shell, sandbox: Seeded) -> None:
    shell.run(f"image copy {AMD64} --to eu-west-2")

    assert shell.run("undo last -y").exit == 0

    assert images(sandbox, "eu-west-2") == {}
    there = sandbox.client("ec2", "eu-west-2").describe_snapshots(OwnerIds=["self"])
    assert there["Snapshots"] == []


@pytest.mark.parametrize(
    "line",
    [
        f"image copy {AMD64} --to mars-1",
        f"image copy {AMD64} --to eu-west-2 --name 'web*'",
        f"image share {AMD64}",
        f"image share {AMD64} --with alice",
        f"image deprecate {AMD64}",
        f"image deprecate {AMD64} --in 3d --off",
        f"image deprecate {AMD64} --at 2001-01-01",
        "image prune",
        "snapshot prune all --keep-last 0",
        "image copy 'debian-*' --to eu-west-2",
    ],
)
def test_words_that_cannot_be_meant_are_usage(shell: Shell, sandbox: Seeded, line: str) -> None:
    made = changing(sandbox)

    screen = shell.run(line)

    assert screen.exit == 2, screen
    assert "hint: " in screen.stderr
    assert made == []


def test_share_with_an_account_and_no_longer(shell: Shell, sandbox: Seeded) -> None:
    check_golden("image/share_dry_run", shell.run(f"image share {AMD64} --with {FRIEND} --dry-run -o table"))
    check_golden("image/share", shell.run(f"image share {AMD64} --with {FRIEND}"))

    shared = json.loads(shell.run(f"image ls {AMD64} --shared -o json").stdout)[0]["shared"]
    assert shared == [FRIEND]
    snapshot = images(sandbox)[AMD64]["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    asked = {"SnapshotId": snapshot, "Attribute": "createVolumePermission"}
    allowed = sandbox.ec2.describe_snapshot_attribute(**asked)["CreateVolumePermissions"]
    assert allowed == [{"UserId": FRIEND}]
    assert shell.run(f"image share {AMD64} --with {FRIEND}").stdout.split("\t")[3] == "unchanged"

    assert shell.run(f"image share {AMD64} --off").exit == 0
    assert sandbox.ec2.describe_snapshot_attribute(**asked)["CreateVolumePermissions"] == []
    assert json.loads(shell.run(f"image show {AMD64} -o json").stdout)["shared"] == []


def test_deprecate_and_no_longer(shell: Shell, sandbox: Seeded) -> None:
    check_golden("image/deprecate", shell.run(f"image deprecate {AMD64} --in 30d"))

    table = Shell(shell.home, sandbox, terminal=True).run(f"image ls {AMD64} --columns deprecated")
    assert "in 29d23h" in table.stdout or "in 30d" in table.stdout
    assert images(sandbox)[AMD64]["DeprecationTime"]
    assert shell.run(f"image deprecate {AMD64} --off").exit == 0
    assert json.loads(shell.run(f"image show {AMD64} -o json").stdout)["deprecated"] is None
    assert shell.run(f"image deprecate {AMD64} --off").stdout.split("\t")[3] == "unchanged"


def test_public_asks(shell: Shell, sandbox: Seeded) -> None:
    assert shell.run(f"image share {AMD64} --public").exit == 5
    shell.answers = ["y"]

    assert shell.run(f"image share {AMD64} --public").exit == 0

    assert "read all that is on its disks" in shell.asked[0]
    assert images(sandbox)[AMD64]["Public"]
    assert json.loads(shell.run(f"image ls {AMD64} -o json").stdout)[0]["shared"] == ["all"]


def test_delete_refuses_what_is_used_and_says_who_uses_it(shell: Shell, sandbox: Seeded) -> None:
    check_golden("image/delete_used", shell.run(f"image delete {AMD64} -y"))
    assert AMD64 in images(sandbox)

    shell.answers = ["y"]
    assert shell.run(f"image delete {AMD64} --in-use").exit == 0
    assert "live on" in shell.asked[0]
    assert AMD64 not in images(sandbox)


def test_a_disabled_image_is_listed_shown_and_deleted_and_keeps_its_name(
    shell: Shell, sandbox: Seeded
) -> None:
    """EC2 tells its owner of it only when asked; it is billed all the same."""
    id = images(sandbox)[I386]["ImageId"]
    sandbox.ec2.disable_image(ImageId=id)

    assert shell.run(f"image ls {I386} --columns name,state").stdout == f"{I386}\tdisabled\n"
    assert shell.run(f"image show {I386} -o json").exit == 0
    copied = shell.run(f"image copy {I386} --to eu-west-2")
    assert copied.exit == 5
    assert "it is disabled, and only an available image can be copied" in copied.stderr
    launched = shell.run(f"launch legacy --image {I386} --type t2.nano")
    assert launched.exit == 1
    assert f"hint: aws ec2 enable-image --image-id {id}" in launched.stderr
    pruned = shell.run("image prune 'debian-*' --keep-last 1 --dry-run")
    assert "it is disabled" in pruned.stderr + pruned.stdout

    assert shell.run(f"image delete {I386} --yes").exit == 0
    assert shell.run(f"image ls {I386}").exit == 4


def test_delete_takes_the_snapshots_too(shell: Shell, sandbox: Seeded) -> None:
    snapshot = images(sandbox)[I386]["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]

    check_golden("image/delete_dry_run", shell.run(f"image delete {I386} --dry-run -o table"))
    check_golden("image/delete", shell.run(f"image delete {I386} -y"))

    assert I386 not in images(sandbox)
    left = sandbox.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert snapshot not in [each["SnapshotId"] for each in left]


def family(sandbox: Seeded, *names: str) -> None:
    """Images of these names, an hour apart."""
    snapshot = images(sandbox)[I386]["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    for name in names:
        copy = sandbox.ec2.copy_snapshot(SourceRegion="eu-west-1", SourceSnapshotId=snapshot)["SnapshotId"]
        sandbox.tick(3600)
        sandbox.ec2.register_image(
            Name=name,
            Architecture="x86_64",
            RootDeviceName="/dev/xvda",
            VirtualizationType="hvm",
            BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": copy}}],
        )
    sandbox.tick(60)


def test_prune_says_why_and_then_deletes(shell: Shell, sandbox: Seeded) -> None:
    family(sandbox, "web-20260101", "web-20260102", "web-20260103")

    check_golden("image/prune_dry_run", shell.run("image prune 'web-*' --keep-last 2 --dry-run -o table"))
    check_golden("image/prune", shell.run("image prune 'web-*' --keep-last 2 -y"))
    check_golden("image/prune_again", shell.run("image prune 'web-*' --keep-last 2 -y"))
    assert images(sandbox).keys() == {AMD64, I386, "web-20260102", "web-20260103"}


def test_prune_judges_only_what_recipes_built_when_nothing_is_named(shell: Shell, sandbox: Seeded) -> None:
    screen = shell.run("image prune --keep-last 1 -y")

    assert screen.exit == 0
    assert "2 images that no recipe built are not judged" in screen.stderr
    assert images(sandbox).keys() == {AMD64, I386}


def test_snapshot_prune(shell: Shell, sandbox: Seeded) -> None:
    for _ in range(3):
        shell.run("snapshot create web-1")
        sandbox.tick(7200)

    check_golden(
        "image/snapshot_prune_dry_run", shell.run("snapshot prune web-1 --keep-last 2 --dry-run -o table")
    )
    check_golden("image/snapshot_prune", shell.run("snapshot prune web-1 --keep-last 2 -y"))
    assert len(shell.run("snapshot ls web-1").stdout.splitlines()) == 2
    assert shell.run("snapshot prune web-1 --keep-last 2").exit == 0
