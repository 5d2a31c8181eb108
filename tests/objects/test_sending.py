"""A stream sent in parts: killed at any call, sent again, nothing twice, nothing left."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from ec2kit.errors import Ec2kitError
from ec2kit.objects.facts import Facts
from ec2kit.objects.making import StreamSum
from ec2kit.objects.reading import Damaged, Stored, check_size, read, verify
from ec2kit.objects.sending import Manner, Spot, send
from ec2kit.sandbox.calls import Call
from tests.engine.practice import Practice
from tests.engine.pretend import Cut
from tests.objects.streams import MIB, noise, pouring

pytestmark = pytest.mark.slow

BUCKET = "backups"
DATA = noise(17 * MIB)


@pytest.fixture(scope="module")
def practice() -> Practice:
    return Practice()


def sent(practice: Practice, key: str, data: bytes = DATA, workers: int = 1) -> Facts:
    manner = Manner(len(data), StreamSum(), workers)
    return send(practice.aws.objects, Spot(BUCKET, key, "run/step"), manner, pouring(data))


def stored(practice: Practice, key: str, facts: Facts, workers: int = 1) -> Stored:
    return Stored(practice.aws.objects, BUCKET, key, facts, workers)


def content(practice: Practice, key: str, facts: Facts) -> bytes:
    pieces = (piece for part in read(stored(practice, key, facts)) for piece in part.expanded())
    return b"".join(pieces)


@pytest.mark.parametrize("workers", [1, 8])
def test_sent_and_read_back(practice: Practice, workers: int) -> None:
    key = f"sent-{workers}"
    facts = sent(practice.anew(), key, workers=workers)
    assert len(facts.parts) == 3
    assert content(practice, key, facts) == DATA
    verify(stored(practice, key, facts, workers), StreamSum())
    assert practice.aws.objects.pending(BUCKET, key) == ()


def puts(practice: Practice) -> list[int]:
    """The numbers of the parts that S3 has taken."""
    return [
        int(call.params["partNumber"])
        for call in practice.sandbox.app.calls
        if call.action == "UploadPart" and call.handled
    ]


CALLS = range(8)
"""HeadObject, ListMultipartUploads, CreateMultipartUpload, three UploadPart, CompleteMultipartUpload, HeadObject."""


@pytest.mark.kill
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", CALLS)
def test_killed_at_a_call_it_goes_on(
    practice: Practice, number: int, after: bool, record_property: Callable[[str, object], None]
) -> None:
    key = f"killed-{number}-{after}"
    practice.anew()
    hooks = practice.sandbox.app.hooks.after if after else practice.sandbox.app.hooks.before
    seen: list[Call] = []

    def die(call: Call) -> None:
        seen.append(call)
        if len(seen) == number + 1:
            hooks.remove(die)
            raise Cut(call.name)

    hooks.append(die)
    with pytest.raises(Cut):
        sent(practice, key)

    facts = sent(practice, key)

    assert content(practice, key, facts) == DATA
    assert puts(practice) == [1, 2, 3]
    assert practice.aws.objects.pending(BUCKET, key) == ()
    record_property("cuts", ("in process: an object sent in parts", 1))


def test_a_part_that_arrived_damaged_is_sent_again(practice: Practice) -> None:
    objects = practice.anew().aws.objects
    upload = objects.begin(BUCKET, "odd", {"ec2kit-run": "run/step"})
    objects.put_part(BUCKET, upload, 1, b"something else" * MIB)
    facts = sent(practice, "odd")
    assert content(practice, "odd", facts) == DATA
    assert puts(practice) == [1, 1, 2, 3]


def test_of_two_uploads_one_is_gone_on_with_and_the_other_aborted(practice: Practice) -> None:
    objects = practice.anew().aws.objects
    for _ in range(2):
        objects.begin(BUCKET, "two", {"ec2kit-run": "run/step"})
    sent(practice, "two")
    assert objects.pending(BUCKET, "two") == ()
    assert "CreateMultipartUpload" not in [call.action for call in practice.sandbox.app.calls][2:]


def test_what_was_changed_in_s3_is_noticed(practice: Practice) -> None:
    objects = practice.anew().aws.objects
    facts = sent(practice, "changed")
    data = bytearray(objects.get(BUCKET, "changed", 0, facts.size))
    check_size(stored(practice, "changed", facts))
    at = random.Random(1).randrange(facts.size)
    data[at] ^= 1
    practice.sandbox.client("s3").put_object(Bucket=BUCKET, Key="changed", Body=bytes(data))
    with pytest.raises(Damaged):
        check_size(stored(practice, "changed", facts))
    with pytest.raises(Damaged, match="SHA-256"):
        content(practice, "changed", facts)
    objects.delete(BUCKET, ["changed"])
    with pytest.raises(Damaged, match="not there"):
        check_size(stored(practice, "changed", facts))


def test_a_stream_that_fails_leaves_what_can_be_gone_on_with(practice: Practice) -> None:
    def pour(out: Any) -> None:
        out.write(DATA[: 9 * MIB])
        raise Ec2kitError("the disk is gone")

    practice.anew()
    manner = Manner(len(DATA), StreamSum(), 4)
    with pytest.raises(Ec2kitError, match="gone"):
        send(practice.aws.objects, Spot(BUCKET, "torn", "run/step"), manner, pour)
    facts = sent(practice, "torn")
    assert content(practice, "torn", facts) == DATA
    assert sorted(puts(practice)) == [1, 2, 3]
