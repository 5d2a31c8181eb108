"""What the appliance says of a vendor's disk, and disks as vendors lay them out."""

from __future__ import annotations

import base64
import struct
from pathlib import Path

from ec2kit.host.processes import run

LISTED = "\n".join(f"initrd-driver 6.1.0-1 {name}" for name in ("nvme", "xen-blkfront"))
DRIVERS = "\n".join(
    f"driver 6.1.0-1 {name} module" for name in ("nvme", "ena", "xen-blkfront", "xen-netfront")
)
ELF = {"amd64": 0x3E, "i386": 0x03, "arm64": 0xB7}


def encoded(data: bytes) -> str:
    """As the appliance writes bytes."""
    return base64.b64encode(data).decode()


def program(machine: str = "amd64") -> str:
    """The head of a program for a processor."""
    return encoded(b"\x7fELF".ljust(18, b"\0") + struct.pack("<H", ELF[machine]))


def x86_kernel(bits: int = 64) -> str:
    """The head of a kernel for x86."""
    head = bytearray(568)
    head[0x202:0x206] = b"HdrS"
    head[0x236] = 1 if bits == 64 else 0
    return encoded(bytes(head))


def arm64_kernel() -> str:
    """The head of a kernel for arm64."""
    head = bytearray(568)
    head[56:60] = b"ARM\x64"
    return encoded(bytes(head))


DEBIAN = f"""partition vda1 ext4 root
partition vda14 - -
partition vda15 vfat -
os PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
os ID=debian
os VERSION_CODENAME=bookworm
program {program()}
have init
have cloud-init
have growpart
have systemd
have update-grub
have programs
package cloud-init\tall\t22.4.2-1
package nginx\tamd64\t1.22.1-9
packages dpkg
kernel 6.1.0-1 boot/vmlinuz-6.1.0-1 boot/initrd.img-6.1.0-1
kernel-head 6.1.0-1 {x86_kernel()}
{DRIVERS}
initrd-listed 6.1.0-1
{LISTED}
"""
"""A Debian for clouds that lacks nothing."""


def as_vendors_do(disk: Path) -> Path:
    """Number the partitions of one of our disks as Debian does in its images for clouds: the root is the first."""
    dumped = run(["sfdisk", "--dump", str(disk)], 60).stdout
    with disk.open("rb") as file:
        boot_code = file.read(440)
    for ours, theirs in ((1, 14), (2, 15), (3, 1)):
        dumped = dumped.replace(f"{disk}{ours} :", f"disk{theirs} :")
    quiet = ["--quiet", "--no-reread", "--no-tell-kernel", "--wipe", "never", "--lock=no"]
    run(["sfdisk", *quiet, str(disk)], 60, stdin=dumped.replace("\ndisk", f"\n{disk}"))
    with disk.open("r+b") as file:
        file.write(boot_code)
    return disk
