"""StartSnapshot, PutSnapshotBlock, CompleteSnapshot."""

import base64
import hashlib
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ec2kit.sandbox.delays import Delays
from tests.sandbox.rules.blocks_ground import block, checksum, contents, put, upload
from tests.sandbox.rules.making import calm, make_snapshot, refused
from tests.support.inprocess import InProcess


def snapshot(sandbox: InProcess, snapshot_id: str) -> dict[str, Any]:
    found: dict[str, Any] = sandbox.client("ec2").describe_snapshots(SnapshotIds=[snapshot_id])["Snapshots"][
        0
    ]
    return found


def invalid(reason: str) -> Any:
    """The call inside ends with a ValidationException of this reason."""
    return pytest.raises(ClientError, match="ValidationException", check=lambda e: _reason(e) == reason)


def _reason(error: ClientError) -> Any:
    return error.response.get("Reason")


def test_a_snapshot_is_written_completed_and_read_back() -> None:
    sandbox = calm()
    ebs = sandbox.client("ebs")
    started = ebs.start_snapshot(VolumeSize=2, Description="web", Tags=[{"Key": "role", "Value": "web"}])
    snapshot_id = started["SnapshotId"]
    assert started["StartTime"] == sandbox.now
    said = {
        "Status": "pending",
        "VolumeSize": 2,
        "BlockSize": 524288,
        "OwnerId": "123456789012",
        "Description": "web",
        "Tags": [{"Key": "role", "Value": "web"}],
    }
    assert {name: started.get(name) for name in said} == said
    answer = put(ebs, snapshot_id, 0, block("a"), Progress=40)
    assert (answer["Checksum"], answer["ChecksumAlgorithm"]) == (checksum(block("a")), "SHA256")
    put(ebs, snapshot_id, 4095, block("z"))
    shown = snapshot(sandbox, snapshot_id)
    assert (shown["State"], shown["Progress"], shown["VolumeId"]) == ("pending", "40%", "vol-ffffffff")
    assert ebs.complete_snapshot(SnapshotId=snapshot_id, ChangedBlocksCount=2)["Status"] == "pending"
    sandbox.tick(31)
    assert snapshot(sandbox, snapshot_id)["State"] == "pending"
    sandbox.tick(1)
    done = snapshot(sandbox, snapshot_id)
    assert (done["State"], done["Progress"], done["VolumeSize"]) == ("completed", "100%", 2)
    assert done["Tags"] == [{"Key": "role", "Value": "web"}]
    assert contents(sandbox, snapshot_id) == {0: block("a"), 4095: block("z")}


