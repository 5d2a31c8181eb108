"""What the machine is made of, and how its parts are fetched: Debian packages of the host's own suite. Pure."""

from __future__ import annotations

from pathlib import Path

KERNEL = "linux-image-cloud-amd64"
"""Debian's kernel for virtual machines: a third of the ordinary one, with all the file systems we need."""

WITH_DEPENDENCIES = ("tar", "acl", "attr", "e2fsprogs")
ALONE = ("dash", "busybox-static", "util-linux")
"""They need no library that those above do not bring: of util-linux only blkid is taken."""

PROGRAMS = frozenset(
    {"tar", "setfacl", "getfacl", "setfattr", "getfattr", "chattr", "lsattr", "dash", "busybox", "blkid"}
    | {"e2fsck", "mke2fs", "resize2fs", "tune2fs", "dumpe2fs"}
)

OF_ITS_OWN = ("-o", "Debug::NoLocking=1", "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=")
"""Nothing of the machine's own apt is locked or written, so an ordinary user may."""


def lists_options(lists: Path | None) -> list[str]:
    """Given where package lists of our own are, or None for the machine's, return apt's options for them."""
    return [] if lists is None else ["-o", f"Dir::State::lists={lists}"]


def update(lists: Path) -> list[str]:
    """Given a directory, return how the package lists are fetched into it."""
    return ["apt-get", "-q", *OF_ITS_OWN, *lists_options(lists), "update"]


def kernel_dependencies(lists: Path | None) -> list[str]:
    """Return how to ask which package the kernel really is."""
    return ["apt-cache", *lists_options(lists), "depends", "--important", KERNEL]


def parse_kernel(depends: str) -> str | None:
    """Given apt's answer, return the kernel's package, such as linux-image-6.1.0-30-cloud-amd64."""
    words = (line.split() for line in depends.splitlines())
    return next((w[1] for w in words if w[:1] == ["Depends:"] and w[1].startswith("linux-image-")), None)


def download_closure(into: Path, lists: Path | None) -> list[str]:
    """Return how the programs are fetched with all they need into `into`/archives.

    The empty status makes apt think that nothing is installed, so that it leaves nothing out.
    """
    options = ["-o", "Dir::State::status=/dev/null", "-o", f"Dir::Cache={into}", "-o", "APT::Sandbox::User="]
    alone = ["--download-only", "--no-install-recommends", "-y", "-q"]
    return ["apt-get", *OF_ITS_OWN, *lists_options(lists), *options, *alone, "install", *WITH_DEPENDENCIES]


def download_alone(kernel: str, into: Path, lists: Path | None) -> list[str]:
    """Return how the packages without what they need are fetched into `into`/archives."""
    # `download` writes where it stands.
    fetch = ["apt-get", "-q", *OF_ITS_OWN, *lists_options(lists), "-o", "APT::Sandbox::User=", "download"]
    return ["env", "-C", str(into / "archives"), *fetch, kernel, *ALONE]


def unpack(package: Path, into: Path) -> list[str]:
    """Return how a package's files are unpacked."""
    return ["dpkg-deb", "--extract", str(package), str(into)]
