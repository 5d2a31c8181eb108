"""What a launch is asked for: the words typed over the launch profile. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ec2kit.config import LaunchProfile
from ec2kit.errors import UsageError
from ec2kit.fleet.launch.disks import VolumeWish
from ec2kit.model.tags import Tags

USER_DATA_BYTES = 16384
"""RunInstances takes at most 16 KB of user data before base64 (EC2 user guide, "Run commands at launch")."""


@dataclass(frozen=True)
class Wanted:
    """One launch command, understood. `profile` holds the flags over the profile of `ec2kit.yaml`."""

    pattern: str
    count: int = 1
    profile: LaunchProfile = field(default_factory=LaunchProfile)
    zones: tuple[str, ...] = ()
    tags: Tags = field(default_factory=dict)
    volumes: tuple[VolumeWish, ...] = ()
    user_data: str = field(default="", repr=False)
    hostname: str = ""
    boot_hook: bool = False
    """Whether the user data has a hook that asks for the host name, and so looks for it in the instance's tags."""
    address: bool = False
    template: str = ""
    like: str = ""


def check(wanted: Wanted) -> None:
    """Raise one `UsageError` that names everything that is missing, or what contradicts itself."""
    if wanted.count < 1:
        raise UsageError("-n wants a number above 0")
    if wanted.template and wanted.like:
        raise UsageError("--template and --like both say what to launch", hint="give one of them")
    if len(wanted.user_data.encode(errors="surrogateescape")) > USER_DATA_BYTES:
        raise UsageError(
            f"the user data has more than {USER_DATA_BYTES} bytes, which is all that EC2 takes",
            hint="let it fetch the rest at boot",
        )
    if wanted.template or wanted.like:
        return
    needed: Mapping[str, object] = {
        "an image (--image)": wanted.profile.image,
        "a type (--type)": wanted.profile.type,
    }
    if missing := [name for name, value in needed.items() if not value]:
        raise UsageError(
            f"launching '{wanted.pattern}' needs {' and '.join(missing)}",
            hint="name it, take it from a machine with --like INSTANCE, or write it under `defaults:` or "
            "`launch:` in ec2kit.yaml",
        )
