"""The S3 port against the sandbox: parts that can be listed and replaced, ranges, and what is not there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from ec2kit.aws.objects import Objects
from ec2kit.errors import NotFound, Unavailable
from ec2kit.sandbox.faults import Effect, Fault, Spell
from tests.engine.practice import Practice

MIB = 1 << 20
BUCKET = "backups"


@pytest.fixture(scope="module")
def practice() -> Practice:
    return Practice()


@pytest.fixture
def objects(practice: Practice) -> Iterator[Objects]:
    port = practice.anew().aws.objects
    yield port
    port.delete(BUCKET, [each.key for each in port.listed(BUCKET, "")] or ["none"])


def test_an_object_of_parts(objects: Objects) -> None:
    upload = objects.begin(BUCKET, "a/b.zst", {"ec2kit-run": "x"})
    first, last = bytes(5 * MIB), b"the end"
    objects.put_part(BUCKET, upload, 2, last)
    objects.put_part(BUCKET, upload, 1, b"x" * 5 * MIB)
    objects.put_part(BUCKET, upload, 1, first)

    (seen,) = objects.pending(BUCKET, "a/")
    parts = objects.parts(BUCKET, seen)
    assert (seen.key, seen.id) == ("a/b.zst", upload.id)
    assert {number: part.size for number, part in parts.items()} == {1: 5 * MIB, 2: 7}
    assert objects.look(BUCKET, "a/b.zst") is None

    objects.complete(BUCKET, upload, [parts[1], parts[2]])

    stored = objects.look(BUCKET, "a/b.zst")
    assert stored is not None
    assert (stored.size, stored.metadata) == (5 * MIB + 7, {"ec2kit-run": "x"})
    assert stored.checksum
    assert objects.get(BUCKET, "a/b.zst", 5 * MIB - 1, 4) == b"\0the"
    assert objects.pending(BUCKET, "a/") == ()


def test_parts_go_with_their_sums(objects: Objects) -> None:
    heard: list[Any] = []
    events = objects.door.clients.s3.meta.events
    events.register_first("before-send.s3.UploadPart", lambda request, **_: heard.append(request))
    upload = objects.begin(BUCKET, "a", {})
    part = objects.put_part(BUCKET, upload, 1, b"data")
    objects.abort(BUCKET, upload)
    objects.abort(BUCKET, upload)

    (put,) = heard
    assert put.headers["x-amz-checksum-sha256"]
    assert put.headers["Content-MD5"]
    assert "x-amz-checksum-crc32" not in put.headers
    assert urlsplit(put.url).path == "/backups/a"
    assert part.sha256 == hashlib.sha256(b"data").hexdigest()
    assert objects.pending(BUCKET, "") == ()


def test_small_ones_are_put_listed_and_deleted(objects: Objects) -> None:
    for number in range(3):
        objects.put(BUCKET, f"list/{number}", b"x" * number)
    assert [(each.key, each.size) for each in objects.listed(BUCKET, "list/")] == [
        ("list/0", 0),
        ("list/1", 1),
        ("list/2", 2),
    ]
    objects.delete(BUCKET, ["list/0", "list/1", "list/none"])
    assert [each.key for each in objects.listed(BUCKET, "list/")] == ["list/2"]


def test_what_is_not_there_is_told_at_once(objects: Objects, practice: Practice) -> None:
    begun = practice.clock.slept
    assert objects.look(BUCKET, "none") is None
    with pytest.raises(NotFound) as caught:
        objects.reachable("no-such-bucket")
    assert "aws s3" in caught.value.hint
    with pytest.raises(NotFound):
        objects.get(BUCKET, "none", 0, 1)
    assert practice.clock.slept == begun
    objects.put(BUCKET, "short", b"12345")
    with pytest.raises(Unavailable, match="gives"):
        objects.get(BUCKET, "short", 0, 9)


def test_looking_is_repeated_while_s3_does_not_answer(objects: Objects, practice: Practice) -> None:
    """As EC2 is asked again: one slow-down must not end a bundle of hours."""
    objects.put(BUCKET, "a", b"data")
    for call in ("HeadObject", "ListObjectsV2", "ListMultipartUploads"):
        fault = Fault(call, f"s3:{call}", Effect("503"), Spell(times=1), practice.clock.now())
        practice.sandbox.app.world.faults.add(fault)

    assert objects.look(BUCKET, "a") is not None
    assert [each.key for each in objects.listed(BUCKET, "")] == ["a"]
    assert objects.pending(BUCKET, "") == ()
