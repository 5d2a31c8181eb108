"""S3: multipart uploads as boto3 does them, and checksums that are looked at."""

import hashlib
from typing import Any

import pytest

from tests.sandbox.rules.making import refused
from tests.support.inprocess import InProcess

PART = 5 * 1024 * 1024
KEY = "web-1/2026 é.tar.zst"
WRONG_MD5 = "AAAAAAAAAAAAAAAAAAAAAA=="
WRONG_SHA256 = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


@pytest.fixture
def s3() -> Any:
    client = InProcess().client("s3")
    client.create_bucket(Bucket="backups", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return client


def begin(s3: Any) -> dict[str, str]:
    answer = s3.create_multipart_upload(Bucket="backups", Key=KEY, ChecksumAlgorithm="SHA256")
    return {"Bucket": "backups", "Key": KEY, "UploadId": answer["UploadId"]}


def put_part(s3: Any, upload: dict[str, str], number: int, data: bytes) -> dict[str, Any]:
    answer = s3.upload_part(**upload, PartNumber=number, Body=data, ChecksumAlgorithm="SHA256")
    return {"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": answer["ChecksumSHA256"]}


def test_an_object_is_put_in_parts_listed_completed_and_read_in_ranges(s3: Any) -> None:
    upload = begin(s3)
    parts = [put_part(s3, upload, 1, b"a" * PART), put_part(s3, upload, 2, b"end")]
    assert [one["Size"] for one in s3.list_parts(**upload)["Parts"]] == [PART, 3]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert s3.head_object(Bucket="backups", Key=KEY)["ContentLength"] == PART + 3
    end = s3.get_object(Bucket="backups", Key=KEY, Range=f"bytes={PART - 1}-{PART + 2}")
    assert end["Body"].read() == b"aend"
    assert s3.list_multipart_uploads(Bucket="backups").get("Uploads", []) == []


def test_an_upload_that_is_over_takes_no_part(s3: Any) -> None:
    upload = begin(s3)
    s3.abort_multipart_upload(**upload)
    with refused("NoSuchUpload"):
        put_part(s3, upload, 1, b"late")


def test_what_is_not_what_was_sent_is_refused(s3: Any) -> None:
    where = {"Bucket": "backups", "Key": KEY, "Body": b"data"}
    for wrong in ({"ContentMD5": WRONG_MD5}, {"ChecksumSHA256": WRONG_SHA256}, {"ChecksumCRC32": "AAAAAA=="}):
        with refused("BadDigest"):
            s3.put_object(**where, **wrong)
    with refused("BadDigest"):
        s3.upload_part(**begin(s3), PartNumber=1, Body=b"data", ChecksumSHA256=WRONG_SHA256)
    s3.put_object(**where, ChecksumAlgorithm="SHA1")
    body = s3.get_object(Bucket="backups", Key=KEY)["Body"].read()
    assert hashlib.sha256(body).digest() == hashlib.sha256(b"data").digest()
