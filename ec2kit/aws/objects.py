"""S3: objects made in parts, small ones put whole, and all of them read back.

Every part travels with its MD5, and with its SHA-256 where the endpoint takes that: S3 itself refuses what arrives
damaged, and tells the checksum of each part until the object is made of them. Putting a part can be repeated.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ec2kit.aws import wire
from ec2kit.aws.door import Again, Door
from ec2kit.errors import AwsRefused, NotFound, Unavailable

PAUSES = tuple(2.0 * number for number in range(1, 8))
"""Eight tries, 2, 4, 6 … s apart, are 56 s: longer than S3 asks to slow down for, while it spreads a busy prefix."""
UNKNOWN_THERE = frozenset({"NotImplemented", "InvalidRequest", "InvalidArgument"})
"""How endpoints that are not AWS's refuse what they do not know, here: a checksum algorithm."""
DELETED_AT_ONCE = 1000
"""DeleteObjects takes so many keys."""


@dataclass(frozen=True)
class StoredObject:
    """An object as S3 shows it. `checksum` is over the parts' SHA-256, as base64 and the number of parts (`…-3`);
    `etag` and `checksum` change with the content, and are empty where a listing does not tell them."""

    key: str
    size: int
    etag: str = ""
    checksum: str = ""
    modified: datetime | None = None
    metadata: Mapping[str, str] | None = None


@dataclass(frozen=True)
class StoredPart:
    """A part that S3 has of an object that is not complete; `sha256` in hexadecimal, empty where not told."""

    number: int
    size: int
    etag: str
    sha256: str = ""
    modified: datetime | None = None


@dataclass(frozen=True)
class PendingUpload:
    """An object that was begun, and neither completed nor aborted: its parts are stored, and billed."""

    key: str
    id: str
    begun: datetime | None = None
    takes_sha256: bool = True


