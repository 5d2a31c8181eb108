"""What `ec2kit launch` takes on a practice AWS when nothing else says: the small account's own image, key and group."""

from __future__ import annotations

from ec2kit.config import LaunchProfile

LAUNCH_DEFAULTS = LaunchProfile(
    image="debian-12-amd64",
    type=("t3.micro",),
    key="ops",
    groups=("web",),
    instance_profile="web",
)
"""Names that `sandbox.seed` gives. An account of another making (`--empty`, another region) has no such image."""
