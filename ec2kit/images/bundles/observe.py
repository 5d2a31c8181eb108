"""The bundles that are under a prefix, whole or not, and the manifest of one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ec2kit.aws.objects import PendingUpload, StoredObject
from ec2kit.engine.steps.objects import MANIFEST
from ec2kit.errors import Ec2kitError, NotFound
from ec2kit.images.bundles.manifest import LARGEST_MANIFEST, Manifest, parse_manifest
from ec2kit.images.bundles.places import VERIFIED, Shelf, is_bundle, machine_in, parse_bundle, parse_shelf
from ec2kit.model.periods import parse_time

if TYPE_CHECKING:
    from ec2kit.aws import Aws

LARGEST_NOTE = 4096


@dataclass(frozen=True)
class Verified:
    """When somebody last verified a bundle, and how: `objects` or `deep`."""

    at: datetime
    how: str


@dataclass(frozen=True)
class Bundle:
    """What S3 shows under a bundle's name. Without a manifest it is unfinished; one that cannot be used says why."""

    shelf: Shelf
    name: str
    objects: tuple[StoredObject, ...] = ()
    pending: tuple[PendingUpload, ...] = ()
    manifest: Manifest | None = None
    trouble: str = ""
    verified: Verified | None = None
    last_part: datetime | None = None
    """When a part of what was only begun arrived last, where `with_parts` asked."""

    @property
    def url(self) -> str:
        """Where it is."""
        return self.shelf.url(self.name)

    @property
    def state(self) -> str:
        """`complete`, `unfinished` or `unreadable`."""
        return "complete" if self.manifest else "unreadable" if self.trouble else "unfinished"

    @property
    def keys(self) -> tuple[str, ...]:
        """All its keys, the manifest's first."""
        first = self.shelf.key(self.name, MANIFEST)
        return tuple(sorted((each.key for each in self.objects), key=lambda key: (key != first, key)))

    @property
    def touched(self) -> datetime | None:
        """When something of it was last written or begun."""
        moments = [each.modified for each in self.objects] + [each.begun for each in self.pending]
        moments.append(self.last_part)
        return max((each for each in moments if each is not None), default=None)


def bundles(aws: Aws, shelf: Shelf, word: str = "") -> tuple[Bundle, ...]:
    """Every bundle under a prefix, by name; what was only begun is among them. With a word those of that name, or of
    the machine of that name."""
    objects: dict[str, list[StoredObject]] = {}
    pending: dict[str, list[PendingUpload]] = {}
    for stored in aws.objects.listed(shelf.bucket, f"{shelf.prefix}{word}"):
        if (name := _bundle_of(stored.key, shelf)) and word in ("", name, machine_in(name)):
            objects.setdefault(name, []).append(stored)
    for upload in aws.objects.pending(shelf.bucket, f"{shelf.prefix}{word}"):
        if (name := _bundle_of(upload.key, shelf)) and word in ("", name, machine_in(name)):
            pending.setdefault(name, []).append(upload)
    return tuple(
        _bundle(aws, Bundle(shelf, name, tuple(objects.get(name, ())), tuple(pending.get(name, ()))))
        for name in sorted(objects.keys() | pending.keys())
    )


def with_parts(aws: Aws, bundle: Bundle) -> Bundle:
    """The same, knowing when its last part arrived: a large volume is on its way for longer than a day."""
    moments: list[datetime] = []
    for upload in bundle.pending:
        with suppress(NotFound):
            parts = aws.objects.parts(bundle.shelf.bucket, upload).values()
            moments += [each.modified for each in parts if each.modified]
    return replace(bundle, last_part=max(moments, default=None))


def meant(aws: Aws, text: str) -> tuple[Bundle, ...]:
    """The bundles that `s3://BUCKET/PREFIX` means; where none are under it, those that its last word names, a bundle
    or a machine."""
    shelf = parse_shelf(text)
    if (found := bundles(aws, shelf)) or not shelf.prefix:
        return found
    return bundles(aws, *parse_bundle(str(shelf)))


