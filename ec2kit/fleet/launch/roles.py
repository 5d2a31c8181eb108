"""Whether the instance profile of a launch exists: RunInstances says so only after what comes before it was made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ec2kit.errors import AccessDenied, AwsRefused, NotFound, Unavailable
from ec2kit.inventory.nearest import nearest_hint

if TYPE_CHECKING:
    from ec2kit.aws import Aws


def profile_in(data: Mapping[str, Any]) -> str:
    """The instance profile of a template, by name or ARN."""
    named = data.get("IamInstanceProfile", {})
    return str(named.get("Name") or named.get("Arn") or "")


def check_instance_profile(aws: Aws, word: str) -> None:
    """The profile exists, as far as we may ask: who may launch with a role need not be allowed to list roles."""
    if not word:
        return
    try:
        known = aws.profiles.known()
    except (AccessDenied, AwsRefused, Unavailable):
        return
    if not any(word in named for named in known):
        raise NotFound(
            f"the instance profile '{word}' does not exist",
            resource=word,
            hint=nearest_hint(word, (name for name, _ in known), "instance profiles"),
        )
