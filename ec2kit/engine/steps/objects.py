"""Objects in S3: a snapshot's blocks, directories on the disks of a set, what a bundle consists of; and what goes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ec2kit.aws.objects import PendingUpload
from ec2kit.blocks.crew import WORKERS
from ec2kit.blocks.data import GIB
from ec2kit.blocks.reader import SnapshotReader
from ec2kit.engine.steps.base import Attempt, CannotUndo, Result, Step
from ec2kit.errors import Ec2kitError, OutcomeUnknown, Unavailable
from ec2kit.model.ids import SnapshotId
from ec2kit.objects.making import DiskSum, StreamSum, Sum
from ec2kit.objects.sending import Manner, Spot, Takes, send
from ec2kit.objects.sources import Disk, pour_disk

READ_BLOCKS = ("ebs:ListSnapshotBlocks", "ebs:GetSnapshotBlock")
WRITE_PARTS = (
    "s3:GetObject",
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
    "s3:AbortMultipartUpload",
)
"""What sending in parts needs. Without s3:ListBucket S3 says 403 of what is not there."""
MANIFEST, SUMS = "manifest.json", "SHA256SUMS"


@dataclass(frozen=True)
class _Store(Step):
    """A step that makes one object. Sent again, it makes the same object of the same key, and what has arrived is not
    sent a second time."""

    bucket: str
    key: str

    def target(self) -> str:
        """The object's URL."""
        return url(self.bucket, self.key)

    def already(self, attempt: Attempt) -> Result | None:
        """Never told beforehand: `apply` makes the stream again, and compares."""
        return None

    def undo(self, result: Result) -> tuple[Step, ...]:
        """Delete the object."""
        return (DeleteObjects(self.bucket, (self.key,)),)

    def _send(
        self, attempt: Attempt, largest: int, total: Sum, pour: Callable[[Takes], object]
    ) -> dict[str, Any]:
        place = attempt.workplace
        spot = Spot(self.bucket, self.key, attempt.mark)
        manner = Manner(largest, total, place.workers, place.check, place.tell)
        try:
            return {"object": send(attempt.aws.objects, spot, manner, pour).as_json()}
        except Unavailable as error:
            raise OutcomeUnknown(error.message, hint=error.hint, resource=self.target()) from error


@dataclass(frozen=True)
class StoreSnapshot(_Store):
    """A snapshot's blocks as a compressed raw disk (ListSnapshotBlocks, GetSnapshotBlock; S3 multipart upload).

    A large disk is several objects, each of some GiB. Result: `object`, what is known of it (`objects.facts`).
    """

    kind: ClassVar[str] = "store-snapshot"
    actions: ClassVar[tuple[str, ...]] = (*READ_BLOCKS, *WRITE_PARTS)

    snapshot: SnapshotId
    first_gib: int
    size_gib: int

    def describe(self) -> str:
        """A sentence for plans."""
        where = f"{self.size_gib} GiB of {self.snapshot}"
        return f"store {where}{f' from GiB {self.first_gib} on' if self.first_gib else ''} as {self.target()}"

    def apply(self, attempt: Attempt) -> Result:
        """Send what S3 does not have yet."""
        reader = SnapshotReader(attempt.aws.blocks, self.snapshot, kept=1)
        span = range(self.first_gib * GIB, (self.first_gib + self.size_gib) * GIB)
        place = attempt.workplace
        workers = 1 if place.workers == 1 else WORKERS
        pour = pour_disk(reader, span, workers, place.check)
        return self._send(attempt, len(span), DiskSum(), pour)


@dataclass(frozen=True)
class DiskOf:
    """A snapshot, and what its machine calls the disk: `xvda`."""

    name: str
    snapshot: SnapshotId


@dataclass(frozen=True)
class StoreDirectories(_Store):
    """Directories on the disks of a set as a compressed tar (ListSnapshotBlocks, GetSnapshotBlock; multipart upload).

    Result: `object` as `StoreSnapshot`, and `left_out`: the places below the paths whose volume was not there.
    """

    kind: ClassVar[str] = "store-directories"
    actions: ClassVar[tuple[str, ...]] = (*READ_BLOCKS, *WRITE_PARTS)

    disks: tuple[DiskOf, ...]
    paths: tuple[str, ...]
    size_gib: int
    """The disks' sizes together: the tar is not larger."""

    def describe(self) -> str:
        """A sentence for plans."""
        return f"store {', '.join(self.paths)} as {self.target()}"

    def apply(self, attempt: Attempt) -> Result:
        """Have the tar made, and send what S3 does not have yet."""
        directories = attempt.workplace.directories
        if directories is None:
            raise Ec2kitError("directories cannot be read here", resource=self.target())
        disks = [Disk(disk.name, SnapshotReader(attempt.aws.blocks, disk.snapshot)) for disk in self.disks]
        left_out: list[str] = []

        def pour(out: Takes) -> None:
            left_out[:] = directories(disks, self.paths, out)

        return {
            **self._send(attempt, self.size_gib * GIB, StreamSum(), pour),
            "left_out": left_out,
        }


