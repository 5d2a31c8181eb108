"""A vendor's image, customised for real: in the appliance, over its own root; and, in the deep run, booted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ec2kit.errors import UsageError
from ec2kit.host.clock import SystemClock
from ec2kit.host.processes import run
from ec2kit.images.appliance.machine import appliance
from ec2kit.images.disk.assemble import assemble
from ec2kit.images.disk.spec import GIB, DiskSpec
from ec2kit.images.recipes.architectures import Architecture
from ec2kit.images.recipes.load import load_changes, load_recipe
from ec2kit.images.recipes.recipe import PlacedFile, Recipe
from ec2kit.images.root.kernel import kernel_arguments
from ec2kit.images.vendor import changing, judging
from ec2kit.images.vendor.building import VendorOrder, build_from
from ec2kit.images.vendor.source import open_file
from tests.images import machine_disks as disks
from tests.images.conftest import DAY, Built, workshop
from tests.images.test_appliance_boot import CACHE
from tests.images.vendors import as_vendors_do

APPLETS = ("base64", "cat", "chmod", "chown", "grep", "id", "mkdir", "rm", "sort", "tr")
GRUB_CONFIG = "linux /vmlinuz root=UUID=1234 ro quiet\n"
SHOP = """
description: the shop's machines
packages: [cloud-init]
users:
  - name: ops
    groups: [shop]
    ssh-keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample ops@example.com]
files:
  - path: /etc/shop
    content: open
  - path: /etc/systemd/system/shop.service
    content: |
      [Unit]
      Before=serial-getty@ttyS0.service
      [Service]
      Type=oneshot
      ExecStart=/bin/sh -c 'echo shop-is $(cat /etc/shop) for $(id -un ops) on $(cat /etc/from-hook) >/dev/ttyS0'
      [Install]
      WantedBy=multi-user.target
services:
  enable: [shop.service]
hooks:
  - uname -m >/etc/from-hook
