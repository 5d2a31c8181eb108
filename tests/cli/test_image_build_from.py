"""`image build --from` as it is typed: what is refused before anything is read, what is registered, what stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ec2kit.errors import UsageError
from ec2kit.host.processes import run
from ec2kit.images.finishing import Built
from ec2kit.images.root.workshop import Workshop
from ec2kit.images.vendor.building import VendorOrder
from tests.cli.screens import Shell
from tests.sandbox.seeded import Seeded
from tests.support.building import build_from_at_once

FROM = "image build --from vendor-12.qcow2"
SHOP = "description: the shop's\nhooks:\n  - echo hello >/etc/greeting\n"


@pytest.fixture
def shell(sandbox: Seeded, tmp_path: Path) -> Shell:
    run(["qemu-img", "create", "-q", "-f", "qcow2", str(tmp_path / "vendor-12.qcow2"), "3G"], 60)
    (tmp_path / "shop.yaml").write_text(SHOP)
    return Shell(tmp_path, sandbox, build_from=build_from_at_once)


def test_it_is_registered_as_what_it_is(shell: Shell, sandbox: Seeded) -> None:
    screen = shell.run(f"{FROM} ./shop.yaml --name shop")
    assert screen.exit == 0, screen
    (made,) = sandbox.ec2.describe_images(Filters=[{"Name": "name", "Values": ["shop"]}])["Images"]
    assert screen.stdout.startswith(made["ImageId"])
    told = {key: made[key] for key in ("Architecture", "BootMode", "EnaSupport", "Description")}
    assert told == {
        "Architecture": "x86_64",
        "BootMode": "legacy-bios",
        "EnaSupport": True,
        "Description": "the shop's",
    }
    tags = {tag["Key"]: tag["Value"] for tag in made["Tags"]}
    assert (tags["ec2kit:recipe"], tags["ec2kit:tested"]) == ("shop", "bios")
    assert made["BlockDeviceMappings"][0]["Ebs"]["VolumeSize"] == 3
    assert list((shell.home / "cache/ec2kit/images/disks").glob("*")) == [], "the disk is AWS's now"


def test_without_a_recipe_it_is_named_after_the_file(shell: Shell, sandbox: Seeded) -> None:
    assert shell.run(FROM).exit == 0
    (made,) = sandbox.ec2.describe_images(Filters=[{"Name": "name", "Values": ["vendor-12-*"]}])["Images"]
    assert made["Description"] == "customised from vendor-12.qcow2"
    assert "ec2kit:recipe" not in {tag["Key"] for tag in made["Tags"]}


def test_into_a_file_aws_is_not_asked(shell: Shell, sandbox: Seeded) -> None:
    sandbox.app.calls.clear()
    screen = shell.run(f"{FROM} --file here.raw --size 5 --no-boot-test -o json")
    assert screen.exit == 0, screen
    told = json.loads(screen.stdout)
    assert (told["size_gib"], told["booted"], told["boot_modes"]) == (5, {}, ["bios"])
    assert (shell.home / "here.raw").stat().st_size == 5 << 30
    assert list(sandbox.app.calls) == []


def test_a_dry_run_tells_the_stages_and_what_is_not_known_yet(shell: Shell) -> None:
    shell.build_from = _never
    screen = shell.run(f"{FROM} ./shop.yaml --dry-run")
    assert screen.exit == 0, screen
    shown = screen.stdout + screen.stderr
    for words in (
        "make a raw disk of 3 GiB of vendor-12.qcow2, which stays as it is",
        "customise it by recipe 'shop' inside its own root, and clean it",
        "every firmware that it has a loader for",
        "are those of vendor-12.qcow2, and seen when it is read",
        "register image vendor-12-",
    ):
        assert words in shown
    into_a_file = shell.run(f"{FROM} --file x.raw --dry-run -o json")
    assert len(json.loads(into_a_file.stdout)["stages"]) == 4
    assert not (shell.home / "x.raw").exists()


def test_a_mirror_that_is_not_asked_is_told(shell: Shell) -> None:
    (shell.home / "mirrored.yaml").write_text(f"{SHOP}mirror: http://mirror.example/debian\n")
    assert "the mirror of 'mirrored' is not asked" in shell.run(f"{FROM} ./mirrored.yaml --file x.raw").stderr


@pytest.mark.parametrize(
    "words, code, said",
    [
        ("", 2, "name a recipe, or a vendor's image with --from"),
        ("./shop.yaml", 2, "shop.yaml has no `release`"),
        ("--from absent.qcow2", 2, "there is no file"),
        ("--from vendor-12.qcow2 --size 2", 2, "has 3 GiB, and does not go into 2"),
        ("--from vendor-12.qcow2 --arch vax", 2, "there is no architecture 'vax'"),
        ("--from vendor-12.qcow2 nothing", 4, "there is no recipe 'nothing'"),
        ("--from vendor-12.qcow2 --name a", 2, "cannot be the name of an image"),
    ],
)
def test_what_cannot_be_built_is_told_at_once(shell: Shell, words: str, code: int, said: str) -> None:
    shell.build_from = _never
    screen = shell.run(f"image build {words}")
    assert (screen.exit, said in screen.stderr) == (code, True), screen


def test_what_is_found_wrong_in_it_is_told_and_nothing_is_uploaded(shell: Shell, sandbox: Seeded) -> None:
    def refuses(order: VendorOrder, work: Workshop, target: Path, say: Callable[[str], None]) -> Built:
        raise UsageError("'vendor-12.qcow2' has no cloud-init", hint="take another")

    shell.build_from = refuses
    before = len(sandbox.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"])
    screen = shell.run(FROM)
    assert screen.exit == 2
    assert "error: 'vendor-12.qcow2' has no cloud-init" in screen.stderr
    assert len(sandbox.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]) == before


def test_a_recipe_for_any_image_is_shown(shell: Shell) -> None:
    screen = shell.run("image recipes ./shop.yaml")
    assert screen.exit == 0, screen
    assert "any" in screen.stdout


def _never(order: VendorOrder, work: Workshop, target: Path, say: Callable[[str], None]) -> Built:
    raise AssertionError("it was built")