def test_the_same_token_is_the_same_snapshot_and_another_request_is_a_conflict() -> None:
    sandbox = calm()
    ebs = sandbox.client("ebs")
    first = ebs.start_snapshot(VolumeSize=1, ClientToken="once")["SnapshotId"]
    put(ebs, first, 0, block("a"))
    assert ebs.start_snapshot(VolumeSize=1, ClientToken="once")["SnapshotId"] == first
    with refused("ConflictException"):
        ebs.start_snapshot(VolumeSize=2, ClientToken="once")
    assert ebs.start_snapshot(VolumeSize=1)["SnapshotId"] != first
    assert len(sandbox.client("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]) == 2
    sandbox.client("ec2").delete_snapshot(SnapshotId=first)
    with refused("ConflictException"):
        ebs.start_snapshot(VolumeSize=1, ClientToken="once")


def test_a_block_is_checked() -> None:
    sandbox = calm()
    ebs = sandbox.client("ebs")
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    with invalid("INVALID_PARAMETER_VALUE"):
        put(ebs, snapshot_id, 0, block("a"), Checksum=checksum(block("b")))
    with invalid("INVALID_PARAMETER_VALUE"):
        put(ebs, snapshot_id, 0, block("a")[1:])
    with invalid("INVALID_BLOCK"):
        put(ebs, snapshot_id, 0, b"a" * 512, DataLength=512)
    with invalid("INVALID_BLOCK"):
        put(ebs, snapshot_id, 2048, block("a"))
    with refused("ResourceNotFoundException"):
        put(ebs, "snap-00000000000000000", 0, block("a"))
    with invalid("INVALID_SNAPSHOT_ID"):
        put(ebs, make_snapshot(sandbox), 0, block("a"))
    assert not list(sandbox.app.world.disks.digests())


def test_a_block_may_be_written_again_and_counts_once() -> None:
    sandbox = calm()
    ebs = sandbox.client("ebs")
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    put(ebs, snapshot_id, 7, block("a"))
    put(ebs, snapshot_id, 7, block("b"))
    with invalid("INVALID_PARAMETER_VALUE"):
        ebs.complete_snapshot(SnapshotId=snapshot_id, ChangedBlocksCount=2)
    ebs.complete_snapshot(SnapshotId=snapshot_id, ChangedBlocksCount=1)
    sandbox.tick(60)
    assert contents(sandbox, snapshot_id) == {7: block("b")}


def test_the_checksum_of_the_whole_is_over_the_blocks_in_their_order() -> None:
    sandbox = calm()
    ebs = sandbox.client("ebs")
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    put(ebs, snapshot_id, 9, block("b"))
    put(ebs, snapshot_id, 1, block("a"))
    digests = [hashlib.sha256(block(letter)).digest() for letter in "ab"]
    how = {"ChecksumAlgorithm": "SHA256", "ChecksumAggregationMethod": "LINEAR", "ChangedBlocksCount": 2}
    wrong = base64.b64encode(hashlib.sha256(b"".join(reversed(digests))).digest()).decode()
    with invalid("INVALID_PARAMETER_VALUE"):
        ebs.complete_snapshot(SnapshotId=snapshot_id, Checksum=wrong, **how)
    right = base64.b64encode(hashlib.sha256(b"".join(digests)).digest()).decode()
    assert ebs.complete_snapshot(SnapshotId=snapshot_id, Checksum=right, **how)["Status"] == "pending"


def test_a_sealed_snapshot_takes_nothing_more() -> None:
    sandbox = calm()
    ebs = sandbox.client("ebs")
    snapshot_id = upload(sandbox, {0: block("a")})
    with invalid("INVALID_SNAPSHOT_ID"):
        put(ebs, snapshot_id, 1, block("b"))
    with invalid("INVALID_SNAPSHOT_ID"):
        ebs.complete_snapshot(SnapshotId=snapshot_id, ChangedBlocksCount=1)


def test_an_upload_that_nobody_goes_on_with_is_cancelled() -> None:
    sandbox = calm()
    ebs = sandbox.client("ebs")
    snapshot_id = ebs.start_snapshot(VolumeSize=1, Timeout=10)["SnapshotId"]
    sandbox.tick(599)
    put(ebs, snapshot_id, 0, block("a"))
    sandbox.tick(599)
    assert snapshot(sandbox, snapshot_id)["State"] == "pending"
    sandbox.tick(1)
    shown = snapshot(sandbox, snapshot_id)
    assert (shown["State"], shown["StateMessage"]) == ("error", "Snapshot creation timed out")
    with invalid("INVALID_SNAPSHOT_ID"):
        put(ebs, snapshot_id, 1, block("b"))
    sandbox.client("ec2").delete_snapshot(SnapshotId=snapshot_id)


def test_a_child_starts_with_its_parents_blocks() -> None:
    sandbox = calm()
    ebs = sandbox.client("ebs")
    parent = upload(sandbox, {0: block("a"), 1: block("b")})
    child = upload(sandbox, {1: block("c"), 2: block("d")}, size=2, ParentSnapshotId=parent)
    assert contents(sandbox, child) == {0: block("a"), 1: block("c"), 2: block("d")}
    assert contents(sandbox, parent) == {0: block("a"), 1: block("b")}
    unfinished = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    with invalid("INVALID_SNAPSHOT_ID"):
        ebs.start_snapshot(VolumeSize=1, ParentSnapshotId=unfinished)
    with invalid("INVALID_VOLUME_SIZE"):
        ebs.start_snapshot(VolumeSize=1, ParentSnapshotId=child)
    with refused("ResourceNotFoundException"):
        ebs.start_snapshot(VolumeSize=1, ParentSnapshotId="snap-00000000000000000")
    with invalid("INVALID_PARAMETER_VALUE"):
        ebs.start_snapshot(VolumeSize=1, ParentSnapshotId=parent, Encrypted=True)


def test_encryption_is_asked_for_or_inherited() -> None:
    sandbox = calm()
    ebs = sandbox.client("ebs")
    key = "arn:aws:kms:eu-west-1:123456789012:key/1"
    secret = upload(sandbox, {0: block("a")}, Encrypted=True, KmsKeyArn=key)
    assert snapshot(sandbox, secret)["Encrypted"] is True
    child = ebs.start_snapshot(VolumeSize=1, ParentSnapshotId=secret)
    assert child["KmsKeyArn"] == key
    assert snapshot(sandbox, child["SnapshotId"])["Encrypted"] is True
    assert snapshot(sandbox, upload(sandbox, {}))["Encrypted"] is False


def test_a_new_snapshot_may_not_be_seen_yet() -> None:
    sandbox = InProcess(delays=Delays(lag_max=5))
    ebs = sandbox.client("ebs")
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    with refused("ResourceNotFoundException"):
        put(ebs, snapshot_id, 0, block("a"))
    sandbox.tick(5)
    put(ebs, snapshot_id, 0, block("a"))


def test_an_upload_may_fail_in_the_end() -> None:
    sandbox = calm()
    sandbox.app.world.conditions.next_snapshots_fail = 1
    failed = upload(sandbox, {0: block("a")})
    assert snapshot(sandbox, failed)["State"] == "error"
