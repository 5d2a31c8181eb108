"""An arm64 disk's loader, kernel, console, disk and network card, without a user land that would have to be emulated.

Building a root for arm64 runs all of its programs under emulation, which `test_shipped_boot.py` does and takes an hour.
Here the packages are only unpacked: the loader and the kernel are Debian's, the first process is a script.
"""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ec2kit.host.clock import SystemClock
from ec2kit.host.processes import run
from ec2kit.images.appliance.cpio import archive, file, link
from ec2kit.images.appliance.modules import Module, closure, name_of, parse
from ec2kit.images.boot.spec import GIB, BootSpec
from ec2kit.images.boot.trial import boot_test
from ec2kit.images.disk.assemble import assemble
from ec2kit.images.disk.spec import DiskSpec
from ec2kit.images.recipes.architectures import Architecture
from ec2kit.images.recipes.load import load_recipe
from ec2kit.images.root.ground import LOADERS
from ec2kit.images.root.kernel import kernel_arguments
from ec2kit.images.root.mirrors import parse_sources, read_sources, sources_for
from tests.images.conftest import DAY

pytestmark = [pytest.mark.boot, pytest.mark.deep, pytest.mark.timeout(7200)]

ARM64 = Architecture.ARM64
RECIPE = load_recipe("debian-12-minimal")
DRIVERS = ("nvme", "crc32c_generic", "ext4", "virtio_pci", "virtio_net")

INIT = """#!/bin/sh
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for each in /modules/*; do insmod $each; done
sleep 3
mount -t ext4 -o ro /dev/nvme0n1p2 /disk
echo "proof: machine=$(uname -m) end"
echo "proof: consoles=$(cat /sys/class/tty/console/active) end"
echo "proof: root=$(cat /disk/etc/marker) end"
echo "proof: card=$(ls -d /sys/class/net/e*) end"
sync; poweroff -f
"""


def unpacked(tar: Path) -> dict[str, bytes]:
    """The files of the kernel, of GRUB's modules for arm64 and of busybox, from packages that are only unpacked."""
    include = ",".join(("linux-image-arm64", "busybox-static", *LOADERS[ARM64]))
    sources = sources_for(RECIPE, parse_sources(read_sources()))
    mode = "root" if os.geteuid() == 0 else "unshare"
    options = ("--variant=extract", "--architectures=arm64", "--skip=check/qemu", f"--include={include}")
    run(["mmdebstrap", f"--mode={mode}", *options, RECIPE.release.suite, str(tar), *sources], 3600)
    with tarfile.open(tar) as packed:
        wanted = ("boot/", "lib/modules/", "usr/lib/modules/", "usr/lib/grub/arm64-efi/", "bin/busybox")
        files = ((member, member.name.removeprefix("./")) for member in packed if member.isreg())
        return {name: packed.extractfile(member).read() for member, name in files if name.startswith(wanted)}  # type: ignore[union-attr]


def initrd(files: dict[str, bytes]) -> bytes:
    """A first process that looks around, the drivers it needs in their order, and busybox."""
    known = {name_of(name): name for name in files if name.endswith(".ko")}

    def look(name: str) -> Module | None:
        return parse(known[name], files[known[name]]) if name in known else None

    modules = [
        file(f"modules/{number:02}", files[module.path])
        for number, module in enumerate(closure(DRIVERS, look).values())
    ]
    applets = ("sh", "mount", "insmod", "sleep", "uname", "cat", "ls", "sync", "poweroff")
    return archive(
        [
            file("init", INIT.encode(), 0o755),
            file("bin/busybox", files["bin/busybox"], 0o755),
            *(link(f"bin/{name}", "busybox") for name in applets),
            *(file(f"{name}/.keep", b"") for name in ("proc", "sys", "dev", "disk")),
            *modules,
        ]
    )


def root_of(files: dict[str, bytes], target: Path) -> Path:
    """The tar of a root file system with just what the loader and the first process want."""
    kernel = next(name for name in files if name.startswith("boot/vmlinuz-"))
    held = {name: content for name, content in files.items() if name.startswith("usr/lib/grub/")}
    held |= {kernel: files[kernel], "boot/initrd.img-1": initrd(files), "etc/marker": b"a file of the root"}
    with tarfile.open(target, "w") as tar:
        for name, content in sorted(held.items()):
            member = tarfile.TarInfo(f"./{name}")
            member.size, member.mtime = len(content), int(DAY)
            tar.addfile(member, io.BytesIO(content))
        for name, to in (("vmlinuz", kernel), ("initrd.img", "boot/initrd.img-1")):
            member = tarfile.TarInfo(f"./{name}")
            member.type, member.linkname, member.mtime = tarfile.SYMTYPE, to, int(DAY)
            tar.addfile(member)
    return target


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A directory whose large files go with the test."""
    yield tmp_path
    for path in (*tmp_path.glob("*.tar"), *tmp_path.glob("*.raw")):
        path.unlink()


def test_an_arm64_disk_starts_by_uefi_and_speaks_on_the_serial_console(place: Path) -> None:
    if shutil.which("qemu-system-aarch64") is None or not Path("/usr/share/AAVMF/AAVMF_CODE.fd").exists():
        pytest.skip("apt-get install qemu-system-arm qemu-efi-aarch64")
    root = root_of(unpacked(place / "packages.tar"), place / "root.tar")
    spec = DiskSpec(ARM64, GIB, int(DAY), kernel_arguments(RECIPE, ARM64))
    disk = assemble(root, place / "disk.raw", spec)
    assert disk.boot_modes == ("uefi",)

    log = place / "console.log"
    boot_test(disk.path, BootSpec(ARM64, "uefi", timeout=1800, keep_log=log), SystemClock())

    console = log.read_text(errors="replace").replace("\r", "")
    for proof in (
        "machine=aarch64",
        "consoles=ttyAMA0",
        "root=a file of the root",
        "card=/sys/class/net/eth0",
    ):
        assert f"proof: {proof} end\n" in console, console[-4000:]
