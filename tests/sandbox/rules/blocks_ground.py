"""What the tests of the EBS direct APIs start from."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from tests.support.inprocess import InProcess

BLOCK = 524_288


def block(letter: str) -> bytes:
    """A whole block of one letter."""
    return letter.encode() * BLOCK


def checksum(data: bytes) -> str:
    """As the API writes it."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def put(ebs: Any, snapshot_id: str, index: int, data: bytes, **more: Any) -> Any:
    """Put one block with all that belongs to it."""
    named = {"DataLength": BLOCK, "Checksum": checksum(data), "ChecksumAlgorithm": "SHA256", **more}
    return ebs.put_snapshot_block(SnapshotId=snapshot_id, BlockIndex=index, BlockData=data, **named)


def upload(sandbox: InProcess, blocks: Mapping[int, bytes], size: int = 1, **more: Any) -> str:
    """A completed snapshot of these blocks."""
    ebs = sandbox.client("ebs")
    snapshot_id = str(ebs.start_snapshot(VolumeSize=size, **more)["SnapshotId"])
    for index, data in blocks.items():
        put(ebs, snapshot_id, index, data)
    ebs.complete_snapshot(SnapshotId=snapshot_id, ChangedBlocksCount=len(blocks))
    sandbox.tick(30 + size)
    return snapshot_id


def contents(sandbox: InProcess, snapshot_id: str, region: str = "eu-west-1") -> dict[int, bytes]:
    """Every block of a snapshot, read back."""
    ebs = sandbox.client("ebs", region)
    listed = ebs.list_snapshot_blocks(SnapshotId=snapshot_id)["Blocks"]
    return {
        one["BlockIndex"]: ebs.get_snapshot_block(
            SnapshotId=snapshot_id, BlockIndex=one["BlockIndex"], BlockToken=one["BlockToken"]
        )["BlockData"].read()
        for one in listed
    }
