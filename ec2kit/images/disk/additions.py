"""The files that only the disk knows, as a tar of their own: the loader's configuration, and fstab. Pure."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator

from ec2kit.images.disk import grub
from ec2kit.images.disk.contents import PARENTS, Contents
from ec2kit.images.disk.spec import DiskSpec


def our_files(spec: DiskSpec, root_uuid: str, contents: Contents) -> bytes:
    """Given a disk and its root, return the tar: the loader's configuration, and an fstab when the root has none."""
    files = {grub.CONFIG_PATH: grub.grub_config(root_uuid, spec.architecture, spec.kernel_arguments)}
    if not _mounts_root(contents.fstab):
        files["etc/fstab"] = f"UUID={root_uuid} / ext4 errors=remount-ro 0 1\n"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for directory in _directories(spec, contents):
            tar.addfile(directory)
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.mtime = len(text.encode()), 0o644, spec.made_at
            tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def _directories(spec: DiskSpec, contents: Contents) -> Iterator[tarfile.TarInfo]:
    """Those that the root has as they were, and the missing ones new."""
    known = {each.name.removeprefix("./").rstrip("/"): each for each in contents.parents}
    for name in sorted(PARENTS | contents.implied):
        new = tarfile.TarInfo(name)
        new.type, new.mode, new.mtime = tarfile.DIRTYPE, 0o755, spec.made_at
        yield known.get(name, new)


def _mounts_root(fstab: str) -> bool:
    fields = [line.split() for line in fstab.splitlines() if not line.lstrip().startswith("#")]
    return any(len(each) > 1 and each[1] == "/" for each in fields)