@dataclass(frozen=True)
class Objects:
    """S3's calls, in our values. A bucket's name is always the first argument, a key never begins with a slash."""

    door: Door

    def reachable(self, bucket: str) -> None:
        """Raise `NotFound` when there is no such bucket, `AccessDenied` when it is not for us (ListObjectsV2)."""
        self.door.read(self.door.clients.s3_looking.list_objects_v2, Bucket=bucket, MaxKeys=1)

    def begin(self, bucket: str, key: str, metadata: Mapping[str, str]) -> PendingUpload:
        """CreateMultipartUpload; each call begins another one, so ask for `pending` first."""
        method = self.door.clients.s3.create_multipart_upload
        asked = {"Bucket": bucket, "Key": key, "Metadata": dict(metadata)}
        try:
            answer = self.door.change(method, ChecksumAlgorithm="SHA256", **asked)
            return PendingUpload(key, answer["UploadId"])
        except AwsRefused as error:
            if error.code not in UNKNOWN_THERE:
                raise
        return PendingUpload(key, self.door.change(method, **asked)["UploadId"], takes_sha256=False)

    def pending(self, bucket: str, prefix: str) -> tuple[PendingUpload, ...]:
        """ListMultipartUploads, all pages: what was begun under a prefix, oldest first."""
        found: list[PendingUpload] = []
        more: dict[str, str] = {}
        while True:
            method = self.door.clients.s3_looking.list_multipart_uploads
            page = self.door.read(method, Bucket=bucket, Prefix=prefix, **more)
            found += [
                PendingUpload(
                    each["Key"],
                    each["UploadId"],
                    each.get("Initiated"),
                    each.get("ChecksumAlgorithm", "SHA256") == "SHA256",
                )
                for each in page.get("Uploads", ())
                if each["Key"].startswith(prefix)
            ]
            if not page.get("IsTruncated"):
                return tuple(sorted(found, key=lambda each: (str(each.begun), each.id)))
            more = wire.present(
                KeyMarker=page.get("NextKeyMarker", ""), UploadIdMarker=page.get("NextUploadIdMarker", "")
            )

    def parts(self, bucket: str, upload: PendingUpload) -> dict[int, StoredPart]:
        """ListParts, all pages: which parts have arrived, by number. Raises `NotFound` for an upload that ended."""
        found: dict[int, StoredPart] = {}
        after = 0
        while True:
            page = self.door.read(
                self.door.clients.s3_looking.list_parts,
                Bucket=bucket,
                Key=upload.key,
                UploadId=upload.id,
                PartNumberMarker=after,
            )
            for each in page.get("Parts", ()):
                sha256 = _hexadecimal(each.get("ChecksumSHA256", ""))
                number = int(each["PartNumber"])
                found[number] = StoredPart(
                    number, int(each["Size"]), each["ETag"], sha256, each.get("LastModified")
                )
            if not page.get("IsTruncated"):
                return found
            after = int(page["NextPartNumberMarker"])

    def put_part(
        self, bucket: str, upload: PendingUpload, number: int, data: bytes, sha256: bytes = b""
    ) -> StoredPart:
        """UploadPart: from 1 to 10,000, each of at least 5 MiB but the last; one that was put before is replaced.

        `sha256` is that of the data, when it is known already; S3 checks it.
        """
        sha256 = sha256 or hashlib.sha256(data).digest()
        answer = self._again(
            "UploadPart",
            self.door.clients.s3.upload_part,
            Bucket=bucket,
            Key=upload.key,
            UploadId=upload.id,
            PartNumber=number,
            Body=data,
            ContentMD5=_md5(data),
            **({"ChecksumSHA256": _text(sha256)} if upload.takes_sha256 else {}),
        )
        return StoredPart(number, len(data), answer["ETag"], sha256.hex())

    def complete(self, bucket: str, upload: PendingUpload, parts: Sequence[StoredPart]) -> None:
        """CompleteMultipartUpload: the object is there, or nothing is. Raises `OutcomeUnknown` when not told, and
        `NotFound` for an upload that was completed or aborted before."""
        self.door.change(
            self.door.clients.s3.complete_multipart_upload,
            Bucket=bucket,
            Key=upload.key,
            UploadId=upload.id,
            MultipartUpload={"Parts": [_completed(part, upload.takes_sha256) for part in parts]},
        )

    def abort(self, bucket: str, upload: PendingUpload) -> None:
        """AbortMultipartUpload; one that is gone is as good."""
        try:
            self._again(
                "AbortMultipartUpload",
                self.door.clients.s3.abort_multipart_upload,
                Bucket=bucket,
                Key=upload.key,
                UploadId=upload.id,
            )
        except NotFound:
            return

    def put(self, bucket: str, key: str, data: bytes, content_type: str = "text/plain") -> None:
        """PutObject: a small object, whole; one that was there is replaced."""
        self._again(
            "PutObject",
            self.door.clients.s3.put_object,
            Bucket=bucket,
            Key=key,
            Body=data,
            ContentMD5=_md5(data),
            ContentType=content_type,
        )

    def look(self, bucket: str, key: str) -> StoredObject | None:
        """HeadObject; None where there is none."""
        try:
            answer = self.door.read(
                self.door.clients.s3_looking.head_object, Bucket=bucket, Key=key, ChecksumMode="ENABLED"
            )
        except NotFound:
            return None
        return StoredObject(
            key,
            int(answer["ContentLength"]),
            answer.get("ETag", ""),
            answer.get("ChecksumSHA256", ""),
            answer.get("LastModified"),
            answer.get("Metadata", {}),
        )

    def listed(self, bucket: str, prefix: str) -> tuple[StoredObject, ...]:
        """ListObjectsV2, all pages: every object under a prefix, in the order of the keys."""
        pages = self._pages(bucket, Prefix=prefix)
        return tuple(
            StoredObject(each["Key"], int(each["Size"]), each.get("ETag", ""), "", each.get("LastModified"))
            for page in pages
            for each in page.get("Contents", ())
        )

    def get(self, bucket: str, key: str, offset: int, length: int) -> bytes:
        """GetObject: exactly `length` bytes from `offset` on. Raises `NotFound`, `Unavailable` when fewer come."""
        if not length:
            return b""

        def fetch(**params: Any) -> dict[str, Any]:
            answer = self.door.clients.s3.get_object(**params)
            # An endpoint that ignores the range must not fill the memory.
            data: bytes = answer["Body"].read(length + 1)
            if len(data) != length:
                raise Unavailable(f"GetObject: '{key}' gives {len(data)} bytes of {length}", resource=key)
            return {"data": data}

        span = f"bytes={offset}-{offset + length - 1}"
        data: bytes = self._again("GetObject", fetch, Bucket=bucket, Key=key, Range=span)["data"]
        return data

    def delete(self, bucket: str, keys: Sequence[str]) -> None:
        """DeleteObjects; what is not there is as good. Raises `AwsRefused` with the first that S3 keeps."""
        for portion in wire.portions(keys, DELETED_AT_ONCE):
            answer = self._again(
                "DeleteObjects",
                self.door.clients.s3.delete_objects,
                Bucket=bucket,
                Delete={"Objects": [{"Key": key} for key in portion], "Quiet": True},
            )
            for error in answer.get("Errors", ()):
                raise AwsRefused(
                    f"DeleteObjects: {error.get('Message', 'no reason given')} ({error.get('Code', '')})",
                    code=str(error.get("Code", "")),
                    action="DeleteObjects",
                    resource=str(error.get("Key", "")),
                )

    def _pages(self, bucket: str, **asked: Any) -> Iterator[dict[str, Any]]:
        more: dict[str, str] = {}
        while True:
            page = self.door.read(
                self.door.clients.s3_looking.list_objects_v2, Bucket=bucket, **asked, **more
            )
            yield page
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def _again(self, action: str, method: Any, **params: Any) -> dict[str, Any]:
        # S3 shows at once what was written: what it does not find is not there.
        return self.door.repeat(action, method, Again(PAUSES), params)


def _completed(part: StoredPart, with_sha256: bool) -> dict[str, Any]:
    sha256 = _text(bytes.fromhex(part.sha256)) if with_sha256 else ""
    return wire.present(PartNumber=part.number, ETag=part.etag, ChecksumSHA256=sha256)


def _md5(data: bytes) -> str:
    return _text(hashlib.md5(data, usedforsecurity=False).digest())


def _text(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _hexadecimal(text: str) -> str:
    return base64.b64decode(text).hex()
