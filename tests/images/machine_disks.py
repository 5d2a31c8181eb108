"""Disks of machines, made in user space, with everything in them that is easily lost."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from pathlib import Path

from ec2kit.host.processes import run

DATA_UUID = "6f1d1f0e-5f7a-4c3f-9d57-3a3b9a1c0e11"
LONG = b"n" * 255
ODD_NAMES = (b"new\nline", b"bad\xff\xfeutf8", b" blanks ", b"-dash", b"*", LONG, b"quote'\"\\")
DEEP = "/".join(letter * 200 for letter in "abc")
SPARSE_SIZE = 24 << 20
SECRET = b"the words that nobody may find again"

# user::rw- user:1001:r-- group::r-- mask::r-- other::---, as the kernel's xattr has it (linux/posix_acl_xattr.h).
ACL = struct.pack("<I", 2) + b"".join(
    struct.pack("<HHI", tag, rights, who)
    for tag, rights, who in (
        (1, 6, 0xFFFFFFFF),
        (2, 4, 1001),
        (4, 4, 0xFFFFFFFF),
        (16, 4, 0xFFFFFFFF),
        (32, 0, 0xFFFFFFFF),
    )
)
CAPABILITY = struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0, 0)
"""cap_net_bind_service=ep (linux/capability.h, VFS_CAP_REVISION_2)."""


def odd_tree(top: Path) -> None:
    """Hard links, a sparse file, and names of every kind below `top`."""
    odd = top / "odd"
    odd.mkdir(parents=True)
    (odd / "first").write_bytes(b"one file, two names\n")
    os.link(odd / "first", odd / "second")
    with (odd / "sparse").open("wb") as file:
        file.write(b"begin")
        file.seek(16 << 20)
        file.write(b"middle")
        file.truncate(SPARSE_SIZE)
    for number, name in enumerate(ODD_NAMES):
        Path(os.fsdecode(bytes(odd) + b"/" + name)).write_bytes(b"content %d" % number)
    (odd / DEEP).mkdir(parents=True)
    (odd / DEEP / "leaf").write_text("deep")
    os.mkfifo(odd / "fifo")
    (odd / "dangling").symlink_to("no/such/place")
    (odd / "listed").write_text("for some")
    (odd / "able").write_text("may do more")
    os.utime(odd / "first", (1_000_000_000, 1_000_000_000))
    (odd / "empty").mkdir()


def machine_tree(top: Path, busybox: Path = Path("/usr/bin/busybox")) -> None:
    """A root file system: just enough of one to be found, and a shell."""
    for name in ("etc", "usr/bin", "data", "srv/absent", "proc", "dev", "sys"):
        (top / name).mkdir(parents=True)
    (top / "bin").symlink_to("usr/bin")
    (top / "usr/bin/busybox").write_bytes(busybox.read_bytes())
    (top / "usr/bin/busybox").chmod(0o755)
    (top / "usr/bin/sh").symlink_to("busybox")
    (top / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    (top / "etc/replayed").write_bytes(b"before".ljust(4096, b"."))
    (top / "etc/secret").write_bytes(SECRET * 1000)
    (top / "srv/away").symlink_to("/elsewhere")
    (top / "etc/fstab").write_text(
        "# what a machine mounts\n"
        "LABEL=root / ext4 defaults 0 1\n"
        f"UUID={DATA_UUID}\t/data\text4\tdefaults,nofail\t0 2\n"
        "LABEL=nowhere /srv/absent xfs defaults 0 2\n"
        "/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0\n"
        "proc /proc proc defaults 0 0\n"
    )


def ext4(tree: Path, image: Path, megabytes: int, *options: str) -> Path:
    """A file system with the tree in it."""
    run(
        ["mke2fs", "-q", "-t", "ext4", "-b", "4096", "-d", str(tree), *options, str(image), f"{megabytes}M"],
        60,
    )
    return image


def debugfs(image: Path, commands: Sequence[str]) -> str:
    """Change or ask a file system that is not mounted."""
    return run(["debugfs", "-w", "-f", "-", str(image)], 60, stdin="\n".join(commands) + "\n").stdout


def adorn(image: Path, work: Path, odd: str = "/srv/odd") -> None:
    """What only root could make in a tree: owners, devices, an ACL, attributes, a capability."""
    (work / "acl").write_bytes(ACL)
    (work / "cap").write_bytes(CAPABILITY)
    debugfs(
        image,
        [
            f"cd {odd}",
            "mknod block b 7 3",
            "mknod char c 1 3",
            f"ea_set -f {work}/acl listed system.posix_acl_access",
            'ea_set listed user.colour "green and blue"',
            f"ea_set -f {work}/cap able security.capability",
            "sif first uid 1234",
            "sif first gid 70000",
            "sif listed mode 0100640",
            "sif able mode 0104755",
        ],
    )


def unreplayed(image: Path, path: str, content: bytes, work: Path) -> None:
    """Put new content of a file of one block into the journal only, as a machine that lost power has it."""
    block = debugfs(image, [f"blocks {path}"]).split()[-1]
    (work / "block").write_bytes(content.ljust(4096, b"."))
    debugfs(image, ["jo", f"jw -b {block} {work}/block", "jc"])


def partitioned(filesystem: Path, disk: Path) -> Path:
    """A GPT disk with an empty first partition and the file system in the second."""
    first, size = 2 << 20, filesystem.stat().st_size
    with disk.open("wb") as file:
        file.truncate(first + size + (1 << 20))
    table = f"label: gpt\nstart=2048, size=2048\nstart={first // 512}, size={size // 512}\n"
    run(["sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", str(disk)], 60, stdin=table)
    with disk.open("r+b") as file:
        file.seek(first)
        file.write(filesystem.read_bytes())
    return disk
