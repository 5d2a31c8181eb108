"""ListSnapshotBlocks, ListChangedBlocks and GetSnapshotBlock: of completed snapshots only."""

import base64
from collections.abc import Sequence
from typing import Any

from ec2kit.sandbox.block_files import BLOCK_BYTES
from ec2kit.sandbox.rules import blocks_tokens, lag
from ec2kit.sandbox.rules.blocks import disk_of
from ec2kit.sandbox.rules.blocks_refusals import invalid, no_snapshot, number
from ec2kit.sandbox.rules.blocks_writing import Parameters
from ec2kit.sandbox.rules.present import now

LEAST_RESULTS, MOST_RESULTS = 100, 10_000
"""API Reference, ListSnapshotBlocks, MaxResults. Fewer than 100 are answered with 100 (EBS User Guide, FAQ)."""


def list_blocks(backend: Any, parameters: Parameters) -> dict[str, Any]:
    """Return a page of a snapshot's blocks, in the order of their indexes, each with its token.

    Raises BlocksRefused: ResourceNotFoundException, or ValidationException for a snapshot that is not completed and
    for a page token that is not ours.
    """
    snapshot = _completed(backend, parameters.get("SnapshotId"))
    blocks = disk_of(snapshot).blocks
    shown, following = _page(sorted(blocks), parameters)
    expires = now() + blocks_tokens.LIFE
    listed = [
        {
            "BlockIndex": index,
            "BlockToken": blocks_tokens.of_block(snapshot.id, index, blocks[index], expires),
        }
        for index in shown
    ]
    return {"Blocks": listed, **_ending(snapshot, following)}


def list_changed(backend: Any, parameters: Parameters) -> dict[str, Any]:
    """Return a page of the blocks in which two snapshots differ, with the token in each that has the block.

    Without a first snapshot everything of the second is a change. Raises as `list_blocks`, and ValidationException
    (UNRELATED_SNAPSHOTS) for snapshots that do not come of one another.
    """
    second = _completed(backend, parameters.get("SecondSnapshotId"))
    first_id = parameters.get("FirstSnapshotId")
    first = _completed(backend, first_id) if first_id else None
    if first is not None and disk_of(first).lineage != disk_of(second).lineage:
        raise invalid(
            f"The snapshots '{first.id}' and '{second.id}' are not of one lineage", "UNRELATED_SNAPSHOTS"
        )
    before = disk_of(first).blocks if first is not None else {}
    after = disk_of(second).blocks
    changed = sorted(index for index in {*before, *after} if before.get(index) != after.get(index))
    shown, following = _page(changed, parameters)
    expires = now() + blocks_tokens.LIFE
    listed = []
    for index in shown:
        one: dict[str, Any] = {"BlockIndex": index}
        if first is not None and index in before:
            one["FirstBlockToken"] = blocks_tokens.of_block(first.id, index, before[index], expires)
        if index in after:
            one["SecondBlockToken"] = blocks_tokens.of_block(second.id, index, after[index], expires)
        listed.append(one)
    return {"ChangedBlocks": listed, **_ending(second, following)}


def digest_of(backend: Any, parameters: Parameters) -> bytes:
    """Given a GetSnapshotBlock, return the digest of the block that it asks for.

    Raises BlocksRefused: ResourceNotFoundException, or ValidationException for a snapshot that is not completed, a
    block that it does not have, or a token of another block.
    """
    snapshot = _completed(backend, parameters.get("SnapshotId"))
    index = number(parameters.get("BlockIndex"), "BlockIndex")
    digest = disk_of(snapshot).blocks.get(index)
    if digest is None:
        raise invalid(f"The snapshot '{snapshot.id}' has no block {index}", "INVALID_BLOCK")
    blocks_tokens.check_block(str(parameters.get("BlockToken", "")), snapshot.id, index, digest, now())
    return digest


def block_headers(digest: bytes) -> dict[str, str]:
    """Given a block's digest, return the headers of the answer that carries it."""
    return {
        "x-amz-Data-Length": str(BLOCK_BYTES),
        "x-amz-Checksum": base64.b64encode(digest).decode(),
        "x-amz-Checksum-Algorithm": "SHA256",
    }


def _completed(backend: Any, snapshot_id: Any) -> Any:
    snapshot = backend.snapshots.get(snapshot_id)
    if snapshot is None or lag.hidden(str(snapshot_id)):
        raise no_snapshot(str(snapshot_id))
    if snapshot.status != "completed":
        raise invalid(
            f"The snapshot '{snapshot_id}' is {snapshot.status}, not completed", "INVALID_SNAPSHOT_ID"
        )
    return snapshot


def _page(indexes: Sequence[int], parameters: Parameters) -> tuple[list[int], str | None]:
    most = number(parameters.get("MaxResults", MOST_RESULTS), "MaxResults", 1, MOST_RESULTS)
    token = parameters.get("NextToken")
    # A page token wins over StartingBlockIndex.
    start = (
        blocks_tokens.page_start(token)
        if token
        else number(parameters.get("StartingBlockIndex", 0), "StartingBlockIndex")
    )
    rest = [index for index in indexes if index >= start]
    size = max(most, LEAST_RESULTS)
    return rest[:size], blocks_tokens.of_page(rest[size]) if len(rest) > size else None


def _ending(snapshot: Any, following: str | None) -> dict[str, Any]:
    ending = {
        "ExpiryTime": (now() + blocks_tokens.LIFE).timestamp(),
        "VolumeSize": int(snapshot.volume_size),
        "BlockSize": BLOCK_BYTES,
    }
    return {**ending, "NextToken": following} if following else ending
