"""What an image's tags say about how far it can be trusted. Pure."""

from __future__ import annotations

from ec2kit.model.disks import Image
from ec2kit.model.tags import KEEP, RECIPE, TESTED, UNSCRUBBED


def labels_of(image: Image) -> tuple[str, ...]:
    """Given an image, return its labels: `tested: bios,uefi` or `untested` for one of a recipe, `unscrubbed`,
    `billing code` (its licence is billed by it), `kept`."""
    labels: list[str] = []
    if image.tags.get(TESTED):
        labels.append(f"tested: {image.tags[TESTED]}")
    elif RECIPE in image.tags:
        labels.append("untested")
    if UNSCRUBBED in image.tags:
        labels.append("unscrubbed")
    if image.has_billing_code:
        labels.append("billing code")
    if KEEP in image.tags:
        labels.append("kept")
    return tuple(labels)