def shelves(aws: Aws, above: Shelf) -> tuple[Shelf, ...]:
    """The prefixes below one that have bundles right under them."""
    keys = [each.key for each in aws.objects.listed(above.bucket, above.prefix)]
    keys += [each.key for each in aws.objects.pending(above.bucket, above.prefix)]
    places = (key.rpartition("/")[0].rpartition("/") for key in keys)
    return tuple(
        Shelf(above.bucket, prefix)
        for prefix in sorted({f"{top}{slash}" for top, slash, name in places if is_bundle(name)})
        if prefix != above.prefix
    )


def bundle(aws: Aws, shelf: Shelf, name: str) -> Bundle:
    """What S3 shows of one bundle, which may be nothing."""
    prefix = f"{shelf.key(name)}/"
    return _bundle(
        aws,
        Bundle(
            shelf, name, aws.objects.listed(shelf.bucket, prefix), aws.objects.pending(shelf.bucket, prefix)
        ),
    )


def chosen(aws: Aws, text: str) -> tuple[Shelf, Manifest]:
    """The bundle that `s3://BUCKET/PREFIX/NAME.bundle` means, or the newest whole one of a machine where its name
    stands in its place. Raises `NotFound`, and what is wrong with the manifest."""
    shelf, word = parse_bundle(text)
    if is_bundle(word):
        return shelf, manifest_of(aws, shelf, word)
    keys = [each.key for each in aws.objects.listed(shelf.bucket, f"{shelf.prefix}{word}-")]
    names = {_bundle_of(key, shelf) for key in keys if key.endswith(f"/{MANIFEST}")}
    found = sorted(name for name in names if machine_in(name) == word)
    if not found:
        raise NotFound(
            f"there is no whole bundle of '{word}' in {shelf}",
            resource=word,
            hint=f"ec2kit bundle ls {shelf}",
        )
    return shelf, manifest_of(aws, shelf, found[-1])


def manifest_of(aws: Aws, shelf: Shelf, name: str) -> Manifest:
    """The manifest of a bundle; raises `NotFound` for one that is not there or not finished, and what is wrong."""
    key = shelf.key(name, MANIFEST)
    seen = aws.objects.look(shelf.bucket, key)
    if seen is None:
        raise NotFound(
            f"there is no whole bundle '{shelf.url(name)}'",
            resource=shelf.url(name),
            hint=f"ec2kit bundle ls {shelf}",
        )
    if seen.size > LARGEST_MANIFEST:
        raise Ec2kitError(f"the manifest of '{name}' cannot be used: it has {seen.size} bytes", resource=name)
    return parse_manifest(aws.objects.get(shelf.bucket, key, 0, seen.size), name)


def note_of(how: str, at: str) -> str:
    """Given how a bundle was verified and when, return what is written beside it."""
    return json.dumps({"verified": at, "how": how}) + "\n"


def _bundle_of(key: str, shelf: Shelf) -> str:
    """The bundle that a key is in, empty when it is in none that lies right under the prefix."""
    name, slash, rest = key.removeprefix(shelf.prefix).partition("/")
    return name if slash and rest and "/" not in rest and is_bundle(name) else ""


def _bundle(aws: Aws, seen: Bundle) -> Bundle:
    names: Sequence[str] = [each.key.rpartition("/")[2] for each in seen.objects]
    manifest, trouble = None, ""
    if MANIFEST in names:
        try:
            manifest = manifest_of(aws, seen.shelf, seen.name)
        except Ec2kitError as error:
            trouble = error.message
    verified = _verified(aws, seen) if VERIFIED in names else None
    return Bundle(seen.shelf, seen.name, seen.objects, seen.pending, manifest, trouble, verified)


def _verified(aws: Aws, seen: Bundle) -> Verified | None:
    """What the note beside it says; one that cannot be read says nothing."""
    key = seen.shelf.key(seen.name, VERIFIED)
    size = next(each.size for each in seen.objects if each.key == key)
    if size > LARGEST_NOTE:
        return None
    try:
        stored: Any = json.loads(aws.objects.get(seen.shelf.bucket, key, 0, size))
        return Verified(parse_time(str(stored["verified"])), str(stored["how"])[:20])
    except (ValueError, TypeError, KeyError, Ec2kitError):
        return None
