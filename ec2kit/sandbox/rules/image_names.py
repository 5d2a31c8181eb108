"""Names of images: three to 128 plain characters, each name once in an account and region."""

import re
from typing import Any

from ec2kit.sandbox.rules.refusals import missing, refusal

NAME = re.compile(r"[A-Za-z0-9()\[\] ./\-'@_]{3,128}")
"""API Reference, CreateImage, parameter Name."""


def check(backend: Any, name: str | None) -> str:
    """Given the name for a new image, return it.

    Raises MissingParameter, InvalidAMIName.Malformed or InvalidAMIName.Duplicate.
    """
    if not name:
        raise missing("Name")
    if not NAME.fullmatch(name):
        raise refusal(
            "InvalidAMIName.Malformed",
            "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.',"
            " '-', '/' and '_'",
        )
    holder = next((image.id for image in backend.amis.values() if image.name == name), None)
    if holder:
        raise refusal("InvalidAMIName.Duplicate", f"AMI name {name} is already in use by AMI {holder}")
    return name
