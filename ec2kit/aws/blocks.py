"""EBS direct: a snapshot's blocks, written and read without a volume or an instance.

Blocks are 512 KiB. Every one travels with its SHA-256, which is checked at both ends; putting and getting a block can
be repeated, so a lost answer costs a second try and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ec2kit.aws import wire
from ec2kit.aws.door import Again, Door
from ec2kit.errors import NotFound, Unavailable
from ec2kit.model.ids import SnapshotId
from ec2kit.model.tags import Tags

BLOCK_BYTES = 524_288
"""The only size of a block (EBS User Guide, "Concepts for EBS direct APIs")."""
PAGE = 10_000
"""ListSnapshotBlocks gives at most so many (API Reference, MaxResults)."""
IDLE_MINUTES = 1440
"""After how long without a block AWS gives a pending snapshot up (StartSnapshot, Timeout: 10 to 4,320, else 60). A day:
as long as a run that was killed is gone on with by itself."""
PAUSES = tuple(2.0 * number for number in range(1, 12))
"""Twelve tries, 2, 4, 6 … s apart, are 132 s: coldsnap's numbers, which got it past "snapshot does not exist" right
after StartSnapshot, and past throttling."""


@dataclass(frozen=True)
class NewSnapshot:
    """A snapshot to be written. With a parent it begins with the parent's blocks, and is stored as a difference."""

    size_gib: int
    description: str = ""
    tags: Tags = field(default_factory=dict)
    parent: SnapshotId | None = None


@dataclass(frozen=True)
class Listed:
    """The blocks of a snapshot: the token to get each with, by index. What is not listed was never written: zeros.

    Another listing of the same snapshot may make the tokens invalid (EBS User Guide, "Block tokens").
    """

    size_gib: int
    tokens: Mapping[int, str]


@dataclass(frozen=True)
class Changed:
    """A block in which two snapshots differ; an empty token: that one does not have it."""

    index: int
    first_token: str
    second_token: str


@dataclass(frozen=True)
class Blocks:
    """The EBS direct calls, in our values."""

    door: Door

    def start(self, new: NewSnapshot, token: str) -> SnapshotId:
        """StartSnapshot; the same token with the same content gives the same snapshot again."""
        answer = self.door.change(
            self.door.clients.ebs.start_snapshot,
            VolumeSize=new.size_gib,
            ClientToken=token,
            Timeout=IDLE_MINUTES,
            **wire.present(
                Description=new.description,
                Tags=wire.tag_list(new.tags),
                ParentSnapshotId=new.parent,
            ),
        )
        return SnapshotId(answer["SnapshotId"])

    def put(self, snapshot: str, index: int, data: bytes, digest: bytes, percent: int = 0) -> None:
        """PutSnapshotBlock: a whole block and its SHA-256; one that was put before is replaced.

        `percent` is how far the upload is, which the console shows.
        """
        self._again(
            "PutSnapshotBlock",
            self.door.clients.ebs.put_snapshot_block,
            SnapshotId=snapshot,
            BlockIndex=index,
            BlockData=data,
            DataLength=len(data),
            Progress=percent,
            Checksum=_text(digest),
            ChecksumAlgorithm="SHA256",
        )

    def complete(self, snapshot: str, count: int, digest: bytes) -> str:
        """CompleteSnapshot: seal it, saying how many blocks were put and the SHA-256 over their checksums.

        Returns the snapshot's state. Raises `AwsRefused` when AWS counts or sums otherwise.
        """
        answer = self.door.change(
            self.door.clients.ebs.complete_snapshot,
            SnapshotId=snapshot,
            ChangedBlocksCount=count,
            Checksum=_text(digest),
            ChecksumAlgorithm="SHA256",
            ChecksumAggregationMethod="LINEAR",
        )
        return str(answer.get("Status", ""))

    def listed(self, snapshot: str) -> Listed:
        """ListSnapshotBlocks, all pages; only a completed snapshot can be listed."""
        client = self.door.clients.ebs
        pages = list(self._pages("ListSnapshotBlocks", client.list_snapshot_blocks, SnapshotId=snapshot))
        tokens = {item["BlockIndex"]: item["BlockToken"] for page in pages for item in page["Blocks"]}
        return Listed(int(pages[0]["VolumeSize"]), tokens)

    def changed(self, first: str, second: str) -> tuple[Changed, ...]:
        """ListChangedBlocks, all pages: what was written, and what went, between two snapshots of one lineage."""
        asked = {"FirstSnapshotId": first, "SecondSnapshotId": second}
        pages = self._pages("ListChangedBlocks", self.door.clients.ebs.list_changed_blocks, **asked)
        return tuple(
            Changed(item["BlockIndex"], item.get("FirstBlockToken", ""), item.get("SecondBlockToken", ""))
            for page in pages
            for item in page["ChangedBlocks"]
        )

    def get(self, snapshot: str, index: int, token: str) -> bytes:
        """GetSnapshotBlock: 512 KiB, whose SHA-256 was checked; one that arrives damaged is fetched again."""

        def fetch(**params: Any) -> dict[str, Any]:
            answer = self.door.clients.ebs.get_snapshot_block(**params)
            data: bytes = answer["BlockData"].read()
            if _text(hashlib.sha256(data).digest()) != answer["Checksum"] or len(data) != BLOCK_BYTES:
                raise Unavailable(f"GetSnapshotBlock: block {index} of '{snapshot}' arrives damaged")
            return {"data": data}

        params = {"SnapshotId": snapshot, "BlockIndex": index, "BlockToken": token}
        data: bytes = self._again("GetSnapshotBlock", fetch, **params)["data"]
        return data

    def _pages(self, action: str, method: Any, **params: Any) -> Iterator[dict[str, Any]]:
        token: str | None = None
        while True:
            more = {"NextToken": token} if token else {}
            page = self._again(action, method, MaxResults=PAGE, **params, **more)
            yield page
            token = page.get("NextToken")
            if not token:
                return

    def _again(self, action: str, method: Any, **params: Any) -> dict[str, Any]:
        # A snapshot that was just begun, or completed, is not known everywhere at once.
        return self.door.repeat(action, method, Again(PAUSES, (Unavailable, NotFound)), params)


def _text(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
