"""The kernel's side of a root file system: its command line, and the drivers that it must have to find its disk."""

from __future__ import annotations

from collections.abc import Mapping

from ec2kit.images.recipes.architectures import Architecture
from ec2kit.images.recipes.recipe import Recipe

ROOT_LABEL = "root"
"""The label of the root file system, which fstab and GRUB find it by."""

DRIVERS: Mapping[str, str] = {
    "nvme": "the disks of Nitro instances",
    "ena": "the network cards of Nitro instances and of newer Xen ones",
    "ixgbevf": "the network cards of C3, C4, D2, I2, M4 and R3",
    "xen-blkfront": "the disks of Xen instances, which all 32-bit ones are",
    "xen-netfront": "the network cards of Xen instances",
    "virtio_pci": "the bus of virtual machines elsewhere, with",
    "virtio_blk": "their disks,",
    "virtio_scsi": "their SCSI disks,",
    "virtio_net": "and their network cards",
    "ahci": "SATA disks: emulators, VMware, real machines",
    "ata_piix": "IDE disks: emulators' oldest machine",
    "sd_mod": "disks on any of the SCSI and ATA controllers",
    "ext4": "the root file system",
}
"""The kernel modules of the initrd, and what each is for."""

NVME_TIMEOUT: Mapping[Architecture, int] = {Architecture.I386: 4294967}
"""Seconds that an NVMe command may take where AWS's advice does not fit.

AWS wants the largest (docs: "I/O operation timeout"), so that a volume that is slow for a while is not taken
away; on 32-bit kernels the largest overflows when it is turned into ticks, and every command times out at once.
"""
LONGEST = 4294967295

CONSOLES: Mapping[Architecture, tuple[str, ...]] = {
    # EC2's serial console is ttyS0 everywhere; ttyAMA0 is that of QEMU's arm64 machine. Where the last is missing the
    # kernel takes the first that registers, which tty0 would always be: then nobody would see what userland says.
    Architecture.ARM64: ("console=ttyAMA0,115200n8", "console=ttyS0,115200n8"),
}


def kernel_arguments(recipe: Recipe, architecture: Architecture) -> tuple[str, ...]:
    """Given a recipe, return the kernel's arguments in order, without `root=`, which the disk's layout decides.

    The last console is the one that GetConsoleOutput shows and systemd writes to. `net.ifnames=0`: the first
    card is eth0 on every instance type, so an image moves between types with one network configuration.
    """
    timeout = NVME_TIMEOUT.get(architecture, LONGEST)
    return (
        *CONSOLES.get(architecture, ("console=tty0", "console=ttyS0,115200n8")),
        "net.ifnames=0",
        f"nvme_core.io_timeout={timeout}",
        *recipe.kernel_arguments,
    )


def preparing_script() -> str:
    """Return the POSIX shell script that is run with the root as `$1` before the kernel is installed.

    The initrd has the drivers above and no others: a few MiB that a small instance reads quickly. FSTYPE, because
    the file system to check at boot cannot be looked at where there is no disk yet.
    """
    drivers = " ".join(DRIVERS)
    return f"""set -eu
mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/usr/share/initramfs-tools/modules.d"
printf 'MODULES=list\\nFSTYPE=ext4\\n' >"$1/etc/initramfs-tools/conf.d/ec2kit"
printf '%s\\n' {drivers} >"$1/usr/share/initramfs-tools/modules.d/ec2kit"
"""


def checking_script() -> str:
    """Return the POSIX shell script that is run with the root as `$1`, and fails when it would not boot.

    It wants `/vmlinuz` and `/initrd.img`, by which GRUB finds kernel and initrd, and every driver in the initrd
    that the kernel has as a module. It prints `kernel VERSION`.
    """
    drivers = " ".join(DRIVERS)
    return f"""set -eu
fail() {{ printf 'ec2kit: %s\\n' "$1" >&2; exit 1; }}
for link in vmlinuz initrd.img; do
    [ -h "$1/$link" ] || fail "there is no /$link, so no kernel was installed"
done
version=$(readlink "$1/vmlinuz")
version=${{version##*/vmlinuz-}}
modules=$1/lib/modules/$version
[ -d "$modules" ] || fail "kernel $version has no modules"
initrd=$(readlink "$1/initrd.img")
# By its own name: zstd, which unpacks it, passes over symbolic links without a word.
listed=$(chroot "$1" /usr/bin/env TMPDIR=/tmp lsinitramfs "/${{initrd#/}}")
for driver in {drivers}; do
    find "$modules/" -name "$driver.ko*" | grep -q . || continue
    printf '%s\\n' "$listed" | grep -q "/$driver[.]ko" || fail "the initrd lacks the driver $driver"
done
printf 'kernel %s\\n' "$version"
"""
