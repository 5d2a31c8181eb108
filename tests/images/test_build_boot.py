"""From the shipped recipes to machines that boot, as a person types it: built, booted, uploaded, read back, booted.

The slow group of the suite: each image is built once in a checkout (the roots are kept in `.cache/test-images`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.images.conftest import DAY, Built, workshop
from tests.repository.files import ROOT

pytestmark = [pytest.mark.boot, pytest.mark.timeout(2400)]


@dataclass(frozen=True)
class Shell:
    """A person's shell with a practice AWS of its own."""

    home: Path

    def run(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Type a command of ec2kit."""
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "EC2KIT_STATE_DIR": str(self.home / "state"),
            "EC2KIT_CACHE_DIR": str(self.home / "cache"),
            "XDG_RUNTIME_DIR": str(self.home / "run"),
            "EC2KIT_SANDBOX": "images",
            "SOURCE_DATE_EPOCH": DAY,
        }
        ended = subprocess.run(
            [sys.executable, "-m", "ec2kit", *words],
            cwd=self.home,
            env={**environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == code, f"{words}: {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
        return ended


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    (tmp_path / "run").mkdir(mode=0o700)
    (tmp_path / "cache" / "images").mkdir(parents=True)
    # The roots of all these tests are one cache, which the commands find as their own.
    roots = workshop().directory / "roots"
    roots.mkdir(parents=True, exist_ok=True)
    (tmp_path / "cache" / "images" / "roots").symlink_to(roots)
    opened = Shell(tmp_path)
    opened.run("sandbox", "start", "--speed", "60")
    yield opened
    opened.run("sandbox", "stop", "--forget")


def test_an_amd64_image_goes_round(shell: Shell, root_tar: Built) -> None:
    """Built, uploaded, registered, fetched: and then booted with each loader, which is what the others leave out."""
    root_tar("debian-12-minimal", "amd64")
    words = ("image", "build", "debian-12-minimal", "--name", "round", "--no-boot-test")
    (made,) = json.loads(shell.run(*words, "-o", "json").stdout)
    image = json.loads(shell.run("image", "show", made["id"], "-o", "json").stdout)
    assert (image["architecture"], image["boot_mode"], image["ena"]) == ("x86_64", "uefi-preferred", True)
    assert image["tags"]["ec2kit:recipe"] == "debian-12-minimal"
    assert "ec2kit:tested" not in image["tags"]
    # What came back is what went up, byte for byte, and boots.
    shell.run("image", "export", made["id"], "back.raw")
    shell.run(*words, "--file", "again.raw")
    compared = subprocess.run(
        ["cmp", "back.raw", "again.raw"], cwd=shell.home, capture_output=True, text=True, check=False
    )
    assert (compared.returncode, compared.stdout) == (0, "")
    for firmware in ("--bios", "--uefi"):
        booted = json.loads(shell.run("image", "boot", "back.raw", firmware, "-o", "json").stdout)
        assert booted["login"], booted
        assert booted["user_data_ran"], booted


@pytest.mark.deep
def test_an_amd64_image_is_booted_with_both_loaders_before_it_is_registered(
    shell: Shell, root_tar: Built
) -> None:
    root_tar("debian-12-minimal", "amd64")
    (made,) = json.loads(shell.run("image", "build", "debian-12-minimal", "-o", "json").stdout)
    image = json.loads(shell.run("image", "show", made["id"], "-o", "json").stdout)
    assert image["tags"]["ec2kit:tested"] == "bios,uefi"


def test_an_i386_image_is_built_and_boots(shell: Shell, root_tar: Built) -> None:
    root_tar("debian-12-minimal", "i386")
    words = ("image", "build", "debian-12-minimal", "--arch", "i386", "--file", "i386.raw", "-o", "json")
    built = json.loads(shell.run(*words).stdout)
    assert built["boot_modes"] == ["bios"]
    assert list(built["booted"]) == ["bios"]
    manifest = json.loads(Path(built["manifest"]).read_text())
    assert manifest["sha256"] == built["sha256"]
    assert any(package["name"] == "cloud-init" for package in manifest["root"]["packages"])
    # The same words again find it, and neither build nor boot.
    again = shell.run(*words)
    assert json.loads(again.stdout) == built


@pytest.mark.deep
@pytest.mark.parametrize("architecture, tested", [("amd64", "bios,uefi"), ("i386", "bios")])
def test_a_disk_of_another_format_is_booted_before_it_is_registered(
    shell: Shell, root_tar: Built, architecture: str, tested: str
) -> None:
    root_tar("debian-12-minimal", architecture)
    words = ("image", "build", "debian-12-minimal", "--arch", architecture, "--no-boot-test")
    shell.run(*words, "--file", "disk.raw")
    packed = ["qemu-img", "convert", "-f", "raw", "-O", "qcow2", "disk.raw", "disk.qcow2"]
    subprocess.run(packed, cwd=shell.home, check=True)

    imported = shell.run(
        "image", "import", "disk.qcow2", "--name", "moved", "--arch", architecture, "-o", "json"
    )
    (made,) = json.loads(imported.stdout)

    image = json.loads(shell.run("image", "show", made["id"], "-o", "json").stdout)
    assert image["tags"]["ec2kit:tested"] == tested
    shell.run("image", "export", "moved", "back.raw")
    compared = subprocess.run(["cmp", "disk.raw", "back.raw"], cwd=shell.home, check=False)
    assert compared.returncode == 0
