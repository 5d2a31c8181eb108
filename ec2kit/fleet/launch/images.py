"""Which image a word means."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ec2kit.errors import Ec2kitError, NotFound
from ec2kit.inventory.nearest import nearest_hint
from ec2kit.model.disks import Image
from ec2kit.model.ids import kind_of

if TYPE_CHECKING:
    from ec2kit.aws import Aws

TRUSTED = ("self", "amazon")
"""Whose images are found by name: anybody may publish an image under any name, so names of others are not looked up."""
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def find_image(aws: Aws, word: str) -> Image | None:
    """Given an id, a name or a name's pattern, return the image, the newest where several fit; None for no word.

    Names are looked up among our own images and Amazon's. Raises `NotFound`, and `Ec2kitError` for an image
    that cannot be launched now.
    """
    if not word:
        return None
    if kind_of(word) == "image":
        found = aws.images.describe([word])
    else:
        found = aws.images.describe(filters={"name": [word]}, owners=TRUSTED)
    usable = [image for image in found if image.state == "available"]
    if usable:
        return max(usable, key=lambda image: (image.created or _EVER, image.id))
    if found:
        raise Ec2kitError(
            f"the image '{word}' is {found[0].state}: it cannot be launched",
            hint=f"aws ec2 enable-image --image-id {found[0].id}" if found[0].state == "disabled" else "",
            resource=word,
        )
    raise NotFound(
        f"the image '{word}' does not exist",
        resource=word,
        hint=_hint(aws, word),
    )


def _hint(aws: Aws, word: str) -> str:
    """Our own images, and those of Amazon's whose names go on from the word: there are too many to list."""
    usual = "give an id (ami-…), or the name of an image of yours or of Amazon's"
    if kind_of(word) == "image":
        return usual
    own = aws.images.describe(owners=["self"])
    begun = aws.images.describe(filters={"name": [f"{word}*"]}, owners=["amazon"]) if len(word) > 3 else ()
    hint = nearest_hint(word, (image.name for image in (*own, *begun)), "images")
    return hint if hint.startswith("did you mean") else usual
