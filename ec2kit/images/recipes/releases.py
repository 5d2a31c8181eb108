"""The releases that a recipe may name, and what is known of each: components, kernels, architectures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from ec2kit.errors import UsageError
from ec2kit.images.recipes.architectures import Architecture

AMD64, I386, ARM64 = Architecture.X86_64, Architecture.I386, Architecture.ARM64


@dataclass(frozen=True)
class Release:
    """A distribution's release, written `debian/bookworm`."""

    distribution: str
    suite: str

    def __str__(self) -> str:
        return f"{self.distribution}/{self.suite}" if self.distribution else "any"


ANY = Release("", "")
"""Of a recipe that goes over whatever image it is given."""


@dataclass(frozen=True)
class Distribution:
    """What is the same in all releases of a distribution."""

    components: tuple[str, ...]
    kernels: Mapping[Architecture, str]
    """The package of the newest kernel of each architecture.

    Debian's own small kernel for clouds (`-cloud-amd64`) is not taken: there is none for i386, and it leaves out
    drivers of other virtual machines (AHCI disks, e1000 network cards), so that an image could not be booted there.
    """
    suites: Mapping[str, tuple[Architecture, ...]]
    """The architectures that have a kernel in each release."""
    keyring: str
    """The Debian package with the keys that its packages are signed with."""


ALL, NO_I386 = (AMD64, I386, ARM64), (AMD64, ARM64)

DISTRIBUTIONS: Mapping[str, Distribution] = {
    "debian": Distribution(
        ("main",),
        {AMD64: "linux-image-amd64", I386: "linux-image-686-pae", ARM64: "linux-image-arm64"},
        # Debian builds no i386 kernel from trixie on: i386 is a user land for amd64 machines there.
        {"bullseye": ALL, "bookworm": ALL, "trixie": NO_I386, "forky": NO_I386, "sid": NO_I386},
        "debian-archive-keyring",
    ),
    "ubuntu": Distribution(
        ("main", "universe"),
        {AMD64: "linux-image-virtual", ARM64: "linux-image-virtual"},
        {"jammy": NO_I386, "noble": NO_I386},
        "ubuntu-keyring",
    ),
}


def parse_release(text: str) -> Release:
    """Given `DISTRIBUTION/SUITE`, return the release; raises `UsageError` for one that is not known."""
    distribution, _, suite = text.partition("/")
    known = DISTRIBUTIONS.get(distribution)
    if known is None or not suite:
        near = get_close_matches(distribution, DISTRIBUTIONS, 1)
        hint = f"write it as `{near[0] if near else 'debian'}/SUITE`, such as `debian/bookworm`"
        raise UsageError(f"'{text}' is not a release", hint=hint)
    if suite not in known.suites:
        near = get_close_matches(suite, known.suites, 1)
        among = ", ".join(f"{distribution}/{name}" for name in known.suites)
        hint = f"did you mean `{distribution}/{near[0]}`?" if near else f"it is one of {among}"
        raise UsageError(f"there is no release '{suite}' of {distribution}", hint=hint)
    return Release(distribution, suite)


def require_kernel(release: Release, architecture: Architecture) -> str:
    """The package of the kernel; raises `UsageError`, saying what would work, where the release has none."""
    distribution = DISTRIBUTIONS[release.distribution]
    if architecture in distribution.suites[release.suite]:
        return distribution.kernels[architecture]
    others = [suite for suite, found in distribution.suites.items() if architecture in found]
    here = ", ".join(found.debian for found in distribution.suites[release.suite])
    newest = f"the newest with one is {release.distribution}/{others[-1]}; " if others else ""
    raise UsageError(
        f"{release} has no kernel for {architecture.debian}", hint=f"{newest}{release} has {here}"
    )