"""


def small_tree(top: Path) -> Path:
    """Just enough of a distribution: a shell, a package list, a kernel with a driver, and an update-grub."""
    disks.machine_tree(top)
    for name in APPLETS:
        (top / "usr/bin" / name).symlink_to("busybox")
    (top / "sbin").symlink_to("usr/bin")
    files = {
        "etc/os-release": 'ID=small\nPRETTY_NAME="Small 1"\n',
        "etc/group": "root:x:0:\n",
        "etc/machine-id": "0123456789abcdef0123456789abcdef",
        "usr/bin/init": "",
        "usr/bin/cloud-init": "",
        "usr/sbin/update-grub": "#!/bin/sh\n. /etc/default/grub.d/90_ec2kit.cfg\n"
        f"echo '{GRUB_CONFIG.strip()}'\"$GRUB_CMDLINE_LINUX\" >/boot/grub/grub.cfg\n",
        "boot/grub/grub.cfg": GRUB_CONFIG,
        "boot/vmlinuz-6.1-small": "no kernel",
        "boot/initrd.img-6.1-small": "no initrd",
        "usr/lib/modules/6.1-small/kernel/nvme.ko": "",
        "usr/lib/modules/6.1-small/modules.builtin": "kernel/drivers/block/xen-blkfront.ko\n",
        "etc/cloud/cloud.cfg": "datasource_list: [Ec2, None]\n",
        "var/lib/dpkg/status": "Package: shop\nStatus: install ok installed\nArchitecture: all\nVersion: 1-2\n\n"
        "Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 3\n",
    }
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    (top / "usr/sbin/update-grub").chmod(0o755)
    return top


@pytest.mark.boot
@pytest.mark.timeout(900)
def test_a_root_is_looked_at_customised_and_cleaned(tmp_path: Path) -> None:
    filesystem = disks.ext4(small_tree(tmp_path / "tree"), tmp_path / "fs", 64)
    disk = disks.partitioned(filesystem, tmp_path / "disk.raw")
    whole = disk.read_bytes()
    machine = appliance(CACHE, SystemClock())

    facts = changing.look(machine, disk)

    assert disk.read_bytes() == whole, "looking changes nothing"
    assert [each.device for each in facts.roots] == ["vda2"]
    assert facts.system == "Small 1"
    assert facts.architecture is Architecture.X86_64
    assert facts.have == {"init", "cloud-init", "update-grub", "programs"}
    assert [(each.name, each.version) for each in facts.packages] == [("shop", "1-2")]
    (kernel,) = facts.kernels
    assert kernel.starts
    assert dict(kernel.drivers) == {"nvme": "module", "xen-blkfront": "builtin"}
    assert judging.data_sources(facts.cloud_config) == ("Ec2", "None")

    recipe = Recipe(
        "shop",
        packages=("shop",),
        files=(PlacedFile("/etc/shop", b"open", 0o640),),
        hooks=("cat /etc/shop >/etc/from-hook\necho said by a hook\n",),
        kernel_arguments=("nokaslr",),
    )
    judging.require_fit(facts, recipe, "small.raw")
    changed = changing.change(machine, disk, changing.scripts_for(recipe, facts))

    assert changed.facts.packages == facts.packages
    assert "said by a hook" in changed.log
    filesystem.write_bytes(disk.read_bytes()[2 << 20 : -(1 << 20)])
    run(["e2fsck", "-f", "-n", str(filesystem)], 60)
    for name, content in {
        "etc/from-hook": "open",
        "etc/machine-id": "",
        "boot/grub/grub.cfg": f"{GRUB_CONFIG.strip()} nokaslr\n",
    }.items():
        assert run(["debugfs", "-R", f"cat /{name}", str(filesystem)], 60).stdout == content, name
    top = run(["debugfs", "-R", "ls -p /", str(filesystem)], 60).stdout
    assert ".ec2kit" not in top


@pytest.mark.boot
@pytest.mark.deep
@pytest.mark.timeout(600)
def test_two_systems_on_one_disk_are_refused(tmp_path: Path) -> None:
    filesystem = disks.ext4(small_tree(tmp_path / "tree"), tmp_path / "fs", 64)
    disk, size = disks.partitioned(filesystem, tmp_path / "disk.raw"), filesystem.stat().st_size
    with disk.open("r+b") as file:
        file.truncate(disk.stat().st_size + size)
        file.seek((2 << 20) + size)
        file.write(filesystem.read_bytes())
        file.truncate((4 << 20) + 2 * size)
    starts = [(2 << 20) // 512, ((2 << 20) + size) // 512]
    table = "label: gpt\nstart=2048, size=2048\n" + "".join(
        f"start={at}, size={size // 512}\n" for at in starts
    )
    quiet = ["--quiet", "--no-reread", "--no-tell-kernel", "--wipe", "never"]
    run(["sfdisk", *quiet, str(disk)], 60, stdin=table)
    with pytest.raises(UsageError, match=r"has 2 root file systems \(vda2, vda3\)"):
        judging.require_root(changing.look(appliance(CACHE, SystemClock()), disk), "two.raw")


@pytest.mark.boot
@pytest.mark.deep
@pytest.mark.timeout(5400)
def test_a_vendors_image_becomes_one_of_ours_and_boots(tmp_path: Path, root_tar: Built) -> None:
    """Laid out as Debian does it for clouds, compressed, and larger than it was; booted by BIOS and by UEFI."""
    vendor = tmp_path / "vendor.qcow2"
    raw = as_vendors_do(_assembled(root_tar, tmp_path / "made.raw"))
    run(["qemu-img", "convert", "-c", "-O", "qcow2", str(raw), str(vendor)], 600)
    raw.unlink()
    (tmp_path / "shop.yaml").write_text(SHOP)
    recipe = load_changes("./shop.yaml", tmp_path)
    order = VendorOrder(open_file(vendor), recipe, "shop", None, 3)
    said: list[str] = []
    target = tmp_path / "disks" / "shop.raw"

    built = build_from(order, workshop(), target, print, said.append)

    assert (built.architecture, built.size_gib) == (Architecture.X86_64, 3)
    assert (built.boot_modes, sorted(built.booted)) == (("bios", "uefi"), ["bios", "uefi"])
    assert "".join(said).count("shop-is open for ops on x86_64") == 2, "each boot started the service"
    manifest = json.loads(built.manifest.read_text())
    assert manifest["from"]["file"] == vendor.name
    assert manifest["root"]["system"].startswith("Debian GNU/Linux 12")
    assert manifest["root"]["warnings"] == []
    left = {path.name for path in target.parent.iterdir()} - {"shop.lock"}
    assert left == {"shop.manifest.json", "shop.raw"}
    # The same words find it, and read nothing but the vendor's file.
    again = build_from(order, workshop(), target, print)
    assert again == replace(built, made_now=False)


def _assembled(root_tar: Built, disk: Path) -> Path:
    root, architecture = root_tar("debian-12-minimal", "amd64"), Architecture.X86_64
    arguments = kernel_arguments(load_recipe("debian-12-minimal"), architecture)
    assemble(root.tar, disk, DiskSpec(architecture, 2 * GIB, int(DAY), arguments))
    return disk
