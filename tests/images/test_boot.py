"""Images of shipped recipes, booted here; and images that cannot boot, which is told at once."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from ec2kit.errors import UsageError
from ec2kit.host.clock import SystemClock
from ec2kit.host.processes import ProcessFailed
from ec2kit.images.boot.spec import GIB, BootReport, BootSpec
from ec2kit.images.boot.trial import boot_test
from ec2kit.images.disk.assemble import assemble
from ec2kit.images.disk.spec import MIB, DiskSpec
from ec2kit.images.recipes.architectures import parse_architecture
from ec2kit.images.recipes.load import load_recipe
from ec2kit.images.root.kernel import kernel_arguments
from tests.images.conftest import DAY, Built
from tests.images.roots import tiny_root

pytestmark = pytest.mark.boot

AN_HOUR = 3600
"""Most of it for the root's first build; the boots have bounds of their own."""


def boot(disk: Path, wanted: BootSpec) -> BootReport:
    return boot_test(disk, wanted, SystemClock())


@pytest.mark.deep
@pytest.mark.timeout(AN_HOUR)
@pytest.mark.parametrize("architecture", ["x86_64", "i386"])
def test_an_image_boots_with_each_of_its_firmwares(
    root_tar: Built, architecture: str, tmp_path: Path
) -> None:
    root = root_tar("debian-12", architecture)
    arguments = kernel_arguments(load_recipe("debian-12"), parse_architecture(architecture))
    spec = DiskSpec(architecture, made_at=int(DAY), kernel_arguments=arguments)
    disk = assemble(root.tar, tmp_path / "disk.raw", spec)
    before = hashlib.sha256(disk.path.read_bytes()).hexdigest()
    for firmware in disk.boot_modes:
        report = boot(disk.path, BootSpec(architecture, firmware))
        assert report.failed == (), report.log and report.log.read_text(errors="replace")[-4000:]
        assert report.hostname == "ip-172-31-0-15"
        assert report.grown_to is not None
        assert 2 * GIB < report.grown_to < 3 * GIB
        assert report.metadata_requests > 10
    assert hashlib.sha256(disk.path.read_bytes()).hexdigest() == before
    assert [path.name for path in tmp_path.iterdir()] == ["disk.raw"]


def test_a_kernel_that_is_none_is_told_at_once(tmp_path: Path) -> None:
    root = tiny_root(tmp_path / "root.tar", kernel=bytes(4096))
    disk = assemble(root, tmp_path / "disk.raw", DiskSpec("x86_64", 48 * MIB, 0))
    report = boot(disk.path, BootSpec("x86_64"))
    assert report.failed[0].startswith("GRUB could not start the kernel: ")
    assert not report.login
    assert report.log == tmp_path / "disk.raw.console.log"
    assert b"GRUB" in report.log.read_bytes()


@pytest.mark.parametrize("firmware", ["bios", "uefi"])
def test_an_empty_disk_is_told_at_once(firmware: str, tmp_path: Path) -> None:
    disk, log = tmp_path / "empty.raw", tmp_path / "console.txt"
    disk.write_bytes(bytes(MIB))
    report = boot(disk, BootSpec("x86_64", firmware, keep_log=log))
    assert report.failed[0] == "the firmware found nothing to boot"
    assert report.log == log


def test_a_root_that_moved_leaves_grub_at_its_prompt(tmp_path: Path) -> None:
    disk = assemble(tiny_root(tmp_path / "root.tar"), tmp_path / "disk.raw", DiskSpec("x86_64", 48 * MIB, 0))
    with disk.path.open("r+b") as image:
        image.seek(20 * MIB)
        image.write(bytes(4096))
    assert boot(disk.path, BootSpec("x86_64")).failed[0] == "GRUB stopped at its prompt"


def test_time_is_up_when_it_is(tmp_path: Path) -> None:
    disk = assemble(tiny_root(tmp_path / "root.tar"), tmp_path / "disk.raw", DiskSpec("x86_64", 48 * MIB, 0))
    report = boot(disk.path, BootSpec("x86_64", timeout=0.2))
    assert report.failed[0] == "it was not done within 0.2 s"


def test_a_machine_that_qemu_refuses_is_an_error_with_its_words(tmp_path: Path) -> None:
    disk = tmp_path / "empty.raw"
    disk.write_bytes(bytes(MIB))
    with pytest.raises(ProcessFailed, match=r"QEMU ended with 1: .*qemu-system-x86_64"):
        boot(disk, replace(BootSpec("x86_64"), memory_mib=1 << 40))


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no file"):
        boot(tmp_path / "none.raw", BootSpec("x86_64"))
