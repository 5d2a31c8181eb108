"""Whether a bundle is what it was when it was made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ec2kit.images.bundles.manifest import Content, Manifest
from ec2kit.images.bundles.places import Shelf
from ec2kit.objects import reading
from ec2kit.objects.making import DiskSum, StreamSum, Sum

if TYPE_CHECKING:
    from ec2kit.aws import Aws


@dataclass(frozen=True)
class Reading:
    """From where bundles are read, and on what terms."""

    aws: Aws
    workers: int = 1
    """With 1 everything happens in the caller's thread, in order."""
    check: Callable[[], None] = field(default=lambda: None)
    tell: Callable[[str], None] = field(default=lambda _text: None)

    def stored(self, shelf: Shelf, bundle: str, content: Content) -> reading.Stored:
        """An object of a bundle."""
        return reading.Stored(
            self.aws.objects,
            shelf.bucket,
            shelf.key(bundle, content.name),
            content.facts,
            self.workers,
            self.check,
            lambda text: self.tell(f"{content.name}: {text}"),
            f"restore an older one: ec2kit bundle ls {shelf}",
        )


def verify_bundle(how: Reading, shelf: Shelf, manifest: Manifest, *, deep: bool) -> None:
    """Look at every object, or read all of it; raises `objects.reading.Damaged` with the first that is not what it
    was."""
    for content in manifest.contents:
        stored = how.stored(shelf, manifest.name, content)
        if deep:
            reading.verify(stored, total_of(content))
        else:
            reading.check_size(stored)


def total_of(content: Content) -> Sum:
    """Given an object, return what sums up its stream."""
    return StreamSum() if content.paths else DiskSum()
