"""ListSnapshotBlocks, ListChangedBlocks, GetSnapshotBlock, and where the blocks of disks come from."""

from typing import Any

from tests.sandbox.rules.blocks_ground import block, contents, put, upload
from tests.sandbox.rules.making import ZONE, calm, make_snapshot, refused
from tests.sandbox.rules.test_blocks_writing import invalid


def indexes(answer: dict[str, Any]) -> list[int]:
    return [one["BlockIndex"] for one in answer.get("Blocks", answer.get("ChangedBlocks", []))]


def test_blocks_come_in_pages_in_their_order() -> None:
    sandbox = calm()
    ebs = sandbox.client("ebs")
    snapshot_id = upload(sandbox, {index: block("a") for index in range(249, -1, -1)})
    pages: list[list[int]] = []
    token: dict[str, Any] = {}
    while True:
        answer = ebs.list_snapshot_blocks(SnapshotId=snapshot_id, MaxResults=100, **token)
        assert (answer["VolumeSize"], answer["BlockSize"]) == (1, 524288)
        assert (answer["ExpiryTime"] - sandbox.now).days == 7
        pages.append(indexes(answer))
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"], "StartingBlockIndex": 0}
    assert [len(page) for page in pages] == [100, 100, 50]
    assert [index for page in pages for index in page] == list(range(250))
    late = ebs.list_snapshot_blocks(SnapshotId=snapshot_id, StartingBlockIndex=248)
    assert indexes(late) == [248, 249]
    with invalid("INVALID_PAGE_TOKEN"):
        ebs.list_snapshot_blocks(SnapshotId=snapshot_id, NextToken="bm9uc2Vuc2U=")


def test_only_completed_snapshots_can_be_read() -> None:
    sandbox = calm()
    ebs = sandbox.client("ebs")
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    put(ebs, snapshot_id, 0, block("a"))
    with invalid("INVALID_SNAPSHOT_ID"):
        ebs.list_snapshot_blocks(SnapshotId=snapshot_id)
    ebs.complete_snapshot(SnapshotId=snapshot_id, ChangedBlocksCount=1)
    with invalid("INVALID_SNAPSHOT_ID"):
        ebs.list_changed_blocks(SecondSnapshotId=snapshot_id)
    with refused("ResourceNotFoundException"):
        ebs.list_snapshot_blocks(SnapshotId="snap-00000000000000000")


def test_a_block_is_read_with_its_own_token_for_a_week() -> None:
    sandbox = calm()
    ebs = sandbox.client("ebs")
    snapshot_id = upload(sandbox, {0: block("a"), 1: block("a")})
    first, second = (one["BlockToken"] for one in ebs.list_snapshot_blocks(SnapshotId=snapshot_id)["Blocks"])
    got = ebs.get_snapshot_block(SnapshotId=snapshot_id, BlockIndex=0, BlockToken=first)
    assert got["BlockData"].read() == block("a")
    assert (got["DataLength"], got["ChecksumAlgorithm"]) == (524288, "SHA256")
    for index, token in ((0, second), (1, "AAAA"), (1, first)):
        with invalid("INVALID_BLOCK_TOKEN"):
            ebs.get_snapshot_block(SnapshotId=snapshot_id, BlockIndex=index, BlockToken=token)
    with invalid("INVALID_BLOCK"):
        ebs.get_snapshot_block(SnapshotId=snapshot_id, BlockIndex=2, BlockToken=first)
    sandbox.tick(7 * 86_400 + 1)
    with invalid("INVALID_BLOCK_TOKEN"):
        ebs.get_snapshot_block(SnapshotId=snapshot_id, BlockIndex=0, BlockToken=first)


def test_changes_are_told_with_the_tokens_of_both_sides() -> None:
    sandbox = calm()
    ebs = sandbox.client("ebs")
    before = upload(sandbox, {0: block("a"), 1: block("b")})
    after = upload(sandbox, {1: block("c"), 2: block("d")}, ParentSnapshotId=before)
    changed = ebs.list_changed_blocks(FirstSnapshotId=before, SecondSnapshotId=after)
    assert [sorted(one) for one in changed["ChangedBlocks"]] == [
        ["BlockIndex", "FirstBlockToken", "SecondBlockToken"],
        ["BlockIndex", "SecondBlockToken"],
    ]
    assert indexes(changed) == [1, 2]
    token = changed["ChangedBlocks"][0]["FirstBlockToken"]
    old = ebs.get_snapshot_block(SnapshotId=before, BlockIndex=1, BlockToken=token)
    assert old["BlockData"].read() == block("b")
    assert indexes(ebs.list_changed_blocks(SecondSnapshotId=after)) == [0, 1, 2]
    with invalid("UNRELATED_SNAPSHOTS"):
        ebs.list_changed_blocks(FirstSnapshotId=upload(sandbox, {}), SecondSnapshotId=after)


def test_an_ordinary_snapshot_of_an_empty_volume_has_no_blocks() -> None:
    sandbox = calm()
    assert contents(sandbox, make_snapshot(sandbox)) == {}


def test_blocks_go_from_snapshot_to_volume_to_snapshot_and_into_copies() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    blocks = {0: block("a"), 5: block("b")}
    original = upload(sandbox, blocks)
    volume = ec2.create_volume(AvailabilityZone=ZONE, SnapshotId=original, Size=3)["VolumeId"]
    sandbox.tick(5)
    again = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    ec2.delete_volume(VolumeId=volume)
    away = sandbox.client("ec2", "us-east-1")
    copied = away.copy_snapshot(SourceSnapshotId=original, SourceRegion="eu-west-1")["SnapshotId"]
    sandbox.tick(60)
    ec2.delete_snapshot(SnapshotId=original)
    assert contents(sandbox, again) == blocks
    assert contents(sandbox, copied, "us-east-1") == blocks


def test_throttling_comes_by_faults_and_in_the_words_of_the_service() -> None:
    from ec2kit.sandbox import breaks
    from ec2kit.sandbox.fault_words import parse_order

    sandbox = calm()
    breaks.make(sandbox.app.world, parse_order("throttle", "ebs:ListSnapshotBlocks"))
    with refused("RequestThrottledException"):
        sandbox.client("ebs").list_snapshot_blocks(SnapshotId="snap-00000000000000000")
