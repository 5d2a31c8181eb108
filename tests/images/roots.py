"""A root file system of a few files, as a tar: everything that a disk must not lose."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

MADE_AT = 1_700_000_000
TOUCHED_AT = 1_600_000_000

CAPABILITY = bytes.fromhex("0100000200200000000000000000000000000000")
"""cap_net_raw+ep as the kernel keeps it (vfs_cap_data, revision 2)."""


def member(name: str, kind: bytes = tarfile.REGTYPE, mode: int = 0o644, **more: object) -> tarfile.TarInfo:
    """A tar's member; `more` are its other fields."""
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.mtime = kind, mode, TOUCHED_AT
    for field, value in more.items():
        setattr(info, field, value)
    return info


def tiny_root(path: Path, *, kernel: bytes = b"no kernel", padding: int = 0, root_mode: int = 0o755) -> Path:
    """Write the tar; `padding` is the bytes of a file that nothing needs."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:

        def add(info: tarfile.TarInfo, content: bytes = b"") -> None:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))

        add(member("./", tarfile.DIRTYPE, root_mode))
        for directory in ("boot", "etc", "usr", "usr/bin", "tmp"):
            add(member(f"./{directory}", tarfile.DIRTYPE, 0o1777 if directory == "tmp" else 0o755))
        add(member("./boot/vmlinuz-1"), kernel)
        add(member("./vmlinuz", tarfile.SYMTYPE, 0o777, linkname="boot/vmlinuz-1"))
        add(member("./initrd.img"), b"no initrd")
        add(member("./etc/fstab"), b"# UNCONFIGURED FSTAB FOR BASE SYSTEM\n")
        add(member("./usr/bin/su", mode=0o4755), b"su")
        add(member("./usr/bin/wall", mode=0o2755, gid=5), b"wall")
        add(member("./usr/bin/first"), b"the same file")
        add(member("./usr/bin/second", tarfile.LNKTYPE, linkname="./usr/bin/first"))
        add(
            member("./usr/bin/ping", pax_headers={"SCHILY.xattr.security.capability": _text(CAPABILITY)}),
            b"p",
        )
        add(member("./usr/bin/noted", pax_headers={"SCHILY.xattr.user.note": "grün"}), b"n")
        add(member("./etc/null", tarfile.CHRTYPE, 0o666, devmajor=1, devminor=3))
        add(member("./etc/secret", mode=0o000, uid=1000, gid=100), b"secret")
        add(member("./etc/" + "l" * 200), b"long name")
        add(member("./etc/a b\tc\udcff.txt"), b"odd name")
        add(member("./etc/far", tarfile.SYMTYPE, 0o777, linkname="x" * 100))
        if padding:
            add(member("./etc/padding"), bytes(1) + b"x" * (padding - 1))
    return path


def _text(value: bytes) -> str:
    return value.decode(errors="surrogateescape")
