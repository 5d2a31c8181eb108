"""Small disks for the tests: sparse files in which every block is known, and what a snapshot of them holds."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ec2kit.aws.blocks import BLOCK_BYTES
from ec2kit.model.ids import SnapshotId
from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.rules import blocks as practice
from tests.support.inprocess import InProcess

BLOCKS_PER_GIB = 2048


def filled(number: int) -> bytes:
    """A block whose contents say which one it is."""
    return f"block {number} ".encode().ljust(16, b".") * (BLOCK_BYTES // 16)


def make_disk(path: Path, blocks: Mapping[int, bytes], length: int | None = None) -> Path:
    """A sparse file with these blocks in it; as long as they need, or `length` blocks."""
    with path.open("wb") as file:
        file.truncate((length or max(blocks, default=0) + 1) * BLOCK_BYTES)
        for index, data in blocks.items():
            file.seek(index * BLOCK_BYTES)
            file.write(data)
    return path


def disk_of(path: Path, indexes: Iterable[int], length: int | None = None) -> Path:
    """A disk whose blocks say which they are."""
    return make_disk(path, {index: filled(index) for index in indexes}, length)


def contents(sandbox: InProcess, snapshot: str) -> dict[int, bytes]:
    """Every block that AWS has of a completed snapshot, asked with boto3 itself."""
    ebs: Any = sandbox.client("ebs")
    found: dict[int, bytes] = {}
    for block in ebs.list_snapshot_blocks(SnapshotId=snapshot)["Blocks"]:
        index = block["BlockIndex"]
        answer = ebs.get_snapshot_block(SnapshotId=snapshot, BlockIndex=index, BlockToken=block["BlockToken"])
        found[index] = answer["BlockData"].read()
    return found


def spoil_once(sandbox: InProcess, index: int) -> None:
    """The first snapshot that is read back, whichever that is, then has another block there than was put."""
    hooks = sandbox.app.hooks.before

    def spoil(call: Call) -> None:
        if call.action == "ListSnapshotBlocks":
            hooks.remove(spoil)
            snapshot: Any = practice.find(call.params["path"].split("/")[2])
            other = sandbox.app.world.disks.put(b"other".ljust(BLOCK_BYTES))
            snapshot.volume = replace(
                snapshot.volume, disk=practice.disk_of(snapshot).written({index: other})
            )

    hooks.append(spoil)


def uploaded(sandbox: InProcess, blocks: Mapping[int, bytes], size_gib: int = 1) -> SnapshotId:
    """A completed snapshot with these blocks, made with boto3 itself."""
    ebs: Any = sandbox.client("ebs")
    id = ebs.start_snapshot(VolumeSize=size_gib)["SnapshotId"]
    # AWS shows a new snapshot late.
    sandbox.tick(60)
    for index, data in blocks.items():
        ebs.put_snapshot_block(
            SnapshotId=id,
            BlockIndex=index,
            BlockData=data,
            DataLength=len(data),
            Checksum=base64.b64encode(hashlib.sha256(data).digest()).decode(),
            ChecksumAlgorithm="SHA256",
        )
    ebs.complete_snapshot(SnapshotId=id, ChangedBlocksCount=len(blocks))
    sandbox.tick(3600)
    return SnapshotId(id)
