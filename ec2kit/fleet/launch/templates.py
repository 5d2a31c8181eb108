"""Which launch template version a word means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ec2kit.errors import NotFound, UsageError
from ec2kit.inventory.nearest import SHOWN, nearest_hint
from ec2kit.model.disks import TemplateVersion

if TYPE_CHECKING:
    from ec2kit.aws import Aws


def find_template(aws: Aws, word: str) -> TemplateVersion:
    """Given `NAME` or `lt-…`, with `:VERSION` or without for the default one, return the version.

    Raises `NotFound`, and `UsageError` for a version that is no number.
    """
    name, colon, number = word.partition(":")
    if colon and not (number.isascii() and number.isdigit()):
        raise UsageError(
            f"'{number}' is not a template version", hint="write NAME:7, or NAME for the default one"
        )
    versions = aws.templates.versions(name)
    if not versions:
        raise NotFound(
            f"the launch template '{name}' does not exist",
            resource=name,
            hint=nearest_hint(name, (each.name for each in aws.templates.current()), "launch templates"),
        )
    for version in versions:
        if (version.version == int(number)) if colon else version.default:
            return version
    raise NotFound(
        f"the launch template '{name}' has no version {number or 'that is the default'}",
        resource=word,
        hint=f"its versions are: {', '.join(str(each.version) for each in reversed(versions[:SHOWN]))}",
    )
