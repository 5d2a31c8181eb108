"""S3: multipart uploads as boto3 does them, and checksums that are looked at."""

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from ec2kit.sandbox import ACCESS_KEY, SECRET_KEY, store
from ec2kit.sandbox.direct import direct_client, transport
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


def test_an_upload_and_its_parts_are_dated_by_the_sandboxs_clock(tmp_path: Path) -> None:
    sandbox = InProcess()
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket="backups", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    sandbox.tick(40 * 24 * 3600)
    begun = sandbox.app.world.clock.now().replace(microsecond=0)
    upload = begin(s3)
    sandbox.tick(3600)
    written = sandbox.app.world.clock.now().replace(microsecond=0)
    put_part(s3, upload, 1, b"data")
    sandbox.tick(3600)

    store.save(sandbox.app, tmp_path / "sandbox-try.state")
    again = direct_client(store.load(tmp_path / "sandbox-try.state"), "s3")

    [seen] = again.list_multipart_uploads(Bucket="backups")["Uploads"]
    assert (seen["UploadId"], seen["Initiated"]) == (upload["UploadId"], begun)
    assert [one["LastModified"] for one in again.list_parts(**upload)["Parts"]] == [written]
    with refused("NoSuchBucket"):
        again.list_multipart_uploads(Bucket="nowhere")


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


def test_a_bucket_in_the_host_is_one_in_the_path() -> None:
    app = InProcess().app
    for style in ("path", "virtual"):
        client = boto3.client(
            "s3",
            region_name="eu-west-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(s3={"addressing_style": style}),
        )
        client.meta.events.register_first("before-send.*", transport(app))
        with suppress(client.exceptions.NoSuchBucket):
            client.list_objects_v2(Bucket="backups")
    assert app.calls.names() == ["s3:ListObjectsV2"] * 2


@pytest.mark.slow
def test_large_objects_are_saved_beside_the_state(tmp_path: Path) -> None:
    sandbox = InProcess()
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket="backups", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    large = b"".join(number.to_bytes(4, "big") for number in range(5 * 1024**2))
    s3.put_object(Bucket="backups", Key="large", Body=large, Metadata={"of": "web-1"})
    s3.put_object(Bucket="backups", Key="small", Body=b"small")
    half = begin(s3)
    part = put_part(s3, half, 1, b"p" * PART)
    path = tmp_path / "sandbox-try.state"
    store.save(sandbox.app, path)
    assert path.stat().st_size < 1024**2
    assert s3.get_object(Bucket="backups", Key="large")["Body"].read() == large
    app = store.load(path)
    again = direct_client(app, "s3")
    got = again.get_object(Bucket="backups", Key="large")
    assert (got["Body"].read(), got["Metadata"]) == (large, {"of": "web-1"})
    assert again.get_object(Bucket="backups", Key="small")["Body"].read() == b"small"
    again.delete_object(Bucket="backups", Key="large")
    # Saved where another state was: nothing is missing there.
    store.save(app, tmp_path / "sandbox-other.state")
    last = direct_client(store.load(tmp_path / "sandbox-other.state"), "s3")
    last.complete_multipart_upload(**half, MultipartUpload={"Parts": [part]})
    assert last.get_object(Bucket="backups", Key=KEY)["Body"].read() == b"p" * PART
    assert len(list((tmp_path / "sandbox-other.blocks").glob("??/*"))) == 1
