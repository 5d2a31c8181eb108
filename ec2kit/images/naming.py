"""Names of images: what AWS takes, checked before anything is made. Pure."""

from __future__ import annotations

import re

from ec2kit.errors import UsageError

_NAME = re.compile(r"[A-Za-z0-9()\[\] ./\-'@_]{3,128}", re.ASCII)
"""API Reference, RegisterImage, parameter Name."""


def check_name(name: str) -> str:
    """Given the name for a new image, return it; raises `UsageError` for one that AWS refuses."""
    if not _NAME.fullmatch(name):
        hint = "3 to 128 letters, digits, blanks and ( ) [ ] . / - ' @ _"
        raise UsageError(f"'{name}' cannot be the name of an image", hint=hint)
    return name