@dataclass(frozen=True)
class StoreManifest(Step):
    """PutObject: the sums of a bundle's objects, and then its manifest, with which the bundle is there."""

    kind: ClassVar[str] = "store-manifest"
    actions: ClassVar[tuple[str, ...]] = ("s3:PutObject",)

    bucket: str
    prefix: str
    """The bundle's, without a slash at the end."""
    manifest: Mapping[str, Any]

    def describe(self) -> str:
        """A sentence for plans."""
        return f"write {self.target()}, which makes the bundle whole"

    def target(self) -> str:
        """The manifest's URL."""
        return url(self.bucket, f"{self.prefix}/{MANIFEST}")

    def already(self, attempt: Attempt) -> Result | None:
        """Never: writing it again writes the same."""
        return None

    def apply(self, attempt: Attempt) -> Result:
        """Send both, the manifest last."""
        written = manifest_text(self.manifest)
        sums = sums_text(self.manifest, written)
        objects = attempt.aws.objects
        objects.put(self.bucket, f"{self.prefix}/{SUMS}", sums.encode())
        objects.put(self.bucket, f"{self.prefix}/{MANIFEST}", written.encode(), "application/json")
        return {"bundle": url(self.bucket, self.prefix)}

    def undo(self, result: Result) -> tuple[Step, ...]:
        """Delete both, the manifest first."""
        keys = (f"{self.prefix}/{MANIFEST}", f"{self.prefix}/{SUMS}")
        return (DeleteObjects(self.bucket, keys),)


@dataclass(frozen=True)
class StoreText(Step):
    """PutObject: a small text."""

    kind: ClassVar[str] = "store-text"
    actions: ClassVar[tuple[str, ...]] = ("s3:PutObject",)

    bucket: str
    key: str
    text: str

    def describe(self) -> str:
        """A sentence for plans."""
        return f"write {self.target()}"

    def target(self) -> str:
        """The object's URL."""
        return url(self.bucket, self.key)

    def already(self, attempt: Attempt) -> Result | None:
        """Never: writing it again writes the same."""
        return None

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        attempt.aws.objects.put(self.bucket, self.key, self.text.encode())
        return {}

    def undo(self, result: Result) -> CannotUndo:
        """What was there before is not known."""
        return CannotUndo("what the object was before is not kept")


@dataclass(frozen=True)
class DeleteObjects(Step):
    """DeleteObjects: the first key by itself, then the others, so that a bundle whose manifest goes first is never
    taken for a whole one."""

    kind: ClassVar[str] = "delete-objects"
    actions: ClassVar[tuple[str, ...]] = ("s3:DeleteObject",)

    bucket: str
    keys: tuple[str, ...]

    def describe(self) -> str:
        """A sentence for plans."""
        others = f" and {len(self.keys) - 1} more" if len(self.keys) > 1 else ""
        return f"delete {self.target()}{others}"

    def target(self) -> str:
        """The first object's URL."""
        return url(self.bucket, self.keys[0])

    def already(self, attempt: Attempt) -> Result | None:
        """Never: deleting what is gone does nothing."""
        return None

    def apply(self, attempt: Attempt) -> Result:
        """Send the calls."""
        for keys in (self.keys[:1], self.keys[1:]):
            if keys:
                attempt.aws.objects.delete(self.bucket, keys)
        return {}

    def undo(self, result: Result) -> CannotUndo:
        """There is no way back."""
        return CannotUndo("a deleted object is gone, unless the bucket keeps versions")


@dataclass(frozen=True)
class AbortUpload(Step):
    """AbortMultipartUpload: an object that was begun and will not be completed; its parts are billed until then."""

    kind: ClassVar[str] = "abort-upload"
    actions: ClassVar[tuple[str, ...]] = ("s3:AbortMultipartUpload",)

    bucket: str
    key: str
    upload: str

    def describe(self) -> str:
        """A sentence for plans."""
        return f"abort the unfinished upload of {self.target()}"

    def target(self) -> str:
        """The URL that the object would have."""
        return url(self.bucket, self.key)

    def already(self, attempt: Attempt) -> Result | None:
        """Never: aborting what is gone does nothing."""
        return None

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        attempt.aws.objects.abort(self.bucket, PendingUpload(self.key, self.upload))
        return {}

    def undo(self, result: Result) -> CannotUndo:
        """There is no way back."""
        return CannotUndo("an upload that was aborted is gone")


def url(bucket: str, key: str) -> str:
    """Given where an object is, return its URL as the AWS CLI writes it."""
    return f"s3://{bucket}/{key}"


def manifest_text(manifest: Mapping[str, Any]) -> str:
    """Given a manifest, return it as JSON for people, with each part of an object on one line."""
    text = json.dumps(manifest, indent=2, ensure_ascii=True)
    part = re.compile(r'\[\s+(\d+),\s+(\d+),\s+("[0-9a-f]{64}")\s+\]')
    return part.sub(r"[\1, \2, \3]", text) + "\n"


def sums_text(manifest: Mapping[str, Any], written: str) -> str:
    """Given a manifest and its text, return the sums of all that a bundle has, as `sha256sum --check` reads them."""
    sums = {each["name"]: str(each["stored"]["sha256"]) for each in manifest["objects"]}
    sums[MANIFEST] = hashlib.sha256(written.encode()).hexdigest()
    return "".join(f"{sums[name]}  {name}\n" for name in sorted(sums))
