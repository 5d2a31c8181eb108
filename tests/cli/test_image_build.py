"""`image build` as it is typed: what is refused before anything is built, what is registered, what stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ec2kit.images.building import Order
from ec2kit.images.finishing import BootFailed, Built
from ec2kit.images.root.workshop import Workshop
from ec2kit.sandbox.disks import read
from tests.cli.screens import Shell
from tests.sandbox.seeded import Seeded
from tests.support.building import CONTENT, build_at_once

BUILD = "image build debian-12-minimal --name golden"


@pytest.fixture
def shell(sandbox: Seeded, tmp_path: Path) -> Shell:
    return Shell(tmp_path, sandbox, build=build_at_once)


def image(sandbox: Seeded, name: str = "golden") -> dict[str, Any]:
    (found,) = sandbox.ec2.describe_images(Filters=[{"Name": "name", "Values": [name]}])["Images"]
    return dict(found)


def left(shell: Shell) -> list[str]:
    """The disks that are still in the cache."""
    return sorted(path.name for path in (shell.home / "cache/ec2kit/images/disks").glob("*"))


def test_the_disk_becomes_an_image_with_every_attribute(shell: Shell, sandbox: Seeded) -> None:
    screen = shell.run(BUILD)
    assert screen.exit == 0, screen
    made = image(sandbox)
    assert screen.stdout.startswith(made["ImageId"])
    told = {
        key: made[key] for key in ("Architecture", "BootMode", "EnaSupport", "ImdsSupport", "RootDeviceName")
    }
    assert told == {
        "Architecture": "x86_64",
        "BootMode": "uefi-preferred",
        "EnaSupport": True,
        "ImdsSupport": "v2.0",
        "RootDeviceName": "/dev/xvda",
    }
    tags = {tag["Key"]: tag["Value"] for tag in made["Tags"]}
    assert tags["ec2kit:recipe"] == "debian-12-minimal"
    assert tags["ec2kit:tested"] == "bios,uefi"
    snapshot = made["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    blocks = dict(read(sandbox.app, snapshot))
    assert sorted(blocks) == [0, 10]
    assert blocks[10].startswith(CONTENT)
    assert left(shell) == [], "the disk is AWS's now"


def test_32_bits_have_neither_uefi_nor_ena(shell: Shell, sandbox: Seeded) -> None:
    assert shell.run(f"{BUILD} --arch i386 --no-boot-test").exit == 0
    made = image(sandbox)
    assert (made["Architecture"], made["BootMode"], made["EnaSupport"]) == ("i386", "legacy-bios", False)
    assert "ec2kit:tested" not in {tag["Key"] for tag in made["Tags"]}


def test_a_name_that_is_taken_is_told_before_anything_is_built(shell: Shell, sandbox: Seeded) -> None:
    assert shell.run(BUILD).exit == 0
    shell.build = _never
    again = shell.run(BUILD)
    assert again.exit == 5
    assert "has the name 'golden' already" in again.stderr
    assert "ec2kit image delete" in again.stderr


def test_what_does_not_boot_is_not_uploaded(shell: Shell, sandbox: Seeded) -> None:
    shell.build = _does_not_boot
    before = len(sandbox.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"])
    screen = shell.run(BUILD)
    assert screen.exit == 1
    assert "error: 'golden' does not boot by BIOS: no login appeared" in screen.stderr
    assert sandbox.ec2.describe_images(Filters=[{"Name": "name", "Values": ["golden"]}])["Images"] == []
    assert len(sandbox.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]) == before


def test_into_a_file_aws_is_not_asked(shell: Shell, sandbox: Seeded) -> None:
    sandbox.app.calls.clear()
    screen = shell.run("image build debian-12-minimal --file here.raw -o json")
    assert screen.exit == 0, screen
    assert '"booted":{"bios":60,"uefi":60}' in screen.stdout.replace(" ", "").replace("\n", "")
    assert (shell.home / "here.raw").stat().st_size == 2 << 30
    assert list(sandbox.app.calls) == []


@pytest.mark.parametrize("terminal", [True, False])
def test_a_dry_run_builds_nothing_and_tells_the_stages(shell: Shell, terminal: bool) -> None:
    shell.build = _never
    shell.terminal = terminal
    screen = shell.run(f"{BUILD} --dry-run")
    assert screen.exit == 0, screen
    shown = screen.stdout + screen.stderr
    for words in (
        "root file system",
        "boot it here in QEMU by UEFI",
        "upload ",
        "read back",
        "register image golden",
    ):
        assert words in shown
    into_a_file = shell.run("image build debian-12-minimal --file x.raw --dry-run")
    assert "put a disk of 2 GiB together" in into_a_file.stderr
    assert not (shell.home / "x.raw").exists()


@pytest.mark.parametrize(
    "words, told",
    [
        ("--file none/x.raw", "there is no directory"),
        ("--file .", "is a directory"),
        ("--file x.raw", "SOURCE_DATE_EPOCH is 'abc'"),
        ("", "SOURCE_DATE_EPOCH is 'abc'"),
    ],
)
def test_a_dry_run_tells_what_the_real_one_would_refuse(shell: Shell, words: str, told: str) -> None:
    if "EPOCH" in told:
        shell.environ["SOURCE_DATE_EPOCH"] = "abc"

    for dry in ("--dry-run", ""):
        screen = shell.run(f"image build debian-12-minimal {words} {dry}")
        assert (screen.exit, told in screen.stderr) == (2, True), screen


def test_a_dry_run_for_programs_is_json_and_tells_the_stages(shell: Shell) -> None:
    shell.build = _never
    plan = shell.run(f"{BUILD} --dry-run -o json")
    assert any("root file system" in note for note in json.loads(plan.stdout)["notes"])
    assert plan.stderr == ""
    into_a_file = shell.run("image build debian-12-minimal --file x.raw --dry-run -o json")
    told = json.loads(into_a_file.stdout)
    assert told["path"] == str(shell.home / "x.raw")
    assert "put a disk of 2 GiB together" in told["stages"][1]


@pytest.mark.parametrize(
    "words, code, said",
    [
        ("nothing", 4, "there is no recipe 'nothing'"),
        ("debian-12 --arch vax", 2, "there is no architecture 'vax'"),
        ("debian-13 --arch i386", 2, "has no kernel for i386"),
        ("debian-12 --size 1", 2, "wants a disk of 2 GiB, not 1"),
        ("debian-12 --name a", 2, "cannot be the name of an image"),
    ],
)
def test_what_cannot_be_built_is_told_at_once(shell: Shell, words: str, code: int, said: str) -> None:
    shell.build = _never
    screen = shell.run(f"image build {words}")
    assert (screen.exit, said in screen.stderr) == (code, True), screen


def _never(order: Order, work: Workshop, target: Path, say: Callable[[str], None]) -> Built:
    raise AssertionError("it was built")


def _does_not_boot(order: Order, work: Workshop, target: Path, say: Callable[[str], None]) -> Built:
    raise BootFailed(f"'{order.name}' does not boot by BIOS: no login appeared")
