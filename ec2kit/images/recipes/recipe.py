"""A recipe as a value: everything that an image is to hold, with all that it builds upon already in it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from ec2kit.errors import UsageError
from ec2kit.images.recipes.architectures import Architecture
from ec2kit.images.recipes.releases import ANY, Release, require_kernel

DEFAULT_SIZE_GIB = 2
"""Room for Debian with its kernel (half of it) and for a first update; the disk grows at the first boot."""


@dataclass(frozen=True)
class PlacedFile:
    """A file of the image."""

    path: str
    content: bytes
    mode: int = 0o644
    owner: str = "root:root"


@dataclass(frozen=True)
class User:
    """An account without a password: its keys are how one gets in."""

    name: str
    shell: str = "/bin/bash"
    groups: tuple[str, ...] = ()
    ssh_keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recipe:
    """What an image is to hold."""

    name: str
    release: Release = ANY
    architectures: tuple[Architecture, ...] = ()
    """None: any, for a recipe that goes over an image that there is."""
    description: str = ""
    packages: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    """Packages that must not be there, whatever brought them."""
    files: tuple[PlacedFile, ...] = ()
    users: tuple[User, ...] = ()
    kernel_arguments: tuple[str, ...] = ()
    """Added to those that `ec2kit.images.root.kernel` gives every image."""
    size_gib: int = DEFAULT_SIZE_GIB
    enable: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    puppet: str = "no"
    """`no` or `agent`."""
    hooks: tuple[str, ...] = ()
    mirror: str = ""
    """Where packages come from; empty: where this machine's own come from."""
    tested: tuple[Architecture, ...] = ()
    """The architectures of which an image was built and booted."""

    def require(self, architecture: Architecture) -> Architecture:
        """Return the architecture; raises `UsageError` when the recipe or its release is not for it."""
        if self.release == ANY:
            raise UsageError(f"recipe '{self.name}' has no `release`, so there is nothing to build")
        if architecture not in self.architectures:
            require_kernel(self.release, architecture)
            among = ", ".join(found.debian for found in self.architectures)
            raise UsageError(
                f"recipe '{self.name}' is not for {architecture.debian}", hint=f"it is for {among}"
            )
        return architecture

    @property
    def digest(self) -> str:
        """The sha256 of what it makes: its name, description and whether it was tested do not count."""
        value = {
            "release": str(self.release),
            "architectures": list(self.architectures),
            "packages": sorted(self.packages),
            "remove": sorted(self.remove),
            "files": [
                (file.path, hashlib.sha256(file.content).hexdigest(), file.mode, file.owner)
                for file in self.files
            ],
            "users": [(user.name, user.shell, user.groups, user.ssh_keys) for user in self.users],
            "kernel_arguments": self.kernel_arguments,
            "size_gib": self.size_gib,
            "enable": self.enable,
            "disable": self.disable,
            "puppet": self.puppet,
            "hooks": self.hooks,
            "mirror": self.mirror,
        }
        return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
