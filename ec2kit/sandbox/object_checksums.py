"""Checksums of what is put into S3: moto keeps whatever arrives, S3 refuses what is not what the client sent."""

import base64
import hashlib
import zlib
from collections.abc import Callable

from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.shapes import AwsError
from ec2kit.sandbox.wire import Request


def _crc32(body: bytes) -> bytes:
    return zlib.crc32(body).to_bytes(4, "big")


def _sha1(body: bytes) -> bytes:
    return hashlib.sha1(body, usedforsecurity=False).digest()


def _md5(body: bytes) -> bytes:
    return hashlib.md5(body, usedforsecurity=False).digest()


CHECKED: dict[str, Callable[[bytes], bytes]] = {
    "content-md5": _md5,
    "x-amz-checksum-crc32": _crc32,
    "x-amz-checksum-sha1": _sha1,
    "x-amz-checksum-sha256": lambda body: hashlib.sha256(body).digest(),
}
"""API Reference, PutObject and UploadPart; CRC-32C and CRC-64/NVME are not checked here."""

_WRITES = ("PutObject", "UploadPart")


def mismatch(call: Call, request: Request) -> AwsError | None:
    """Given a call, return S3's error if its body is not what its checksum says, else None."""
    if call.action not in _WRITES or call.service not in ("s3", ""):
        return None
    # Cut into signed chunks, the body is still wrapped here.
    if "aws-chunked" in request.header("content-encoding"):
        return None
    for name, of in CHECKED.items():
        said = request.header(name)
        if said and base64.b64encode(of(request.body)).decode() != said:
            text = f"The {name} you specified did not match what we received."
            return AwsError("BadDigest", text, 400)
    return None
