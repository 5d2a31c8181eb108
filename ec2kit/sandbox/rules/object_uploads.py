"""Multipart uploads to S3: a part of an upload that is over, and when one was begun."""

from collections.abc import Callable
from typing import Any

from moto.s3.exceptions import NoSuchUpload
from moto.s3.models import S3Backend
from moto.s3.responses import S3Response

from ec2kit.sandbox.rules import patching, present

_BEGUN = "begun"
"""The attribute of moto's upload that keeps it: saved and loaded with the upload."""


def _known(original: Callable[..., Any]) -> Callable[..., Any]:
    def upload_part(self: Any, bucket_name: str, multipart_id: str, *rest: Any, **named: Any) -> Any:
        if multipart_id not in self.get_bucket(bucket_name).multiparts:
            raise NoSuchUpload(multipart_id)
        return original(self, bucket_name, multipart_id, *rest, **named)

    return upload_part


def _dated(original: Callable[..., Any]) -> Callable[..., Any]:
    def create_multipart_upload(self: Any, *args: Any, **named: Any) -> Any:
        upload = original(self, *args, **named)
        setattr(upload, _BEGUN, present.now())
        return upload

    return create_multipart_upload


def _with_dates(original: Callable[..., Any]) -> Callable[..., Any]:
    def serialized(self: Any, action_result: Any) -> Any:
        answer = action_result.result
        if self.data.get("Action") == "ListMultipartUploads" and isinstance(answer, dict):
            uploads = self.backend.list_multipart_uploads(self.bucket_name)
            for told in answer["Uploads"]:
                # One of a state that was saved before uploads were dated has moto's date.
                if begun := getattr(uploads[told["UploadId"]], _BEGUN, None):
                    told["Initiated"] = f"{begun:%Y-%m-%dT%H:%M:%S}.000Z"
        return original(self, action_result)

    return serialized


def install() -> None:
    """moto fails at a part of an upload that was completed or aborted; S3 says NoSuchUpload (API Reference,
    UploadPart). moto dates every upload 2010-11-10; S3 tells when it was initiated, in whole seconds (API Reference,
    ListMultipartUploads)."""
    patching.replace(S3Backend, "upload_part", _known)
    patching.replace(S3Backend, "create_multipart_upload", _dated)
    patching.replace(S3Response, "serialized", _with_dates)
