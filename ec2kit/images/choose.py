"""Which images of our own a person's words mean: ids, names, patterns of names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ec2kit.errors import NotFound, UsageError
from ec2kit.inventory.selectors import matches_any
from ec2kit.model.disks import Image
from ec2kit.model.ids import kind_of

if TYPE_CHECKING:
    from ec2kit.aws import Aws


def own_images(aws: Aws) -> tuple[Image, ...]:
    """All images of this account in this region, newest first, disabled ones too (one call)."""
    return newest_first(aws.images.describe(owners=["self"]))


def newest_first(images: Sequence[Image]) -> tuple[Image, ...]:
    """Given images, return them by age; one whose age AWS does not tell comes last."""
    return tuple(
        sorted(images, key=lambda each: (each.created is not None, each.created, each.id), reverse=True)
    )


def chosen(images: Sequence[Image], words: Sequence[str]) -> tuple[Image, ...]:
    """Given our images and words, return those that the words mean, in the images' order; all for no words.

    A pattern may fit none. Raises `NotFound` for an id or a name that no image has.
    """
    if not words:
        return tuple(images)
    found: set[str] = set()
    for word in words:
        pattern = is_pattern(word)
        hits = [each.id for each in images if _means(word, each, pattern=pattern)]
        if not hits and not pattern:
            raise _unknown(word)
        found.update(hits)
    return tuple(each for each in images if each.id in found)


def one_own(aws: Aws, word: str) -> Image:
    """The image of this account that an id or a name means; raises `NotFound`, `UsageError` for a pattern."""
    if is_pattern(word):
        raise UsageError(f"one image is wanted, and '{word}' is a pattern", hint="ec2kit image ls")
    by = "image-id" if kind_of(word) == "image" else "name"
    for image in aws.images.describe(filters={by: [word]}, owners=["self"]):
        return image
    raise _unknown(word)


def one_shown(aws: Aws, word: str) -> Image:
    """The image that a word means for looking at: one of our own, or anybody's by its id. Raises like `one_own`."""
    if kind_of(word) == "image" and not is_pattern(word):
        return aws.images.one(word)
    return one_own(aws, word)


def is_pattern(word: str) -> bool:
    """Whether a word is a pattern of names (brackets are characters of names)."""
    return any(character in word for character in "*?")


def _means(word: str, image: Image, *, pattern: bool) -> bool:
    return word in (image.id, image.name) or (pattern and matches_any(image.name, [word]))


def _unknown(word: str) -> NotFound:
    return NotFound(f"no image of this account is '{word}'", resource=word, hint="ec2kit image ls")
