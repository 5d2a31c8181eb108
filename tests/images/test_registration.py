"""Every attribute of a registered image is named, and what no EC2 type starts is refused with what would work."""

from __future__ import annotations

from pathlib import Path

import pytest

from ec2kit.blocks.verify import Thoroughness
from ec2kit.engine.steps import RegisterImage, UploadSnapshot, VerifySnapshot
from ec2kit.engine.steps.base import Ref
from ec2kit.errors import Refused, UsageError
from ec2kit.images.registration import (
    BIOS,
    UEFI,
    Publication,
    boot_mode_of,
    check_name_free,
    image_request,
    publish_plan,
)
from ec2kit.model.disks import Image, Mapping
from ec2kit.model.ids import ImageId, SnapshotId

SNAPSHOT = SnapshotId("snap-1")


@pytest.mark.parametrize(
    "architecture, loaders, asked, mode",
    [
        ("x86_64", (BIOS, UEFI), "", "uefi-preferred"),
        ("x86_64", (UEFI,), "", "uefi"),
        ("x86_64", (BIOS,), "", "legacy-bios"),
        ("x86_64", (BIOS, UEFI), "legacy-bios", "legacy-bios"),
        ("x86_64", (), "uefi", "uefi"),
        ("i386", (BIOS,), "", "legacy-bios"),
        ("i386", (BIOS, UEFI), "", "legacy-bios"),
        ("arm64", (UEFI,), "", "uefi"),
    ],
)
def test_the_boot_mode_suits_the_architecture_and_the_loaders(
    architecture: str, loaders: tuple[str, ...], asked: str, mode: str
) -> None:
    assert boot_mode_of(architecture, loaders, asked) == mode


@pytest.mark.parametrize(
    "architecture, loaders, asked, says, hint",
    [
        ("i386", (UEFI,), "", "starts i386 with bios", "--boot-mode legacy-bios"),
        ("i386", (BIOS,), "uefi", "no EC2 type starts it so", "use --boot-mode legacy-bios"),
        ("i386", (BIOS,), "uefi-preferred", "no EC2 type starts it so", "use --boot-mode legacy-bios"),
        ("arm64", (BIOS,), "", "starts with bios only", "--boot-mode uefi"),
        ("arm64", (UEFI,), "legacy-bios", "no EC2 type starts it so", "use --boot-mode uefi"),
        ("x86_64", (), "", "has no boot loader", "--boot-mode"),
        ("x86_64", (BIOS,), "uefi", "needs a loader for uefi", "use --boot-mode legacy-bios"),
        ("x86_64", (UEFI,), "uefi-preferred", "needs a loader for bios", "use --boot-mode uefi"),
        ("sparc", (BIOS,), "", "is no architecture", "x86_64, i386, arm64"),
    ],
)
def test_a_pair_that_never_boots_is_refused_with_what_would(
    architecture: str, loaders: tuple[str, ...], asked: str, says: str, hint: str
) -> None:
    with pytest.raises(UsageError) as refused:
        boot_mode_of(architecture, loaders, asked)
    assert says in refused.value.message
    assert hint in refused.value.hint


def wanted(
    architecture: str = "x86_64", loaders: tuple[str, ...] = (BIOS, UEFI), gib: int = 2
) -> Publication:
    tags = {"ec2kit:recipe": "debian-12"}
    return Publication("debian", architecture, loaders, gib, description="Debian 12", tags=tags)


@pytest.mark.parametrize(
    "architecture, loaders, ena",
    [("x86_64", (BIOS, UEFI), True), ("i386", (BIOS,), False), ("arm64", (UEFI,), True)],
)
def test_every_attribute_is_named(architecture: str, loaders: tuple[str, ...], ena: bool) -> None:
    request = image_request(wanted(architecture, loaders), SNAPSHOT)

    assert (request.name, request.architecture, request.virtualization) == ("debian", architecture, "hvm")
    assert (request.ena, request.imds, request.root_device) == (ena, "v2.0", "/dev/xvda")
    assert request.boot_mode == boot_mode_of(architecture, loaders)
    assert request.mappings == (Mapping("/dev/xvda", SNAPSHOT, 2, "gp3", delete_on_termination=True),)
    assert request.tags == {"Name": "debian", "ec2kit:recipe": "debian-12"}
    assert request.description == "Debian 12"


def test_a_disk_larger_than_any_volume_is_refused() -> None:
    with pytest.raises(UsageError, match="larger than any gp3 volume"):
        image_request(wanted(gib=20_000), SNAPSHOT)


def test_the_plan_uploads_then_reads_back_then_registers() -> None:
    plan = publish_plan(Path("/srv/debian.raw"), wanted())

    upload, verify, register = plan.steps
    assert [(each.key, each.needs) for each in plan.steps] == [
        ("upload", ()),
        ("verify", ("upload",)),
        ("register", ("verify",)),
    ]
    assert isinstance(upload.step, UploadSnapshot)
    assert (upload.step.path, upload.step.size_gib) == ("/srv/debian.raw", 2)
    assert isinstance(verify.step, VerifySnapshot)
    assert verify.step.how == Thoroughness.FULL
    assert isinstance(register.step, RegisterImage)
    assert register.step.request.mappings[0].snapshot == Ref("upload", "snapshot_id")  # type: ignore[comparison-overlap]


@pytest.mark.parametrize("state", ["available", "pending", "disabled"])
def test_a_name_that_is_taken_is_refused_with_who_has_it(state: str) -> None:
    holder = Image(ImageId("ami-1"), "debian", state, "x86_64", "/dev/xvda")
    with pytest.raises(Refused, match="'ami-1' has the name 'debian' already") as refused:
        check_name_free("debian", [holder])
    assert "image delete ami-1" in refused.value.hint


def test_a_name_that_nobody_has_any_more_is_free() -> None:
    gone = Image(ImageId("ami-1"), "debian", "deregistered", "x86_64", "/dev/xvda")
    check_name_free("debian", [gone])
    with pytest.raises(UsageError):
        check_name_free("a", [])


def test_a_disk_without_a_loader_is_told_both_that_would_do() -> None:
    with pytest.raises(UsageError, match=r"EC2 starts x86_64 with bios or uefi$"):
        boot_mode_of("x86_64", (), "")
