"""What every image made here has, whatever its recipe: packages and files."""

from __future__ import annotations

from ec2kit.images.recipes.architectures import Architecture
from ec2kit.images.recipes.recipe import PlacedFile, Recipe
from ec2kit.images.recipes.releases import require_kernel
from ec2kit.images.root.kernel import ROOT_LABEL

PACKAGES: tuple[str, ...] = (
    "cloud-guest-utils",  # growpart: the root partition grows to its volume
    "cloud-init",
    "dbus",  # cloud-init sets the host name through it
    "e2fsprogs",
    "initramfs-tools",
    "systemd-sysv",
    "udev",
    "zstd",  # what the initrd is compressed with
)
"""Installed everywhere, besides the kernel."""

SOURCES = "/etc/apt/sources.list"

LOADERS = {Architecture.ARM64: ("grub-efi-arm64-bin",)}
"""GRUB's modules, from which the disk's loader is linked. Debian has those for amd64 and i386 on any machine that
builds, and those for arm64 on arm64 machines only: so the root brings them."""

SERIAL = ("ttyS0", "ttyAMA0")
"""The serial console on EC2, and that of QEMU's arm64 machine."""

PATIENT_CONSOLE = "[Unit]\nJobRunningTimeoutSec=15min\n"
"""For the serial console's device: after systemd's 90 seconds a machine that starts slowly, a small one without CPU
credits or an emulated one, would have no login there until its next boot."""

PUPPET = "puppet-agent"
"""The distribution's own package; its service is `puppet`."""


def packages_of(recipe: Recipe, architecture: Architecture) -> tuple[str, ...]:
    """Given a recipe, return what is installed besides the base system, each once and sorted.

    Raises `UsageError` when the release has no kernel for the architecture.
    """
    kernel = require_kernel(recipe.release, architecture)
    names = {kernel, *PACKAGES, *LOADERS.get(architecture, ()), *recipe.packages}
    if recipe.puppet == "agent":
        names.add(PUPPET)
    return tuple(sorted(names - set(recipe.remove)))


def ground_files(recipe: Recipe) -> tuple[PlacedFile, ...]:
    """Given a recipe, return the files that make its root a machine on EC2."""
    fstab = f"LABEL={ROOT_LABEL} / ext4 defaults,errors=remount-ro 0 1\n"
    return (
        PlacedFile("/etc/fstab", fstab.encode()),
        PlacedFile("/etc/default/locale", b"LANG=C.UTF-8\n"),
        *(
            PlacedFile(f"/etc/systemd/system/dev-{name}.device.d/ec2kit.conf", PATIENT_CONSOLE.encode())
            for name in SERIAL
        ),
        PlacedFile("/etc/cloud/cloud.cfg.d/90_ec2kit.cfg", _cloud_config(recipe).encode()),
    )


def _cloud_config(recipe: Recipe) -> str:
    """Ec2 is the only source, so nothing else is looked for; without one cloud-init ends all the same.

    No RSA host key: it takes a small instance seconds, and every client since 2011 knows one of the other two.
    apt's sources are those of the machine that built, perhaps a mirror that no instance can reach: cloud-init writes
    the distribution's own over them, which Debian's cloud.cfg tells it not to. Those that the recipe named stay.
    """
    lines = [
        "datasource_list: [Ec2, None]",
        "locale: C.UTF-8",
        "ssh_genkeytypes: [ed25519, ecdsa]",
        "apt:",
        f"  preserve_sources_list: {'true' if _names_sources(recipe) else 'false'}",
    ]
    return "\n".join(lines) + "\n"


def _names_sources(recipe: Recipe) -> bool:
    """Whether the recipe says itself where packages come from, by a mirror or by the file that cloud-init writes."""
    parts = f"{SOURCES}.d/{recipe.release.distribution}.sources"
    return bool(recipe.mirror) or any(file.path in (SOURCES, parts) for file in recipe.files)
