"""The programs and files that a disk is made with: whether they are here, and where Debian has them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection

from ec2kit.errors import Ec2kitError
from ec2kit.images.disk import grub
from ec2kit.images.disk.spec import DiskSpec

PACKAGES = {
    "sfdisk": "fdisk",
    "fakeroot": "fakeroot",
    "mke2fs": "e2fsprogs",
    "debugfs": "e2fsprogs",
    "mformat": "mtools",
    "grub-mkimage": "grub-common",
    "i386-pc": "grub-pc-bin",
    "x86_64-efi": "grub-efi-amd64-bin",
    "arm64-efi": "grub-efi-arm64-bin",
}
"""Debian's packages of what is called here."""


def check_tools(spec: DiskSpec, in_root: Collection[str] = ()) -> None:
    """Raise `Ec2kitError` that names everything that is missing on this machine, with the packages it is in.

    `in_root` are GRUB's platforms that the root file system brings itself.
    """
    tools = ["sfdisk", "fakeroot", "mke2fs", "debugfs", "grub-mkimage"]
    tools += ["mformat"] if "uefi" in spec.boot_modes else []
    path = tools_environ()["PATH"]
    missing = [tool for tool in tools if shutil.which(tool, path=path) is None]
    platforms = set(grub.LOADERS[spec.architecture].values()) - set(in_root)
    missing += [each for each in platforms if not (spec.loaders / each / "kernel.img").is_file()]
    if missing:
        named = " ".join(sorted({PACKAGES[each] for each in missing}))
        # Debian's package is for arm64 machines only, but its files are for any.
        hint = f"have the recipe install {named}" if missing == ["arm64-efi"] else f"apt-get install {named}"
        raise Ec2kitError(
            f"a disk for {spec.architecture} cannot be made here without {', '.join(missing)}",
            hint=hint,
        )


def tools_environ() -> dict[str, str]:
    """This process's, with the directories in which Debian keeps the tools of administrators, in plain English."""
    path = os.environ.get("PATH", os.defpath)
    return {**os.environ, "PATH": f"{path}:/usr/local/sbin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"}
