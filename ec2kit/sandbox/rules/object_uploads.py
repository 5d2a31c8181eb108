"""Multipart uploads to S3: a part of an upload that is over."""

from collections.abc import Callable
from typing import Any

from moto.s3.exceptions import NoSuchUpload
from moto.s3.models import S3Backend

from ec2kit.sandbox.rules import patching


def _known(original: Callable[..., Any]) -> Callable[..., Any]:
    def upload_part(self: Any, bucket_name: str, multipart_id: str, *rest: Any, **named: Any) -> Any:
        if multipart_id not in self.get_bucket(bucket_name).multiparts:
            raise NoSuchUpload(multipart_id)
        return original(self, bucket_name, multipart_id, *rest, **named)

    return upload_part


def install() -> None:
    """moto fails at a part of an upload that was completed or aborted; S3 says NoSuchUpload (API Reference,
    UploadPart)."""
    patching.replace(S3Backend, "upload_part", _known)
