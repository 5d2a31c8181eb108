"""What a launch takes when its words do not say: `ec2kit.yaml`, and below it a practice AWS's own defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ec2kit.config import LaunchProfile
from ec2kit.fleet.launch.naming import group_of

if TYPE_CHECKING:
    from ec2kit.cli.context import Context

WORDS = {
    "image": "image",
    "type": "type",
    "key": "key",
    "groups": "group",
    "instance_profile": "instance profile",
}
"""The parts of a profile that a practice AWS has defaults for, as they are said."""


def layered(context: Context, name: str, typed: LaunchProfile) -> LaunchProfile:
    """Given a launch's name and what was typed, return that over the configuration files, and on a practice AWS
    that was asked for over its defaults; says on stderr which of those were taken."""
    known = context.config.launch
    # The profile of the very name, else of its group: `web` for `web-{n}` and `web-7`.
    profile = typed.over(context.config.profile(name if name in known else group_of(name)))
    if not context.sandbox:
        return profile
    below = _practice_defaults(context)
    if taken := added(profile, below):
        context.announce()
        context.say(f"using the sandbox's own defaults: {', '.join(taken)}")
    return profile.over(below)


def added(profile: LaunchProfile, below: LaunchProfile) -> list[str]:
    """Given a profile and the one below it, return in words what that one adds."""
    return [
        f"{word} {_text(getattr(below, part))}"
        for part, word in WORDS.items()
        if getattr(below, part) and not getattr(profile, part)
    ]


def _practice_defaults(context: Context) -> LaunchProfile:
    """The sandbox's defaults, or none when this account is not the small one that they were made for."""
    from ec2kit.sandbox.launch_defaults import LAUNCH_DEFAULTS

    there = context.aws().images.describe(filters={"name": [LAUNCH_DEFAULTS.image]})
    return LAUNCH_DEFAULTS if there else LaunchProfile()


def _text(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ", ".join(value)
