"""`image boot` as typed: what it refuses, and what it reports of a boot that fails."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from ec2kit.cli.commands.image_boot import _architecture
from ec2kit.host.processes import Ended, attempt
from ec2kit.images.boot.spec import BootReport, BootSpec
from ec2kit.images.disk.assemble import assemble
from ec2kit.images.disk.spec import MIB, DiskSpec
from ec2kit.screen.boots import boot_json, boot_pairs
from tests.cli.screens import Shell
from tests.images.roots import tiny_root
from tests.sandbox.seeded import Seeded

pytestmark = pytest.mark.slow

REPORT = BootReport(True, True, True, "ip-172-31-0-15", 3 << 30, 59, 61.24)


def typed(*words: str) -> Ended:
    return attempt([sys.executable, "-m", "ec2kit", "image", "boot", *words], 120)


def test_a_report_has_everything_that_was_reached() -> None:
    wanted = BootSpec("x86_64", "uefi")
    shown = dict(boot_pairs("web.raw", wanted, REPORT))
    assert shown["machine"] == "x86_64, UEFI"
    assert shown["root file system"] == "3072 MiB"
    assert shown["user data ran"] == "yes"
    assert "failed" not in shown
    read = boot_json("web.raw", wanted, REPORT)
    assert json.loads(json.dumps(read))["root_bytes"] == 3 << 30
    assert (read["succeeded"], read["seconds"], read["log"]) == (True, 61.2, None)


def test_the_architecture_is_read_from_the_image(tmp_path: Path) -> None:
    disk = assemble(tiny_root(tmp_path / "root.tar"), tmp_path / "disk.raw", DiskSpec("i386", 48 * MIB))
    assert _architecture(disk.path) == "i386"
    (tmp_path / "odd.raw").write_bytes(b"no table")
    assert _architecture(tmp_path / "odd.raw") == "x86_64"


@pytest.mark.parametrize(
    "words,said",
    [
        (("none.raw",), "an image by its id: `ec2kit image ls`"),
        (("none.raw", "--arch", "sparc"), "there is no architecture 'sparc'"),
        (("none.raw", "--arch", "i386", "--uefi"), "i386 does not boot with uefi"),
        (("none.raw", "--arch", "arm64", "--bios"), "arm64 does not boot with bios"),
        (("none.raw", "--user-data", "none.sh"), "there is no file"),
    ],
)
def test_what_cannot_be_booted_is_wrong_usage(words: tuple[str, ...], said: str) -> None:
    ended = typed(*words)
    assert ended.code == 2
    assert said in ended.stderr


@pytest.mark.boot
def test_a_boot_that_fails_ends_with_1_and_says_where_its_console_is(tmp_path: Path) -> None:
    disk = tmp_path / "empty.raw"
    disk.write_bytes(bytes(MIB))
    ended = typed(str(disk))
    assert ended.code == 1
    assert "not a bootable disk" in ended.stderr
    assert "did not boot as it should: the firmware found nothing to boot" in ended.stderr
    assert f"hint: its console is in {disk}.console.log" in ended.stderr
    assert "failed\tthere was no login prompt" in ended.stdout
    as_json = typed(str(disk), "-o", "json")
    assert json.loads(as_json.stdout)["failed"][0] == "the firmware found nothing to boot"
    assert "SeaBIOS" not in as_json.stderr


@pytest.mark.boot
def test_an_image_of_aws_is_fetched_booted_and_removed_again(tmp_path: Path) -> None:
    """The sandbox's own images have nothing on their disks, which a firmware notices."""
    sandbox = Seeded()
    shell = Shell(tmp_path, sandbox, environ={"EC2KIT_CACHE_DIR": str(tmp_path / "cache")})
    images = sandbox.client("ec2").describe_images(Owners=["self"])["Images"]
    image = next(each["ImageId"] for each in images if each["Architecture"] == "i386")
    ran = shell.run(f"image boot {image}")
    assert ran.exit == 1
    assert "as i386 with BIOS" in ran.stderr
    assert f"'{image}' did not boot as it should: the firmware found nothing to boot" in ran.stderr
    assert list(tmp_path.rglob("*.raw")) == []
    assert [path.name for path in tmp_path.rglob("*.console.log")] == [f"{image}.raw.console.log"]
