"""From the shipped recipes to machines that boot, as a person types it: built, booted, uploaded, read back, booted.

The slow group of the suite: each image is built once in a checkout (the roots are kept in `.cache/test-images`).
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images.conftest import AMD64, Built, workshop
from tests.images.launched import RealMachine, Shell, read_file, real_machine, ssh_banner

pytestmark = [pytest.mark.boot, pytest.mark.timeout(2400)]


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
    """Built, uploaded, registered, fetched; and what came back boots, by BIOS.

    By UEFI boots a machine that was launched from such an image: `tests/hostnames/chain/test_emulated.py`.
    """
    root_tar(AMD64, "amd64")
    words = ("image", "build", AMD64, "--name", "round", "--no-boot-test")
    (made,) = json.loads(shell.run(*words, "-o", "json").stdout)
    image = json.loads(shell.run("image", "show", made["id"], "-o", "json").stdout)
    assert (image["architecture"], image["boot_mode"], image["ena"]) == ("x86_64", "uefi-preferred", True)
    assert image["tags"]["ec2kit:recipe"] == AMD64
    assert "ec2kit:tested" not in image["tags"]
    # What came back is what went up, byte for byte, and boots.
    shell.run("image", "export", made["id"], "back.raw")
    shell.run(*words, "--file", "again.raw")
    compared = subprocess.run(
        ["cmp", "back.raw", "again.raw"], cwd=shell.home, capture_output=True, text=True, check=False
    )
    assert (compared.returncode, compared.stdout) == (0, "")
    booted = json.loads(shell.run("image", "boot", "back.raw", "--bios", "-o", "json").stdout)
    assert booted["login"], booted
    assert booted["user_data_ran"], booted


def launch(shell: Shell, image_id: str) -> None:
    (shell.home / "first.sh").write_text("#!/bin/sh\necho of the first boot > /var/written\nsync\n")
    words = ("--image", image_id, "--type", "t3.micro", "--user-data", "first.sh")
    shell.run("launch", "real", *words, "-y")


def ran_its_user_data(shell: Shell, machine: RealMachine) -> None:
    """It comes up with its own metadata, and whoever probes it meets it."""
    shown = machine.finishes(boot=1)
    seen = json.loads(shell.run("show", "real", "-o", "json").stdout)
    assert (seen["private_ip"], seen["state"]) == (shown["address"], "running")
    console = (shell.home / "real.console").read_text(errors="replace")
    assert f"ip-{seen['private_ip'].replace('.', '-')} login: " in console
    assert "Datasource DataSourceEc2Local." in console
    assert ssh_banner(shell, seen["public_ip"]).startswith(b"SSH-2.0-OpenSSH_")


@pytest.mark.deep
def test_a_launched_machine_is_stopped_started_rebooted_and_missed(shell: Shell, root_tar: Built) -> None:
    root_tar("debian-12-minimal", "amd64")
    words = ("image", "build", "debian-12-minimal", "--name", "round", "--no-boot-test")
    (made,) = json.loads(shell.run(*words, "-o", "json").stdout)
    launch(shell, made["id"])
    with real_machine(shell, "real") as machine:
        ran_its_user_data(shell, machine)
        (snapshot,) = json.loads(shell.run("snapshot", "create", "real", "-o", "json").stdout)
        assert read_file(shell, snapshot["resource"], "/var/written") == "of the first boot\n"
        shell.run("stop", "real", "-y")
        assert machine.shown()["state"] == "stopped"
        assert "Power down" in (shell.home / "real.console").read_text(errors="replace")
        assert read_file(shell, machine.shown()["root"], "/var/written") == "of the first boot\n"
        shell.run("start", "real", "-y")
        machine.finishes(boot=2)
        shell.run("reboot", "real", "-y", "--no-wait")
        machine.finishes(boot=3)
        machine.running.kill()
        machine.running.wait()
        machine_is_missed(shell)


def machine_is_missed(shell: Shell) -> None:
    """Nobody gives it power any more: as far as EC2 knows it runs, and its check fails."""
    pause = threading.Event()
    for _ in range(60):
        shown = json.loads(shell.run("show", "real", "-o", "json").stdout)
        if shown["checks"]["instance"] == "impaired":
            break
        pause.wait(0.5)
    assert (shown["state"], shown["checks"]["instance"]) == ("running", "impaired")


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
